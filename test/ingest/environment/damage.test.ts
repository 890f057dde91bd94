import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { Type } from 'typebox';
import { Compile } from 'typebox/compile';
import { detectEnvironmentFormat, ENVIRONMENT_FORMATS, type EnvironmentFormatId } from '../../../ingest/environment/index.ts';
import { ParseError } from '../../../ingest/format.ts';
import { Environment } from '../../../wire/run.ts';
import { captures, collectMembers } from './captures.ts';

/** Whatever happens to a text on its way: an environment that has the contract's shape and no NaN, or a ParseError; never a crash or a hang. */
const SHAPE = Compile(Type.Partial(Environment));

function readOrRefuse(id: EnvironmentFormatId, text: string): void {
  detectEnvironmentFormat(text.slice(0, 4096));
  try {
    const { environment, fallback, warnings } = ENVIRONMENT_FORMATS[id].parse(text, { nowS: 1795200693 });
    assert.ok(SHAPE.Check(environment), JSON.stringify(environment));
    for (const value of collectMembers([environment, fallback])) assert.ok(typeof value !== 'number' || Number.isFinite(value));
    for (const { detail, line } of warnings) assert.ok(detail.length > 0 && (line === null || line >= 1));
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    assert.ok(error.line >= 1 && error.column >= 1 && error.message.length > 10);
  }
}

describe('damaged texts about machines', () => {
  for (const [id, text] of captures) {
    test(`${id} cut off at any character`, () => {
      for (let end = 0; end <= text.length; end++) readOrRefuse(id, text.slice(0, end));
    });

    test(`${id} with changed characters`, () => {
      const change = fc.record({ at: fc.nat({ max: text.length - 1 }), to: fc.constantFrom(...'{}[]",:.-+eE019 \n\r\t\\\0#abN()\uFFFD') });
      fc.assert(
        fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
          let changed = text;
          for (const { at, to } of changes) changed = changed.slice(0, at) + to + changed.slice(at + 1);
          readOrRefuse(id, changed);
        }),
        { numRuns: 200 },
      );
    });

    test(`${id} with lines twice, lost or moved`, () => {
      const lines = text.split('\n');
      fc.assert(
        fc.property(fc.array(fc.nat({ max: lines.length - 1 }), { maxLength: 2 * lines.length }), (order) => {
          readOrRefuse(id, order.map((index) => lines[index]).join('\n'));
        }),
        { numRuns: 100 },
      );
    });
  }

  test('any text for any format', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
        for (const [id] of captures) readOrRefuse(id, text);
      }),
      { numRuns: 200 },
    );
  });

  test("a long text made of one tool's pieces is read or refused in time", () => {
    const pieces = [
      'phc2sys[',
      'master offset ',
      'clang version 1 (',
      'port 1: A',
      'rms ',
      ') #1 ',
      'GPU 0',
      '[',
      ' ',
      'key=',
      '((',
      'x: ',
    ];
    for (const piece of pieces) {
      const text = `${piece.repeat(60_000 / piece.length)}\n`.repeat(4);
      const before = process.cpuUsage().user;
      for (const id of Object.values(ENVIRONMENT_FORMATS).map((format) => format.id)) readOrRefuse(id, text);
      assert.ok(process.cpuUsage().user - before < 3_000_000, `${piece}: over three seconds`);
    }
  });
});
