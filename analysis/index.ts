/** What judging offers to others: a pure function from measurements to a verdict, and the class in which runs compare. */
export { type ClassKey, compareEnvironments, computeClassKey } from './comparability.ts';
export { type JudgedBaseline, type JudgedRun, type JudgeInput, judgeRun } from './judge-run.ts';
