import type { Quality } from '../../../wire/quality.ts';
import { type Format, ParseError, type ParseResult, type PayloadParameters } from '../../format.ts';
import { losesPrecision, parseDecimal } from '../../lexers/number.ts';
import { type PrometheusLabels, PrometheusReader, type PrometheusSample } from '../../lexers/prometheus-text.ts';
import { openText } from '../../lexers/text.ts';
import type { IngestRecord, RecordSeries } from '../../records.ts';
import { declareSeries, warnOfUnused } from '../series.ts';
import { WarningTally } from '../warning-tally.ts';
import { type DcgmField, isBlankValue, readDcgmField } from './dcgm-fields.ts';
import { type DcgmLabels, readDcgmLabels } from './dcgm-labels.ts';

/**
 * A scrape of dcgm-exporter (or several, one after another). A gauge is one sample, so that scrapes of a run add up to a distribution; a
 * counter is one cumulative reading. A page has no time of its own: `at=` and `exposure=` say it.
 */
export const dcgmExporterFormat: Format = {
  id: 'dcgm-exporter',
  kind: 'gpu',
  mode: 'whole',
  summary: 'curl http://host:9400/metrics of dcgm-exporter (1.4 and later)',
  extraParameters: [],
  detect: (head) => PAGE_START.test(head) && OWN_LINE.test(head),
  parse: parseDcgmExporter,
};

/** How a metrics page of any exporter begins. */
const PAGE_START =
  /^\uFEFF?\s*(#(?! (?:HELP|TYPE) )[^\n]*\n\s*)*(# (HELP|TYPE) |[A-Za-z_:][A-Za-z0-9_:]*(\{| +[-+0-9.NI]\S*(?: +-?\d+)?[ \t]*(?:\r?\n|$)))/;
/** A field of DCGM, or a label that only its exporter prints: fields a user adds have names of their own. */
const OWN_LINE = /^[ \t]*(?:# (?:HELP|TYPE) )?(?:dcgm_|[a-z_:][a-z0-9_:]*\{(?:[^\n]*[,{ ])?(?:gpu|nvswitch|nvlink)=")/im;

const NANOSECONDS_PER_MILLISECOND = 1_000_000n;

type Session = {
  readonly parameters: PayloadParameters;
  readonly reader: PrometheusReader;
  readonly fields: Map<string, DcgmField>;
  readonly labels: Map<PrometheusLabels, DcgmLabels>;
  /** By identity: the series, and the device it was first seen on. */
  readonly series: Map<string, { readonly series: RecordSeries; readonly device: string }>;
};

function parseDcgmExporter(text: string, parameters: PayloadParameters): ParseResult {
  const tally = new WarningTally();
  warnOfUnused(parameters, ['metric', 'unit'], tally);
  const session: Session = {
    parameters,
    reader: new PrometheusReader(openText(text)),
    fields: new Map(),
    labels: new Map(),
    series: new Map(),
  };
  const records: IngestRecord[] = [];
  let hasCounters = false;
  /** The first sample, while none of DCGM has come. */
  let foreign: PrometheusSample | undefined;
  for (let sample = session.reader.next(); sample !== undefined; sample = session.reader.next()) {
    if (isOfDcgm(sample)) foreign = undefined;
    else if (records.length === 0) foreign = sample;
    const record = toRecord(sample, session);
    hasCounters ||= record.kind === 'reading' && record.reading === 'cumulative';
    records.push(record);
  }
  if (records.length === 0)
    throw new ParseError('the page has no samples: dcgm-exporter found no GPU, or it was scraped before it was ready', {
      line: 1,
      column: 1,
    });
  if (foreign !== undefined) refuseForeign(foreign);
  if (hasCounters && records.some((record) => record.kind === 'reading' && record.reading === 'cumulative' && record.atNs === null)) {
    tally.add('time_missing', 'counters came without a time: send at= so that a rate can be told', null);
  }
  return { records, warnings: tally.list() };
}

/** Whether a sample is of dcgm-exporter: another exporter's page would become series that no GPU ever had. */
function isOfDcgm({ name, labels }: PrometheusSample): boolean {
  return /^dcgm_/i.test(name) || labels.pairs.some((pair, index) => index % 2 === 0 && /^(?:gpu|nvswitch|nvlink)$/.test(pair));
}

function refuseForeign({ name, line }: PrometheusSample): never {
  const detail = `no metric of this page is of DCGM (the first is ${name.slice(0, 80)}): send the page of dcgm-exporter (port 9400 unless set up otherwise)`;
  throw new ParseError(detail, { line, column: 1 });
}

function toRecord(sample: PrometheusSample, session: Session): IngestRecord {
  const field = fieldOf(sample, session);
  const series = seriesOf(sample, field, session);
  const { parameters, reader } = session;
  const { repetition } = parameters;
  const { value, quality } = readValue(sample, field, reader);
  const atNs = sample.timestamp === '' ? (parameters.atNs ?? null) : BigInt(sample.timestamp) * NANOSECONDS_PER_MILLISECOND;
  if (value !== null && !field.cumulative) {
    return { kind: 'samples', series, repetition, values: [value], atNs: atNs === null ? [] : [atNs], quality, line: sample.line };
  }
  return {
    kind: 'reading',
    series,
    repetition,
    // A gauge without a value is kept as a reading, because samples hold numbers only.
    reading: field.cumulative ? 'cumulative' : 'total',
    value,
    atNs,
    exposureS: parameters.exposureS ?? null,
    probability: null,
    tool: null,
    quality,
    line: sample.line,
  };
}

/** The value in base units, or null with the flag that says why. @throws ParseError for text that is no value of the format */
function readValue(
  sample: PrometheusSample,
  field: DcgmField,
  reader: PrometheusReader,
): { readonly value: number | null; readonly quality: readonly Quality[] } {
  const { value: text } = sample;
  if (isBlankValue(text)) return { value: null, quality: [...field.flags, 'sentinel'] };
  const value = parseDecimal(text, field.scale);
  if (value !== undefined)
    return { value, quality: text.length > 15 && losesPrecision(text) ? [...field.flags, 'precision_lost'] : field.flags };
  if (!/^([+-]?inf|nan)$/i.test(text)) reader.fail(`the value '${text.slice(0, 40)}' of ${sample.name} is not a number`);
  return { value: null, quality: [...field.flags, 'not_a_number'] };
}

function fieldOf({ name, labels }: PrometheusSample, { fields, reader }: Session): DcgmField {
  let field = fields.get(name);
  if (field === undefined) {
    field = readDcgmField(name, { type: reader.types.get(name), help: reader.help.get(name), isOld: labels.spaced });
    fields.set(name, field);
  }
  return field;
}

function seriesOf(sample: PrometheusSample, field: DcgmField, session: Session): RecordSeries {
  const { parameters, series } = session;
  const { region, labels, attributes, device, identity: suffix } = labelsOf(sample.labels, session);
  const identity = `${field.metric}\n${suffix}`;
  const known = series.get(identity);
  if (known !== undefined) {
    if (known.device === device) return known.series;
    const detail = `${region} is two devices in this page (${known.device} and ${device}): push the pages of two hosts as two runs`;
    throw new ParseError(detail, { line: sample.line, column: 1 });
  }
  const declared = declareSeries(
    {
      region: region ?? parameters.region ?? 'device',
      metric: field.metric,
      nativeMetric: sample.name,
      unit: field.unit,
      valueKind: field.cumulative ? 'counter' : 'samples',
      labels,
      attributes,
      line: sample.line,
    },
    parameters,
  );
  series.set(identity, { series: declared, device });
  return declared;
}

function labelsOf(printed: PrometheusLabels, { labels }: Session): DcgmLabels {
  let read = labels.get(printed);
  if (read === undefined) {
    read = readDcgmLabels(printed.pairs);
    labels.set(printed, read);
  }
  return read;
}
