import { LIMITS } from '../../../wire/limits.ts';
import { type Format, ParseError, type PayloadParameters, type StreamParser } from '../../format.ts';
import { UNITS_PARAMETER } from '../named-units.ts';
import { K6LineReader } from './k6/lines.ts';
import { parseK6Summary } from './k6/summary.ts';

/**
 * k6: the lines of --out json (samples of every trend, totals of counters and rates), or the summary at the end of a test as
 * --summary-export or handleSummary(data) write it (statistics only). Which it is shows in the first object.
 */
export const k6Format = {
  id: 'k6' as const,
  kind: 'samples',
  mode: 'stream',
  summary: 'k6 run --out json=FILE, --summary-export=FILE, or handleSummary(data) written as JSON',
  extraParameters: ['tags', UNITS_PARAMETER],
  detect: (head) => isPointLine(head) || isSummary(head),
  open: openK6,
} satisfies Omit<Extract<Format, { mode: 'stream' }>, 'id'> & { readonly id: string };

function isPointLine(head: string): boolean {
  const first = /^\uFEFF?\s*([^\n]*)/.exec(head)?.[1] ?? '';
  return first.startsWith('{') && /"type"\s*:\s*"(Metric|Point)"/.test(first) && /"data"\s*:\s*\{/.test(first);
}

function isSummary(head: string): boolean {
  return (
    /^\uFEFF?\s*\{/.test(head) &&
    /"(metrics|root_group|options|state)"\s*:\s*\{/.test(head) &&
    /"(root_group|metrics)"\s*:\s*\{/.test(head) &&
    /"(rate|values|avg|summaryTrendStats|checks|groups)"\s*:/.test(head)
  );
}

function openK6(parameters: PayloadParameters): StreamParser {
  let lines: K6LineReader | undefined;
  let warnings: StreamParser['warnings'] = () => [];
  let held: string[] = [];
  let heldCharacters = 0;
  const decide = (text: string) => {
    lines = new K6LineReader(parameters);
    warnings = () => lines?.warnings() ?? [];
    held = [];
    return lines.push(text);
  };
  return {
    push: (text) => {
      if (lines !== undefined) return lines.push(text);
      held.push(text);
      heldCharacters += text.length;
      if (heldCharacters > LIMITS.wholePayloadBytes)
        throw new ParseError(
          `a summary has at most ${LIMITS.wholePayloadBytes} bytes, and this is no --out json: its first line is neither Metric nor Point`,
          { line: 1, column: 1 },
        );
      const head = held.length === 1 ? text : heldCharacters <= LIMITS.lineCharacters ? held.join('') : '';
      const begin = head.search(/[^\s\uFEFF]/);
      return begin >= 0 && head.includes('\n', begin) && isPointLine(head) ? decide(held.join('')) : [];
    },
    end: () => {
      const rest = held.join('');
      if (lines === undefined && isPointLine(rest)) return [...decide(rest), ...(lines ?? new K6LineReader(parameters)).end()];
      if (lines !== undefined) return lines.end();
      const summary = parseK6Summary(rest, parameters);
      warnings = () => summary.warnings;
      return summary.records;
    },
    warnings: () => warnings(),
  };
}
