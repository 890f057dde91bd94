export {
  type BaselineContent,
  type BaselineMember,
  type ContentProblem,
  computeContentDigest,
  toBaselineContent,
  verifyContent,
} from './content.ts';
export {
  type ApprovalOverride,
  type Candidate,
  type CandidateRun,
  checkEligibility,
  type Eligibility,
  type EligibilityInput,
  isFirstOfItsClass,
  REFUSALS,
  type Refusal,
  type RefusalCode,
} from './eligibility.ts';
export { evaluateGate, type GateQuestion, matchesSubject } from './gate.ts';
export {
  GATE_FINDINGS_LIMIT,
  GATE_HTTP_STATUS,
  GATE_REASONS,
  GATE_STATUSES,
  type GateAnswer,
  type GateFinding,
  type GateReason,
  type GateReasonCode,
  type GateRun,
  type GateRunAnswer,
  type GateRunRole,
  type GateStatus,
  type SubjectQuery,
  toGateHttpStatus,
  type VerdictOverride,
} from './gate-answer.ts';
export {
  type Act,
  type ActAnswer,
  BASELINE_STATUSES,
  type BaselineApproved,
  type BaselineEvent,
  type BaselineProposed,
  type BaselineRetired,
  type BaselineState,
  type BaselineStatus,
  checkActHolds,
  checkApproval,
  checkRetirement,
  reduceSlot,
  type SlotState,
} from './lifecycle.ts';
export { DEFAULT_POLICY_DIGEST, type ParsedPolicy, parsePolicy, toPolicy } from './policy.ts';
export { findRepeatedKeys, parsePolicyText } from './policy-text.ts';
