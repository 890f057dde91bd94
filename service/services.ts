import type { SealPorts } from '../ingest/index.ts';
import type { AuditTrail, GroupCommit } from '../store/index.ts';
import type { Authenticate } from './auth/authenticate.ts';
import type { Judge } from './judge.ts';
import type { ServiceMetrics } from './metrics.ts';

/** Everything routes need, built once in `serve.ts` and passed down; there are no singletons. */
export type Services = SealPorts & {
  readonly groupCommit: GroupCommit;
  readonly authenticate: Authenticate;
  readonly audit: AuditTrail;
  readonly judge: Judge;
  readonly metrics: ServiceMetrics;
  readonly version: string;
  /** Address users reach the service under, without a slash at the end. */
  readonly publicUrl: () => string;
  readonly isDraining: () => boolean;
};
