import { ParseError, type PayloadParameters, type StreamParser } from '../../format.ts';
import { quote, readDecimal } from '../../lexers/decimal.ts';
import { readDelimiter } from '../../lexers/delimited-line.ts';
import { LineStream } from '../../lexers/line-stream.ts';
import { warnOfUnused } from '../series.ts';
import { WarningTally } from '../warning-tally.ts';
import { ActivationBuffers, type ActivationSeries } from './activation-buffers.ts';
import { type ExecutionUnit, requireTask, requireUnit, type WcetFormat, warnOfUnfinished } from './wcet-format.ts';

/**
 * Execution times as plain numbers, one a line or several between blanks, in the order of measurement, as chronovise and MBPTA tools read
 * them. They say neither task nor unit. Another delimiter has to be named: 1,5 could be one number or two.
 */
export const plainListFormat: WcetFormat<'plain-list'> = {
  id: 'plain-list',
  kind: 'wcet',
  mode: 'stream',
  summary: 'numbers only, one a line or between blanks (task= and unit= required; delimiter= for others)',
  extraParameters: ['task', 'delimiter'],
  detect: isPlainList,
  open: openPlainList,
};

const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const HEAD_LINES = 20;
/** What may stand between numbers when a payload is looked at for its format. */
const ANY_DELIMITER = /[\s,;|]+/;

function isPlainList(head: string): boolean {
  const lines = head.replace(/^\uFEFF/, '').split('\n');
  // The last line may be cut inside a number.
  if (lines.length > 1) lines.pop();
  const words = lines.slice(0, HEAD_LINES).flatMap((line) => line.split(ANY_DELIMITER));
  const printed = words.filter((word) => word !== '');
  return printed.length > 0 && printed.every((word) => NUMBER.test(word));
}

function openPlainList(parameters: PayloadParameters): StreamParser {
  const tally = new WarningTally();
  warnOfUnused(parameters, ['metric'], tally);
  const task = requireTask(parameters, 'a list of numbers does not say it');
  const unit = requireUnit(parameters, 'a list of numbers does not say it');
  const buffers = new ActivationBuffers(parameters);
  const delimiter = readDelimiter(parameters.extra['delimiter']);
  const { repetition } = parameters;
  const series: ActivationSeries = { task, metric: unit.metric, unit: unit.unit, nativeMetric: 'value', repetition };
  const lines = new LineStream((line, number) => {
    for (const { text, column } of splitNumbers(line, delimiter)) {
      buffers.append(series, { ...readNumber(text, unit, { line: number, column }), line: number }, column);
    }
  });
  return {
    push: (text) => {
      lines.push(text);
      return buffers.take();
    },
    end: () => {
      lines.end();
      warnOfUnfinished(lines.unfinishedLine, tally);
      return buffers.finish();
    },
    warnings: () => tally.list(),
  };
}

function* splitNumbers(line: string, delimiter: string | undefined): Generator<{ readonly text: string; readonly column: number }> {
  if (delimiter === undefined || delimiter === ' ') {
    for (const word of line.matchAll(/\S+/g)) yield { text: word[0], column: word.index + 1 };
    return;
  }
  if (line.trim() === '') return;
  let column = 1;
  const fields = line.split(delimiter);
  // A delimiter may end a line; elsewhere an empty field is a value that is missing.
  if (fields.length > 1 && fields.at(-1)?.trim() === '') fields.pop();
  for (const text of fields) {
    yield { text, column };
    column += text.length + 1;
  }
}

function readNumber(text: string, unit: ExecutionUnit, place: { readonly line: number; readonly column: number }) {
  const reading = readDecimal(text, unit.scale);
  if ('value' in reading) return reading;
  const isDelimited = /^[\d.eE+-]+[,;|]/.test(text);
  const advice = isDelimited
    ? `is ${quote(text)}: send delimiter=comma, semicolon or pipe if it separates numbers, or print a decimal point`
    : reading.refusal;
  throw new ParseError(`value ${advice}`, place);
}
