import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';

/**
 * Canonical JSON (RFC 8785): one byte sequence per value, for digests and signatures.
 * @throws RangeError when the value has no JSON form (undefined, function, NaN or infinite numbers)
 * @example toCanonicalJson({ b: 1, a: 'x' }) // '{"a":"x","b":1}'
 */
export function toCanonicalJson(value: unknown): string {
  let text: string | undefined;
  try {
    text = canonicalize(value);
  } catch (error) {
    throw new RangeError('toCanonicalJson: the value has no JSON form', { cause: error });
  }
  if (text === undefined) throw new RangeError('toCanonicalJson: the value has no JSON form');
  return text;
}

/**
 * `sha256:<64 hex digits>` over the canonical JSON of a value.
 * @throws RangeError as toCanonicalJson
 */
export function computeDigest(value: unknown): string {
  return `sha256:${createHash('sha256').update(toCanonicalJson(value)).digest('hex')}`;
}
