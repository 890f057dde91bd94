import { describe, test } from 'node:test';
import fc from 'fast-check';
import { type Format, ParseError } from '../../../ingest/format.ts';
import { bpftraceJsonFormat } from '../../../ingest/formats/ebpf/bpftrace-json.ts';
import { kernelLogFormat } from '../../../ingest/formats/events/kernel-log.ts';
import { dcgmExporterFormat } from '../../../ingest/formats/gpu/dcgm-exporter.ts';
import { perfStatJsonFormat } from '../../../ingest/formats/pmu/perf-stat-json.ts';
import { boundsFormat } from '../../../ingest/formats/wcet/bounds.ts';
import { cyclesCsvFormat } from '../../../ingest/formats/wcet/cycles-csv.ts';
import { fixture, parse } from './support/reading.ts';
import { assertSound } from './support/sound.ts';

/** Whatever happens to a file on its way: a sound result or a ParseError, never another error, a NaN or an endless loop. */
const FORMATS: readonly [format: Format, file: string, parameters: Parameters<typeof parse>[2]][] = [
  [bpftraceJsonFormat, 'bpftrace-0.27/uprobe.json', { unit: 'ns' }],
  [bpftraceJsonFormat, 'bpftrace-synthetic/growing.json', {}],
  [bpftraceJsonFormat, 'bpftrace-0.27/edge.json', { unit: '1' }],
  [perfStatJsonFormat, 'perf-6.12/interval.jsonl', {}],
  [perfStatJsonFormat, 'perf-synthetic/names.jsonl', {}],
  [dcgmExporterFormat, 'dcgm-exporter-synthetic/nvlink-new-labels.prom', {}],
  [cyclesCsvFormat, 'cycles-csv-synthetic/paths.csv', {}],
  [boundsFormat, 'bounds-synthetic/crc.ndjson', {}],
  [kernelLogFormat, 'kernel-log-synthetic/oops-arm64-journal.log', {}],
];

function readOrRefuse(format: Format, text: string, parameters: Parameters<typeof parse>[2]): void {
  format.detect(text.slice(0, 4096));
  try {
    assertSound(parse(format, text, parameters));
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
  }
}

describe('damaged files', () => {
  for (const [format, file, parameters] of FORMATS) {
    const text = fixture(file);

    test(`${file} cut off at any character`, () => {
      for (let end = 0; end <= text.length; end++) readOrRefuse(format, text.slice(0, end), parameters);
    });

    test(`${file} with changed characters`, () => {
      const change = fc.record({ at: fc.nat({ max: text.length - 1 }), to: fc.constantFrom(...'{}[]",:.-+eE019 \n\r\t\\\0#abN\uFFFD') });
      fc.assert(
        fc.property(fc.array(change, { minLength: 1, maxLength: 3 }), (changes) => {
          let changed = text;
          for (const { at, to } of changes) changed = changed.slice(0, at) + to + changed.slice(at + 1);
          readOrRefuse(format, changed, parameters);
        }),
        { numRuns: 500 },
      );
    });

    test(`${file} with lines twice, lost or moved`, () => {
      const lines = text.split('\n');
      fc.assert(
        fc.property(fc.array(fc.nat({ max: lines.length - 1 }), { maxLength: 2 * lines.length }), (order) => {
          readOrRefuse(format, order.map((index) => lines[index]).join('\n'), parameters);
        }),
        { numRuns: 200 },
      );
    });
  }

  test('random text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
        for (const [format, , parameters] of FORMATS) readOrRefuse(format, text, parameters);
      }),
      { numRuns: 300 },
    );
  });
});
