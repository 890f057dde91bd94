import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { dcgmExporterFormat } from '../../../../ingest/formats/gpu/dcgm-exporter.ts';
import { dcgmiDmonFormat } from '../../../../ingest/formats/gpu/dcgmi-dmon.ts';
import { dcgmiNvlinkFormat } from '../../../../ingest/formats/gpu/dcgmi-nvlink.ts';
import { ncuCsvFormat } from '../../../../ingest/formats/gpu/ncu-csv.ts';
import { nsysCsvFormat } from '../../../../ingest/formats/gpu/nsys-csv.ts';
import { nvidiaSmiNvlinkFormat } from '../../../../ingest/formats/gpu/nvidia-smi-nvlink.ts';
import { nvidiaSmiQFormat } from '../../../../ingest/formats/gpu/nvidia-smi-q.ts';
import { nvidiaSmiQueryFormat } from '../../../../ingest/formats/gpu/nvidia-smi-query.ts';
import { type AnyFormat, readAny } from '../support/gpu-reading.ts';
import { assertRefused, hasSamples, sample } from '../support/reading.ts';
import { assertSound } from '../support/sound.ts';

const FORMATS: readonly AnyFormat[] = [
  dcgmiDmonFormat,
  dcgmiNvlinkFormat,
  nvidiaSmiNvlinkFormat,
  nvidiaSmiQueryFormat,
  nvidiaSmiQFormat,
  ncuCsvFormat,
  nsysCsvFormat,
];

type Counts = { readonly records: number; readonly samples?: number; readonly readings?: number; readonly summaries?: number };
type Row = readonly [file: string, format: AnyFormat, expected: Counts | RegExp, flags?: string, codes?: string];

/** Counted with grep and python3's csv in the files: rows, links, launches; UNVERIFIED files are layouts only. */
const TABLE: readonly Row[] = [
  [
    'dcgm/dcgmi-dmon-shape-UNVERIFIED-VALUES.txt',
    dcgmiDmonFormat,
    { records: 5, samples: 13 },
    'autocorrelated',
    'missing_value missing_value',
  ],
  ['dcgm/dcgmi-nvlink-e-json-shape.json', dcgmiNvlinkFormat, { records: 8, readings: 8 }, '', 'time_missing'],
  ['nvidia-smi/nvlink-e-gb300-tab-no-uuid.txt', nvidiaSmiNvlinkFormat, { records: 3, readings: 3 }, '', 'time_missing'],
  ['nvidia-smi/nvlink-e-h100-ml-engineering.txt', nvidiaSmiNvlinkFormat, { records: 9, readings: 9 }, '', 'ignored_line time_missing'],
  ['nvidia-smi/nvlink-gt-d-v100-start.txt', nvidiaSmiNvlinkFormat, { records: 2, readings: 2 }, '', 'time_missing'],
  ['nvidia-smi/nvlink-gt-d-v100-end.txt', nvidiaSmiNvlinkFormat, { records: 2, readings: 2 }, '', 'time_missing'],
  ['nvidia-smi/nvlink-info-gb200.txt', nvidiaSmiNvlinkFormat, /no speed or counter of any link.*--info only describes/],
  ['nvidia-smi/nvlink-status-gb200.txt', nvidiaSmiNvlinkFormat, { records: 4, samples: 4 }],
  ['nvidia-smi/nvlink-status-h800.txt', nvidiaSmiNvlinkFormat, { records: 16, samples: 16 }],
  ['nvidia-smi/nvlink-status-rtx8000.txt', nvidiaSmiNvlinkFormat, { records: 4, samples: 4 }],
  ['nvidia-smi/query-gpu-rtx3080.csv', nvidiaSmiQueryFormat, { records: 1, samples: 1 }],
  ['nvidia-smi/query-gpu-rtx3060-driver615.csv', nvidiaSmiQueryFormat, { records: 8, samples: 8 }, 'unit_assumed'],
  [
    'nvidia-smi/q-h800-driver525-excerpt.txt',
    nvidiaSmiQFormat,
    { records: 16, samples: 14, readings: 2 },
    'not_supported unit_assumed',
    'time_missing',
  ],
  ['ncu/ncu2019-V100-cfd-details-page.log', ncuCsvFormat, { records: 153, samples: 153 }],
  ['ncu/ncu2025.1-european-locale-command-line-metrics.csv', ncuCsvFormat, { records: 9, samples: 12 }],
  ['ncu/page-raw-wide-layout-UNVERIFIED-VALUES.csv', ncuCsvFormat, { records: 10, samples: 10 }],
  ['ncu/page-details-2023plus-header-with-rule-columns.csv', ncuCsvFormat, /no metric of any launch/],
  ['nsys/nsys2024.6.2-cuda_api_sum-head.csv', nsysCsvFormat, { records: 5, summaries: 5 }],
  ['nsys/nsys2024.6.2-cuda_gpu_kern_sum-run1.csv', nsysCsvFormat, { records: 15, summaries: 15 }],
  ['nsys/nsys2024.6.2-cuda_gpu_kern_sum-run2.csv', nsysCsvFormat, { records: 13, summaries: 13 }],
  ['nsys/nsys2025.3.2-jetson-thor-cuda_gpu_trace.csv', nsysCsvFormat, { records: 3, samples: 8 }],
  ['nsys/nsys2026.3.1-cuda_gpu_trace.csv', nsysCsvFormat, { records: 3, samples: 16 }],
  ['nsys/nsys2026.3.1-nvtx_pushpop_trace.csv', nsysCsvFormat, { records: 5, samples: 8 }],
  ['nsys/stdout-preamble-before-csv.txt', nsysCsvFormat, { records: 1, samples: 1 }],
];

/** Real output of other tools and parts of files, which none of these formats may take for its own. */
const FOREIGN = [
  'nvidia-smi/q-gsp-excerpts.txt',
  'nvidia-smi/xid-kernel-log.txt',
  'dcgm/issue512-h100-mig-gr_engine.prom',
  'dcgm/old-dcgm-exporter-1.4.6-sentinels-nvlink.prom',
  'dcgm/default-counters.csv',
  'dcgm/SOURCE.txt',
  'ncu/nersc-GPP-Volta-run.survey.sh',
];

describe('real output of GPU tools', { skip: hasSamples ? false : 'the collection of real samples is not beside this checkout' }, () => {
  for (const [file, format, expected, flags = '', codes = ''] of TABLE) {
    test(`${file} is ${format.id}, and no other`, () => {
      const head = sample(file).slice(0, 4096);
      assert.deepEqual(
        FORMATS.filter(({ detect }) => detect(head)).map(({ id }) => id),
        [format.id],
      );
    });

    test(`${file} becomes what the table says`, () => {
      const text = sample(file);
      if (expected instanceof RegExp) {
        assertRefused(() => readAny(format, text), 1, expected);
        return;
      }
      const result = readAny(format, text);
      assertSound(result);
      const { samples = 0, readings = 0, summaries = 0 } = expected;
      const { records } = result;
      const values = records.reduce((sum, record) => sum + (record.kind === 'samples' ? record.values.length : 0), 0);
      const counts = {
        records: records.length,
        samples: values,
        readings: records.filter(({ kind }) => kind === 'reading').length,
        summaries: records.filter(({ kind }) => kind === 'summary').length,
      };
      assert.deepEqual(counts, { records: expected.records, samples, readings, summaries });
      const seen = new Set(records.flatMap((record) => (record.kind === 'event' ? [] : record.quality)));
      assert.equal([...seen].sort().join(' '), flags);
      assert.equal(result.warnings.map(({ code }) => code).join(' '), codes);
    });

    test(`${file} is the same in pieces, with CRLF and with a byte order mark`, () => {
      if (expected instanceof RegExp) return;
      const text = sample(file);
      const { records } = readAny(format, text);
      assert.deepEqual(readAny(format, text, {}, 7).records, records);
      assert.deepEqual(readAny(format, `\uFEFF${text}`).records, records);
      assert.deepEqual(readAny(format, text.replaceAll('\n', '\r\n')).records, records);
    });
  }

  for (const file of FOREIGN) {
    test(`${file} is none of these`, () => {
      const head = sample(file).slice(0, 4096);
      assert.deepEqual(
        FORMATS.filter(({ detect }) => detect(head)).map(({ id }) => id),
        [],
      );
    });
  }

  test('dcgm-exporter does not claim tables, JSON and CSV of the other tools', () => {
    for (const [file] of TABLE) {
      assert.equal(dcgmExporterFormat.detect(sample(file).slice(0, 4096)), false, file);
    }
  });
});
