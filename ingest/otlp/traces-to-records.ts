import { LIMITS } from '../../wire/limits.ts';
import { ParseError } from '../format.ts';
import { declareSeries } from '../formats/series.ts';
import type { RecordSeries, SamplesRecord, SpanRecord } from '../records.ts';
import { findText, findTwice, toText } from './attributes.ts';
import type { Attributes, ResourceSpans, Span } from './messages.ts';
import type { Bound, Mapped, MappingContext } from './metrics-to-records.ts';
import { Rejected, Rejections } from './rejections.ts';
import { type Controls, type ResourceBinding, readControls } from './resource.ts';
import { assertLabelName } from './series-book.ts';
import { assertTime } from './time-window.ts';

/**
 * Attributes of spans that become labels: they name the operation, and each has few values. All others are left out of the identity; what is
 * wanted beside these is sent as `plumbline.label.<name>`.
 */
export const SPAN_LABELS: readonly string[] = [
  'http.request.method',
  'http.route',
  'rpc.system',
  'rpc.service',
  'rpc.method',
  'db.system.name',
  'db.operation.name',
  'messaging.operation.name',
  'messaging.destination.name',
  'gen_ai.operation.name',
  'gen_ai.request.model',
  'gpu.name',
  'gpu.index',
  'gpu.stream',
  'hw.name',
];
const IS_SPAN_LABEL: ReadonlySet<string> = new Set(SPAN_LABELS);

/** Bits of `flags` (trace.proto, SpanFlags): whether the parent is remote is known, and that it is. */
const REMOTE_PARENT = 0x300;
const ZEROS = /^0*$/;

/**
 * The records of all spans that a request has for one run: each span as it is, and its duration as a sample of the metric `latency` of its
 * name. A record's `line` is the place of its (first) span among the run's spans, from 1.
 */
export function toSpanRecords(bound: readonly Bound<ResourceSpans>[], context: MappingContext): Mapped {
  const collector = new Collector(context);
  for (const { binding, content } of bound) {
    for (const { scope, spans } of content.scopeSpans) collector.addScope(binding, scope.attributes, spans);
  }
  return collector.finish();
}

/** Spans of a resource. */
export function countSpans({ scopeSpans }: ResourceSpans): number {
  return scopeSpans.reduce((sum, { spans }) => sum + spans.length, 0);
}

type Timed = { readonly durationNs: number; readonly startNs: bigint; readonly line: number };
type Operation = {
  readonly latency: RecordSeries;
  readonly repetition: number;
  readonly durations: Timed[];
  /** Made with the first span that enters. */
  request: NonNullable<SpanRecord['request']> | null;
};

class Collector {
  readonly #context: MappingContext;
  readonly #operations = new Map<string, Operation>();
  readonly #spans: SpanRecord[] = [];
  readonly #ids = new Set<string>();
  readonly #rejections = new Rejections();
  #line = 0;

  constructor(context: MappingContext) {
    this.#context = context;
  }

  addScope(binding: ResourceBinding, scopeAttributes: Attributes, spans: readonly Span[]): void {
    const scopeControls = this.#attempt(spans.length, () => readControls(scopeAttributes));
    if (scopeControls === undefined) return;
    for (const span of spans) {
      this.#line += 1;
      this.#attempt(1, () => this.#addSpan(binding, scopeControls, span));
    }
  }

  finish(): Mapped {
    const samples = [...this.#operations.values()].map(toSamples);
    return { records: [...samples, ...this.#spans], rejections: this.#rejections, warnings: [], origins: [] };
  }

  #attempt<Result>(count: number, work: () => Result): Result | undefined {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof Rejected || error instanceof ParseError)) throw error;
      this.#rejections.add(error.message, count);
      return undefined;
    }
  }

  #addSpan(binding: ResourceBinding, scopeControls: Controls, span: Span): void {
    assertSpan(span, this.#context);
    const controls = readControls(span.attributes);
    const id = `${span.traceId}${span.spanId}`;
    if (this.#ids.has(id)) throw new Rejected('a span comes twice in one request');
    const labels = toLabels(binding, scopeControls, controls, span);
    const operation = this.#operationOf(binding, controls.region ?? span.name, labels);
    this.#ids.add(id);
    const side = controls.side ?? sideOf(span) ?? scopeControls.side ?? binding.side;
    const durationNs = Number(span.endNs - span.startNs);
    operation.durations.push({ durationNs, startNs: span.startNs, line: this.#line });
    this.#spans.push({
      kind: 'span',
      repetition: binding.repetition,
      traceId: span.traceId,
      spanId: span.spanId,
      parentSpanId: ZEROS.test(span.parentSpanId) ? '' : span.parentSpanId,
      operation: operation.latency.region,
      service: binding.service ?? '',
      side,
      startNs: span.startNs,
      durationNs,
      failed: span.status === 'error',
      ...(side === 'host' && isEntering(span) ? { request: toRequest(operation, binding) } : {}),
      line: this.#line,
    });
  }

  #operationOf(binding: ResourceBinding, region: string, labels: Readonly<Record<string, string>>): Operation {
    const names = Object.keys(labels).sort();
    const key = JSON.stringify([binding.repetition, region, names.map((name) => [name, labels[name]])]);
    const known = this.#operations.get(key);
    if (known !== undefined) return known;
    // A request's series are three: its latency, its time on the device and off it.
    if (3 * (this.#operations.size + 1) > LIMITS.seriesPerPayload) {
      throw new Rejected(`the request has more than ${LIMITS.seriesPerPayload} series; span names should not hold ids`);
    }
    const operation: Operation = {
      latency: declareSpanSeries('latency', region, labels, binding),
      repetition: binding.repetition,
      durations: [],
      request: null,
    };
    this.#operations.set(key, operation);
    return operation;
  }
}

/** @throws Rejected for a span without name, ids or a possible time */
function assertSpan(span: Span, context: MappingContext): void {
  if (span.name === '') throw new Rejected('a span has no name');
  if (span.traceId.length !== 32 || span.spanId.length !== 16 || ZEROS.test(span.traceId) || ZEROS.test(span.spanId)) {
    throw new Rejected('a span has a trace id or span id that is not valid (16 and 8 bytes, not all zero)');
  }
  if (span.startNs === 0n || span.endNs === 0n) throw new Rejected('a span has no start or no end');
  if (span.endNs < span.startNs) throw new Rejected('a span ends before it starts; correct the clock');
  assertTime(span.startNs, context);
  assertTime(span.endNs, context);
}

function toLabels(binding: ResourceBinding, scopeControls: Controls, controls: Controls, span: Span): Readonly<Record<string, string>> {
  const twice = findTwice(span.attributes);
  if (twice !== undefined) throw new Rejected(`the attribute ${JSON.stringify(twice.slice(0, 60))} comes twice on one span; send it once`);
  const labels = new Map<string, string>();
  for (const [name, value] of span.attributes) if (IS_SPAN_LABEL.has(name) && value !== null) labels.set(name, toText(value));
  if (binding.service !== undefined) labels.set('service', binding.service);
  if (span.kind !== 'internal' && span.kind !== 'unspecified') labels.set('kind', span.kind);
  if (span.status === 'error') labels.set('outcome', 'error');
  for (const [name, text] of Object.entries({ ...binding.parameters.labels, ...scopeControls.labels, ...controls.labels })) {
    if (labels.has(name))
      throw new Rejected(`plumbline.label.${name.slice(0, 60)} has the name of a label that spans have anyway; rename it`);
    labels.set(assertLabelName(name), text);
  }
  return Object.fromEntries(labels);
}

function sideOf(span: Span): 'device' | undefined {
  return findText(span.attributes, 'hw.type') === 'gpu' ? 'device' : undefined;
}

/** Whether a request enters here: nothing called it, or something in another process did. */
function isEntering(span: Span): boolean {
  if (ZEROS.test(span.parentSpanId) || span.kind === 'server' || span.kind === 'consumer') return true;
  return (span.flags & REMOTE_PARENT) === REMOTE_PARENT;
}

function toRequest(operation: Operation, binding: ResourceBinding): NonNullable<SpanRecord['request']> {
  const { region, labels } = operation.latency;
  operation.request ??= {
    deviceTime: declareSpanSeries('request.device_time', region, labels, binding),
    hostTime: declareSpanSeries('request.host_time', region, labels, binding),
  };
  return operation.request;
}

function declareSpanSeries(
  metric: 'latency' | 'request.device_time' | 'request.host_time',
  region: string,
  labels: Readonly<Record<string, string>>,
  binding: ResourceBinding,
): RecordSeries {
  const series = declareSeries(
    { region, metric, nativeMetric: 'span', unit: 'ns', valueKind: 'samples', labels, attributes: binding.attributes, line: 1 },
    // The direction of a time is the catalogue's, and the labels of the resource are in already.
    { ...binding.parameters, better: undefined, assume: undefined, labels: {} },
  );
  const texts = [region, ...Object.entries(labels).flat()];
  if (!texts.every((text) => text.isWellFormed())) throw new Rejected('a name or label holds half of a surrogate pair, which is no text');
  return series;
}

function toSamples({ latency, repetition, durations }: Operation): SamplesRecord {
  const sorted = durations.toSorted((a, b) => (a.startNs < b.startNs ? -1 : a.startNs > b.startNs ? 1 : a.line - b.line));
  return {
    kind: 'samples',
    series: latency,
    repetition,
    values: sorted.map(({ durationNs }) => durationNs),
    atNs: sorted.map(({ startNs }) => startNs),
    quality: [],
    line: sorted[0]?.line ?? 1,
  };
}
