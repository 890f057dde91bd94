import { ParseError, type ParseResult, type PayloadParameters } from '../../format.ts';
import { forEachLine, openText } from '../../lexers/text.ts';
import { warnOfUnused } from '../series.ts';
import { WarningTally } from '../warning-tally.ts';
import { BoundCollector } from './bound-collector.ts';
import { CYCLES, requireTask, type WcetFormat } from './wcet-format.ts';

/**
 * The WCET search of wcet-benchmarks on CBMC: `RESULT: 410 < WCET <= 410 cycles`. The upper end is the proven bound; the lower end is
 * the longest run that was found. It does not print what was analysed.
 */
export const cbmcFormat: WcetFormat<'cbmc'> = {
  id: 'cbmc',
  kind: 'wcet',
  mode: 'whole',
  summary: 'the log of a WCET search with CBMC: RESULT: <a> < WCET <= <b> cycles (task= required)',
  extraParameters: ['task'],
  detect: (head) => /^\uFEFF?(?:RESULT: [^\n]*WCET|\.{3}step #\d+: WCET in \[)/m.test(head),
  parse: parseCbmc,
};

const RESULT = /^RESULT: (\S+) < WCET <= (\S+) cycles\s*$/;
/** Where the search starts: the largest signed 64-bit integer. */
const UNBOUNDED = '9223372036854775807';

function parseCbmc(text: string, parameters: PayloadParameters): ParseResult {
  const tally = new WarningTally();
  warnOfUnused(parameters, ['metric', 'unit'], tally);
  const opened = openText(text);
  const task = requireTask(parameters, 'the log of CBMC does not say it');
  const bounds = new BoundCollector(parameters, tally);
  forEachLine(opened, (line, number) => {
    if (/^(?:ERROR|FAIL)/.test(line)) tally.add('tool_error', `the search reported: ${line.slice(0, 200)}`, number);
    if (!line.startsWith('RESULT:')) return;
    const parts = RESULT.exec(line);
    const [, lower = '', upper = ''] = parts ?? [];
    if (parts === null) {
      throw new ParseError('the line is not RESULT: <a> < WCET <= <b> cycles; the file is cut off, or was edited', {
        line: number,
        column: 1,
      });
    }
    const unbounded = upper === UNBOUNDED;
    if (!unbounded && lower !== upper) {
      tally.add(
        'inexact_bound',
        `the search stopped at ${lower.slice(0, 40)} < WCET <= ${upper.slice(0, 40)}; the upper end is the bound`,
        number,
      );
    }
    bounds.add({
      task,
      kind: 'static',
      unit: CYCLES,
      text: unbounded ? null : upper,
      nativeMetric: 'RESULT',
      tool: 'CBMC',
      quality: unbounded ? ['sentinel'] : [],
      line: number,
      column: line.indexOf('<= ') + 4,
    });
  });
  if (bounds.count === 0)
    throw new ParseError('no line starts with RESULT: the search did not end, or the log was cut off', { line: 1, column: 1 });
  return bounds.result();
}
