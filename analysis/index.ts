/** What judging offers to others: a pure function from measurements to a verdict, and the class in which runs compare. */

export { type AcceptedHistory, acceptHistory } from './accepted/accept.ts';
export { chooseHistory } from './accepted/choose-history.ts';
export type { DriftAcceptance, EarlierFinding, HistoryRun, JudgedRun } from './accepted/history-run.ts';
export { type ClassKey, compareEnvironments, computeClassKey } from './comparability.ts';
export type { ControlRuns } from './control.ts';
export type { FollowedRun, Follows } from './follow.ts';
export type { HistoryPoint, HistoryRun as SuiteRun } from './history/series-history.ts';
export { readSuiteHistory } from './history/suite-history.ts';
export { type JudgedBaseline, type JudgeInput, judgeRun } from './judge-run.ts';
