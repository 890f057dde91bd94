import type { EnvironmentFormatId } from '../../../ingest/environment/index.ts';
import type { FORMATS, FormatId, OtlpSignal, PayloadKind } from '../../../wire/payload.ts';

/** Query parameters that a caller sends with a file, beside `format`. */
export type Query = Readonly<Record<string, string>>;

/** Where a file is pushed to: `ebpf/bcc-histogram`, or `environment/gcc-v` for PUT …/environment. */
export type Target =
  | { [Kind in PayloadKind]: `${Kind}/${(typeof FORMATS)[Kind][number]}` }[PayloadKind]
  | `environment/${EnvironmentFormatId}`;

/** What a payload without `format=` is taken for: the very format, a refusal that asks for it, or (our own CSV) another format. */
export type Detected = 'itself' | 'none' | 'ambiguous' | FormatId;

/** One way to push a file. */
export type Push = { readonly is: 'push'; readonly to: Target; readonly query: Query; readonly detected: Detected };

/** What a file of the collection is. */
export type SampleRow =
  | { readonly is: 'pushed'; readonly pushes: readonly Push[]; readonly layout: boolean }
  /** Not the output of a tool that is received: why. Every kind that recognises its beginning must refuse it. */
  | { readonly is: 'document'; readonly why: string }
  /** An export request, sent with a run id among the attributes of each of its resources. */
  | { readonly is: 'otlp'; readonly signal: OtlpSignal };

/** Files of one folder of the collection by their names; sub-folders are part of the name. */
export type SampleFolder = Readonly<Record<string, SampleRow>>;

export function push(to: Target, query: Query = {}, detected: Detected = 'itself'): Push {
  return { is: 'push', to, query, detected };
}

/** A file that is read or refused; the golden page says which. */
export function as(...pushes: readonly Push[]): SampleRow {
  return { is: 'pushed', pushes, layout: false };
}

/** The file shows a tool's layout with values that nobody measured (its SOURCE.txt says so): it is parsed, and proves nothing about values. */
export function layout(...pushes: readonly Push[]): SampleRow {
  return { is: 'pushed', pushes, layout: true };
}

export function document(why: string): SampleRow {
  return { is: 'document', why };
}

export function otlp(signal: OtlpSignal): SampleRow {
  return { is: 'otlp', signal };
}
