import type { Quality } from '../../../wire/quality.ts';
import { type Format, ParseError, type ParseResult, type PayloadParameters } from '../../format.ts';
import { losesPrecision, parseDecimal } from '../../lexers/number.ts';
import { type PrometheusHead, type PrometheusLabels, PrometheusReader, type PrometheusSample } from '../../lexers/prometheus-text.ts';
import { openText } from '../../lexers/text.ts';
import type { IngestRecord, RecordSeries } from '../../records.ts';
import { declareSeries, warnOfUnused } from '../series.ts';
import { WarningTally } from '../warning-tally.ts';
import { type DcgmField, isBlankValue, readDcgmField } from './dcgm-fields.ts';
import { type DcgmLabels, readDcgmLabels } from './dcgm-labels.ts';

/**
 * A scrape of dcgm-exporter (or several, one after another). A gauge gives samples, so that scrapes of a run add up to a distribution; a
 * counter gives a cumulative reading each time. A page has no time of its own: `at=` and `exposure=` say it.
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

/** Values that one record can hold. */
const STRETCH_VALUES = 65_536;

/** Samples of one series that agree on their flags and on whether they have a time. */
type Stretch = { readonly values: number[]; readonly atNs: bigint[]; readonly quality: readonly Quality[] };
/** A series, the device it was first seen on, and the record that is being filled. */
type DeviceSeries = { readonly series: RecordSeries; readonly device: string; stretch: Stretch | undefined };
type Source = { readonly field: DcgmField; readonly found: DeviceSeries };

type Session = {
  readonly parameters: PayloadParameters;
  readonly reader: PrometheusReader;
  readonly heads: Map<PrometheusHead, Source>;
  readonly records: IngestRecord[];
  readonly fields: Map<string, DcgmField>;
  readonly labels: Map<PrometheusLabels, DcgmLabels>;
  /** By identity. */
  readonly series: Map<string, DeviceSeries>;
};

function parseDcgmExporter(text: string, parameters: PayloadParameters): ParseResult {
  const tally = new WarningTally();
  warnOfUnused(parameters, ['metric', 'unit'], tally);
  const session: Session = {
    parameters,
    reader: new PrometheusReader(openText(text)),
    heads: new Map(),
    records: [],
    fields: new Map(),
    labels: new Map(),
    series: new Map(),
  };
  const { records } = session;
  let first: PrometheusSample | undefined;
  let isForeign = true;
  for (let sample = session.reader.next(); sample !== undefined; sample = session.reader.next()) {
    first ??= sample;
    isForeign &&= !isOfDcgm(sample);
    addSample(sample, session);
  }
  if (records.length === 0)
    throw new ParseError('the page has no samples: dcgm-exporter found no GPU, or it was scraped before it was ready', {
      line: 1,
      column: 1,
    });
  if (isForeign && first !== undefined) refuseForeign(first);
  if (records.some((record) => record.kind === 'reading' && record.reading === 'cumulative' && record.atNs === null)) {
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

function addSample(sample: PrometheusSample, session: Session): void {
  const { field, found } = sourceOf(sample, session);
  const { series } = found;
  const { parameters, reader, records } = session;
  const { repetition } = parameters;
  const { value, quality } = readValue(sample, field, reader);
  const atNs = sample.timestamp === '' ? (parameters.atNs ?? null) : BigInt(sample.timestamp) * NANOSECONDS_PER_MILLISECOND;
  if (value !== null && !field.cumulative) {
    const { stretch } = found;
    if (stretch !== undefined && continues(stretch, atNs, quality)) {
      stretch.values.push(value);
      if (atNs !== null) stretch.atNs.push(atNs);
      return;
    }
    const begun: Stretch = { values: [value], atNs: atNs === null ? [] : [atNs], quality };
    found.stretch = begun;
    records.push({ kind: 'samples', series, repetition, ...begun, line: sample.line });
    return;
  }
  records.push({
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
  });
}

function continues({ values, atNs, quality }: Stretch, nextAtNs: bigint | null, nextQuality: readonly Quality[]): boolean {
  const agrees = quality === nextQuality && atNs.length > 0 === (nextAtNs !== null);
  return agrees && values.length < STRETCH_VALUES;
}

function sourceOf(sample: PrometheusSample, session: Session): Source {
  let source = session.heads.get(sample.head);
  if (source === undefined) {
    const field = fieldOf(sample, session);
    source = { field, found: seriesOf(sample, field, session) };
    session.heads.set(sample.head, source);
  }
  return source;
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

function seriesOf(sample: PrometheusSample, field: DcgmField, session: Session): DeviceSeries {
  const { parameters, series } = session;
  const { region, labels, attributes, device, identity: suffix } = labelsOf(sample.labels, session);
  const identity = `${field.metric}\n${suffix}`;
  const known = series.get(identity);
  if (known !== undefined) {
    if (known.device === device) return known;
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
  const added: DeviceSeries = { series: declared, device, stretch: undefined };
  series.set(identity, added);
  return added;
}

function labelsOf(printed: PrometheusLabels, { labels }: Session): DcgmLabels {
  let read = labels.get(printed);
  if (read === undefined) {
    read = readDcgmLabels(printed.pairs);
    labels.set(printed, read);
  }
  return read;
}
