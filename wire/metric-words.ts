export const BETTER = ['lower', 'higher', 'either'] as const;
export type Better = (typeof BETTER)[number];
export const ASSUME = ['sampled', 'exact'] as const;
export type Assume = (typeof ASSUME)[number];
export const JUDGED_AS = ['location', 'total', 'rate', 'wcet', 'context'] as const;
export type JudgedAs = (typeof JUDGED_AS)[number];
