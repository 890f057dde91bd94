import { ParseError, type PayloadParameters, type StreamParser } from '../../format.ts';
import { splitDelimited } from '../../lexers/delimited-line.ts';
import { LineStream } from '../../lexers/line-stream.ts';
import { warnOfUnused } from '../series.ts';
import { WarningTally } from '../warning-tally.ts';
import { readMapping } from './mapped-columns.ts';
import { MappedRows } from './mapped-rows.ts';
import { type WcetFormat, warnOfUnfinished } from './wcet-format.ts';

/**
 * Any CSV with a header row whose columns the caller maps by parameters: column.task=…, column.ns=…, column.cycles=…. For exports of tools
 * whose own formats are closed (RapiTime, RocqStat, VectorCAST); nothing of those tools is known here. Never detected: name the format.
 */
export const mappedCsvFormat: WcetFormat<'mapped-csv'> = {
  id: 'mapped-csv',
  kind: 'wcet',
  mode: 'stream',
  summary: 'any CSV with a header row; parameters say what its columns are (column.task=…, column.cycles=…), never detected',
  extraParameters: [
    'task',
    'delimiter',
    'frequencyHz',
    'probability',
    'tool',
    'column.task',
    'column.path',
    'column.input',
    'column.repetition',
    'column.cycles',
    'column.ns',
    'column.value',
    'column.budget',
    'column.static',
    'column.pwcet',
  ],
  detect: () => false,
  open: openMappedCsv,
};

function openMappedCsv(parameters: PayloadParameters): StreamParser {
  const tally = new WarningTally();
  warnOfUnused(parameters, ['metric'], tally);
  const mapping = readMapping(parameters);
  const usesUnit = mapping.bounds.length > 0 || parameters.extra['column.value'] !== undefined;
  if (!usesUnit && parameters.unit !== undefined)
    tally.add('parameter_ignored', 'unit= has no effect: column.cycles and column.ns say their unit', null);
  const rows = new MappedRows(mapping, parameters, tally);
  let columns = 0;
  const lines = new LineStream((line, number) => {
    if (line.trim() === '') return;
    const fields = splitDelimited(line, mapping.delimiter, number);
    if (columns === 0) {
      columns = fields.length;
      rows.readHeader(fields, number);
      return;
    }
    if (fields.length !== columns) {
      const column = fields.at(-1)?.column ?? 1;
      const detail = `a row has ${fields.length} fields, the header has ${columns}; the file is cut off, or a field holds the delimiter: quote it`;
      throw new ParseError(detail, { line: number, column });
    }
    rows.readRow(fields, number);
  });
  return {
    push: (text) => {
      lines.push(text);
      return rows.take();
    },
    end: () => {
      lines.end();
      warnOfUnfinished(lines.unfinishedLine, tally);
      return rows.finish();
    },
    warnings: () => tally.list(),
  };
}
