import { DEFAULT_POLICY_DIGEST, type ParsedPolicy, parsePolicy } from '../baselines/index.ts';
import { readGate, readGateByDigest, type Store } from '../store/index.ts';
import { DEFAULT_POLICY } from '../wire/policy.ts';

/** The gate whose policy also steers judging, and which exists without being written. */
export const DEFAULT_GATE = 'default';

/** The policy of a gate that holds now; undefined for a gate nobody wrote (but `default`). @throws ProblemError as the store */
export async function readPolicy(store: Store, project: string, gate: string): Promise<ParsedPolicy | undefined> {
  const stored = await readGate(store, project, gate);
  if (stored !== undefined) return parsePolicy(stored.policy);
  return gate === DEFAULT_GATE ? { policy: DEFAULT_POLICY, digest: DEFAULT_POLICY_DIGEST } : undefined;
}

/** What judging goes by in a project. */
export async function readJudgingPolicy(store: Store, project: string): Promise<ParsedPolicy> {
  return (await readPolicy(store, project, DEFAULT_GATE)) ?? { policy: DEFAULT_POLICY, digest: DEFAULT_POLICY_DIGEST };
}

/** The policy of this digest that the project ever had, or the built-in one; undefined when it never had it. */
export async function readPolicyByDigest(store: Store, project: string, digest: string): Promise<ParsedPolicy | undefined> {
  if (digest === DEFAULT_POLICY_DIGEST) return { policy: DEFAULT_POLICY, digest };
  const stored = await readGateByDigest(store, project, digest);
  return stored === undefined ? undefined : parsePolicy(stored.policy);
}
