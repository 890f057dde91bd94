import { ParseError, type ParseResult, type PayloadParameters } from '../../format.ts';
import { quote } from '../../lexers/decimal.ts';
import { forEachLine, openText } from '../../lexers/text.ts';
import { warnOfUnused } from '../series.ts';
import { WarningTally } from '../warning-tally.ts';
import { BoundCollector } from './bound-collector.ts';
import { CYCLES, type WcetFormat, warnOfUnfinished } from './wcet-format.ts';

/**
 * Bound-T: `Wcet:<executable>:<source>:<function>:<lines>:<cycles>` among Note:, Warning: and Error: lines. Source: published logs
 * of Bound-T 4c5; its user guide was not at hand. The numbers are cycles of the target by documentation, the log does not say it.
 */
export const boundTFormat: WcetFormat<'bound-t'> = {
  id: 'bound-t',
  kind: 'wcet',
  mode: 'whole',
  summary: 'the output of Bound-T: Wcet:<executable>:<source>:<function>:<lines>:<cycles>',
  extraParameters: [],
  detect: (head) => /^\uFEFF?(?:Note|Warning|Error|Wcet):[^:\n]*:[^:\n]*:[^\n]*:/m.test(head),
  parse: parseBoundT,
};

/** The fields of a Wcet line with their columns. */
type WcetLine = {
  readonly executable: string;
  readonly source: string;
  readonly task: string;
  readonly cycles: string;
  readonly column: number;
};

function parseBoundT(text: string, parameters: PayloadParameters): ParseResult {
  const tally = new WarningTally();
  warnOfUnused(parameters, ['metric', 'unit', 'region'], tally);
  const bounds = new BoundCollector(parameters, tally);
  const sources = new Map<string, string>();
  let lineCount = 0;
  const opened = openText(text);
  forEachLine(opened, (line, number) => {
    lineCount = number;
    if (/^Error:/.test(line)) tally.add('tool_error', `Bound-T reported an error, bounds may be missing: ${line.slice(0, 200)}`, number);
    if (!line.startsWith('Wcet:')) return;
    const { executable, source, task, cycles, column } = readWcetLine(line, number);
    // No C identifier starts with a digit: it is the address of a routine without a symbol, another one in the next build.
    if (/^[0-9]/.test(task)) {
      tally.add(
        'unnamed_routine',
        `the bound of the routine at ${task.slice(0, 40)} was left out: an address does not name it in the next build`,
        number,
      );
      return;
    }
    const earlier = sources.get(task);
    if (earlier !== undefined && earlier !== source)
      tally.add(
        'same_name',
        `${task.slice(0, 100)} is a function in ${earlier.slice(0, 100)} and in ${source.slice(0, 100)}; the smaller bound is compared`,
        number,
      );
    sources.set(task, source);
    bounds.add({
      task,
      kind: 'static',
      unit: CYCLES,
      text: cycles,
      nativeMetric: 'Wcet',
      tool: 'Bound-T',
      labels: source === '' ? {} : { source },
      attributes: { executable },
      quality: ['unit_assumed'],
      line: number,
      column,
    });
  });
  if (bounds.count === 0) {
    throw new ParseError('no line starts with Wcet: and names a function: Bound-T found no bound, or its output was cut off', {
      line: 1,
      column: 1,
    });
  }
  const last = bounds.records().at(-1);
  if (last !== undefined && !opened.endsWith('\n') && lineCount === last.line) warnOfUnfinished(last.line, tally);
  return bounds.result();
}

/** Colons inside a function's name (`ns::f`) belong to it; those of a drive (`C:\…`) cannot be told from fields. */
function readWcetLine(line: string, number: number): WcetLine {
  const fields = line.split(':');
  const [, executable = '', source = ''] = fields;
  const cycles = fields.at(-1) ?? '';
  const column = line.length - cycles.length + 1;
  if (fields.length < 6) {
    const detail = `a Wcet line has ${fields.length} fields, not 6 (${quote(line)}): the file is cut off, or was edited`;
    throw new ParseError(detail, { line: number, column });
  }
  if (/^[A-Za-z]$/.test(executable) && /^[\\/]/.test(source)) {
    throw new ParseError('the path of the executable has a drive letter; run Bound-T with a relative path', { line: number, column: 6 });
  }
  return { executable, source, task: fields.slice(3, -2).join(':').trim(), cycles, column };
}
