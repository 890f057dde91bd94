import { Compile } from 'typebox/compile';
import { computeDigest } from '../wire/canonical-json.ts';
import { DEFAULT_POLICY, Policy } from '../wire/policy.ts';
import { ProblemError, type ProblemPlace } from '../wire/problems.ts';
import { toBaseUnit } from '../wire/units.ts';
import { PLACES_LIMIT, parsePolicyText } from './policy-text.ts';

export type ParsedPolicy = { readonly policy: Policy; readonly digest: string };

const validator = Compile(Policy);

/**
 * Reads a gate policy as users write it, YAML or JSON. Strict: unknown members, keys written twice, wrong types, non-finite numbers, units
 * that are not time or cycles, and rules that contradict each other are refused with a pointer; nothing is coerced and nothing is dropped.
 * @returns the policy and its digest; a policy written in YAML and in JSON has one digest
 * @throws ProblemError `payload-too-large` or `invalid-body` with the places
 * @example parsePolicy('version: 1\nonDrift: fail\n').policy.onDrift // 'fail'
 */
export function parsePolicy(text: string): ParsedPolicy {
  return toPolicy(parsePolicyText(text));
}

/**
 * Validates a policy that was already decoded, such as a stored one.
 * @throws ProblemError `invalid-body` with the places
 */
export function toPolicy(value: unknown): ParsedPolicy {
  if (!validator.Check(value)) throw refuse(collectPlaces(value));
  const places = checkMeaning(value);
  if (places.length > 0) throw refuse(places);
  return { policy: value, digest: computeDigest(value) };
}

/** Digest of the policy that the gate `default` has before anybody writes one. */
export const DEFAULT_POLICY_DIGEST: string = computeDigest(DEFAULT_POLICY);

function refuse(places: readonly ProblemPlace[]): ProblemError {
  const first = places[0];
  const where = first === undefined ? '' : ` ${first.pointer === '' ? 'The policy' : first.pointer}: ${first.detail}.`;
  return new ProblemError('invalid-body', `The policy is not valid.${where}`, { errors: places.slice(0, PLACES_LIMIT) });
}

/** The schema's complaints, one a place: unknown members by name, unions once instead of once a branch. */
function collectPlaces(value: unknown): readonly ProblemPlace[] {
  const places = new Map<string, string>();
  for (const error of validator.Errors(value)) {
    if (error.keyword === 'additionalProperties') continue; // the same members follow one by one as `boolean`
    const detail = error.keyword === 'boolean' ? 'unknown member' : error.message;
    if (!places.has(error.instancePath) || error.keyword === 'anyOf') places.set(error.instancePath, detail);
  }
  return [...places].map(([pointer, detail]) => ({
    pointer,
    detail: pointer.match(/\/on(Drift|Inconclusive)$/) ? describeChoice(pointer) : detail,
  }));
}

function describeChoice(pointer: string): string {
  return pointer === '/onDrift' ? 'must be pass or fail' : 'must be block or pass';
}

/** What a schema cannot say: tolerances in order, budgets in a unit of time or cycles, no two rules for one thing. */
function checkMeaning(policy: Policy): readonly ProblemPlace[] {
  const places: ProblemPlace[] = [];
  for (const [i, tolerance] of (policy.tolerances ?? []).entries())
    if (tolerance.drift > tolerance.regression)
      places.push({
        pointer: `/tolerances/${i}/drift`,
        detail: `a drift begins at or below a regression, and ${tolerance.drift} > ${tolerance.regression}`,
      });
  places.push(
    ...findTwins(policy.tolerances ?? [], '/tolerances', ({ suite, region, metric, statistic }) => [suite, region, metric, statistic]),
  );
  const budgets = (policy.budgets ?? []).map((budget) => ({ ...budget, base: toBaseUnit(budget.unit)?.unit }));
  for (const [i, { unit, base }] of budgets.entries())
    if (base !== 'ns' && base !== '{cycle}')
      places.push({ pointer: `/budgets/${i}/unit`, detail: `"${unit}" is not a unit of time or cycles (ns, us, ms, s, cycles)` });
  places.push(...findTwins(budgets, '/budgets', ({ task, base }) => [task, base]));
  return places;
}

function findTwins<T>(rules: readonly T[], pointer: string, toKey: (rule: T) => readonly (string | undefined)[]): readonly ProblemPlace[] {
  const seen = new Map<string, number>();
  const places: ProblemPlace[] = [];
  for (const [i, rule] of rules.entries()) {
    const key = JSON.stringify(toKey(rule).map((part) => part ?? null));
    const first = seen.get(key);
    if (first === undefined) seen.set(key, i);
    else places.push({ pointer: `${pointer}/${i}`, detail: `says again what ${pointer}/${first} says; which one holds?` });
  }
  return places;
}
