import type { Assume, Better } from '../wire/metrics.ts';
import type { FormatId, PayloadKind, Warning } from '../wire/payload.ts';
import type { IngestRecord } from './records.ts';

/** Query parameters of a payload, checked and typed before a parser sees them. Undefined means: the caller did not say. */
export type PayloadParameters = {
  readonly repetition: number;
  readonly region: string | undefined;
  readonly metric: string | undefined;
  /** As the caller spelt it; a parser converts with `toBaseUnit`. Known to be convertible. */
  readonly unit: string | undefined;
  readonly better: Better | undefined;
  readonly assume: Assume | undefined;
  readonly atNs: bigint | undefined;
  readonly exposureS: number | undefined;
  readonly labels: Readonly<Record<string, string>>;
  /** Parameters that only some formats know, by name (`task`, `frequencyHz`). */
  readonly extra: Readonly<Record<string, string>>;
};

export type ParseResult = { readonly records: readonly IngestRecord[]; readonly warnings: readonly Warning[] };

/** A parser that takes text as it arrives. `push` and `end` give the records that became complete. */
export type StreamParser = {
  readonly push: (text: string) => readonly IngestRecord[];
  readonly end: () => readonly IngestRecord[];
  readonly warnings: () => readonly Warning[];
};

type FormatCommon = {
  readonly id: FormatId;
  readonly kind: PayloadKind;
  /** One sentence for people: which tool and call prints this. */
  readonly summary: string;
  /** Names in `PayloadParameters.extra` this format reads; others are refused. */
  readonly extraParameters: readonly string[];
  /** Whether a payload that starts like this could be of this format. */
  readonly detect: (head: string) => boolean;
};

/** One tool's output format. `whole` formats are read at once, `stream` formats may be larger than memory. */
export type Format = FormatCommon &
  (
    | { readonly mode: 'whole'; readonly parse: (text: string, parameters: PayloadParameters) => ParseResult }
    | { readonly mode: 'stream'; readonly open: (parameters: PayloadParameters) => StreamParser }
  );

/**
 * The payload is not what its format says. Becomes problem `invalid-payload` (422) with the place.
 * `line` and `column` count from 1; `advice` says what to do.
 */
export class ParseError extends Error {
  readonly line: number;
  readonly column: number;

  constructor(detail: string, place: { readonly line: number; readonly column: number }) {
    super(detail);
    this.name = 'ParseError';
    this.line = place.line;
    this.column = place.column;
  }
}
