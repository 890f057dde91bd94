import { bindResource, type Mapped, METRICS_SIGNAL, SeriesCache, type Signal, TRACES_SIGNAL } from '../../../ingest/otlp/index.ts';
import type { Attributes } from '../../../ingest/otlp/messages.ts';
import type { OtlpSignal } from '../../../wire/payload.ts';
import { NOW_NS } from './outcome.ts';

const RUN_ID = '0190c1de-0000-7000-8000-000000000001';

/** The request with the run id that an exporter is told to send. */
function bindText(text: string): string {
  return text.replaceAll(
    /"resource":\s*\{\s*"attributes":\s*\[/g,
    (found) => `${found}{"key":"plumbline.run.id","value":{"stringValue":"${RUN_ID}"}},`,
  );
}

function map<Content extends { readonly resource: Attributes }>(signal: Signal<Content>, text: string): string {
  const contents = signal.decodeJson(bindText(text));
  const bound = contents.map((content) => ({ binding: bindResource(content.resource), content }));
  const window = { earliestNs: 0n, latestNs: NOW_NS, origins: { has: () => false } };
  return describe(signal.toRecords(bound, { ...window, runCreatedNs: NOW_NS, cache: new SeriesCache() }), signal.things);
}

function describe({ records, rejections }: Mapped, things: string): string {
  const lands = records.map((record) =>
    record.kind === 'span' || record.kind === 'event' ? record.kind : `${record.kind} ${record.series.metric} of ${record.series.region}`,
  );
  return `${lands.join(', ') || 'nothing'}; REJECTED ${rejections.describe(things) || 'nothing'}`;
}

/** What an export request in JSON lands as, in words. */
export function describeOtlp(signal: OtlpSignal, text: string): string {
  return signal === 'metrics' ? map(METRICS_SIGNAL, text) : map(TRACES_SIGNAL, text);
}
