import fc from 'fast-check';
import { ParseError, type PayloadParameters } from '../../../../ingest/format.ts';
import { ProblemError } from '../../../../wire/problems.ts';
import { type AnyFormat, read } from './any-format.ts';
import { assertSound } from './sound.ts';

export { type AnyFormat, read } from './any-format.ts';

export function readOrRefuse(format: AnyFormat, text: string, parameters: Partial<PayloadParameters>, piece?: number): void {
  format.detect(text.slice(0, 4096));
  try {
    assertSound(read(format, text, parameters, piece));
  } catch (error) {
    if (!(error instanceof ParseError) && !(error instanceof ProblemError)) throw error;
  }
}

/** Cuts, changes and reorders a file: a sound result or a refusal, never anything else. */
export function damage(format: AnyFormat, text: string, parameters: Partial<PayloadParameters>): void {
  for (let end = 0; end <= text.length; end++) readOrRefuse(format, text.slice(0, end), parameters, 97);
  const change = fc.record({ at: fc.nat({ max: text.length - 1 }), to: fc.constantFrom(...'{}[]()",:.-+eE019 \n\r\t\\\0#abN@|\'=\uFFFD') });
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 3 }), (changes) => {
      let changed = text;
      for (const { at, to } of changes) changed = changed.slice(0, at) + to + changed.slice(at + 1);
      readOrRefuse(format, changed, parameters);
    }),
    { numRuns: 200 },
  );
  const lines = text.split('\n');
  fc.assert(
    fc.property(fc.array(fc.nat({ max: lines.length - 1 }), { maxLength: 2 * lines.length }), (order) => {
      readOrRefuse(format, order.map((index) => lines[index]).join('\n'), parameters);
    }),
    { numRuns: 100 },
  );
}
