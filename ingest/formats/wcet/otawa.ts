import { ParseError, type ParseResult, type PayloadParameters } from '../../format.ts';
import { forEachLine, openText } from '../../lexers/text.ts';
import { warnOfUnused } from '../series.ts';
import { WarningTally } from '../warning-tally.ts';
import { BoundCollector } from './bound-collector.ts';
import { CYCLES, type WcetFormat } from './wcet-format.ts';

/** OTAWA: `WCET[<entry>] = <n> cycles`. Source: the line as owcet.cpp writes it; no real output was found. */
export const otawaFormat: WcetFormat<'otawa'> = {
  id: 'otawa',
  kind: 'wcet',
  mode: 'whole',
  summary: 'the output of owcet (OTAWA): WCET[<entry>] = <n> cycles',
  extraParameters: [],
  detect: (head) => /^\uFEFF?(?:WCET\[|ERROR: no WCET computed)/m.test(head),
  parse: parseOtawa,
};

const WCET = /^WCET\[([^\]]*)\] = (\S+) cycles\s*$/;

function parseOtawa(text: string, parameters: PayloadParameters): ParseResult {
  const tally = new WarningTally();
  warnOfUnused(parameters, ['metric', 'unit', 'region'], tally);
  const bounds = new BoundCollector(parameters, tally);
  let failedLine = 0;
  forEachLine(openText(text), (line, number) => {
    if (line.startsWith('ERROR:')) {
      failedLine ||= number;
      tally.add('tool_error', `OTAWA reported an error: ${line.slice(0, 200)}`, number);
    }
    if (!line.startsWith('WCET[')) return;
    const [, task, cycles] = WCET.exec(line) ?? [];
    if (task === undefined || cycles === undefined) {
      throw new ParseError('the line is not WCET[<entry>] = <n> cycles; the file is cut off, or was edited', { line: number, column: 1 });
    }
    bounds.add({
      task: task.trim(),
      kind: 'static',
      unit: CYCLES,
      text: cycles,
      nativeMetric: 'WCET',
      tool: 'OTAWA',
      line: number,
      column: line.indexOf('] = ') + 5,
    });
  });
  if (bounds.count > 0) return bounds.result();
  const reason =
    failedLine > 0 ? 'OTAWA computed no WCET, its errors say why' : 'no line starts with WCET[; send the standard output of owcet';
  throw new ParseError(reason, { line: Math.max(1, failedLine), column: 1 });
}
