import { SPAN_KINDS, type Span, type SpanKind, type Temporality } from './messages.ts';

/** Enums of the protocol by number. They are open: a number that a later version adds is read as the one that says nothing. */

const TEMPORALITIES = ['unspecified', 'delta', 'cumulative'] as const;
const STATUSES = ['unset', 'ok', 'error'] as const;

/** AggregationTemporality. */
export function toTemporality(value: number): Temporality {
  return TEMPORALITIES[value] ?? 'unspecified';
}

/** Span.SpanKind. */
export function toSpanKind(value: number): SpanKind {
  return SPAN_KINDS[value] ?? 'unspecified';
}

/** Status.StatusCode. */
export function toSpanStatus(value: number): Span['status'] {
  return STATUSES[value] ?? 'unset';
}
