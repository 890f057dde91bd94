import { type Static, Type } from 'typebox';

/** A gate's policy as users write it (YAML or JSON). Tolerances and budgets of the gate `default` also steer judging. */
const Match = {
  suite: Type.Optional(Type.String({ minLength: 1 })),
  region: Type.Optional(Type.String({ minLength: 1 })),
  metric: Type.Optional(Type.String({ minLength: 1 })),
};

export const STATISTICS = ['centre', 'p90', 'p99', 'p999'] as const;
/** Statistic of a repetition a finding is about. */
export type Statistic = (typeof STATISTICS)[number];

export const Tolerance = Type.Object(
  {
    ...Match,
    statistic: Type.Optional(Type.Enum(STATISTICS)),
    drift: Type.Number({ exclusiveMinimum: 0, maximum: 10, description: 'fraction of the baseline from which a change is a drift' }),
    regression: Type.Number({ exclusiveMinimum: 0, maximum: 10, description: 'fraction of the baseline from which it is a regression' }),
  },
  { additionalProperties: false },
);
export type Tolerance = Static<typeof Tolerance>;

export const Budget = Type.Object(
  {
    task: Type.String({ minLength: 1 }),
    value: Type.Number({ exclusiveMinimum: 0 }),
    unit: Type.String({ minLength: 1 }),
  },
  { additionalProperties: false },
);

export const Mute = Type.Object(
  {
    ...Match,
    metric: Type.String({ minLength: 1 }),
    statistic: Type.Optional(Type.Enum(STATISTICS)),
    until: Type.String({
      pattern: '^\\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\\d|3[01])T([01]\\d|2[0-3]):[0-5]\\d:[0-5]\\dZ$',
      description: 'when the mute ends, as 2026-12-31T00:00:00Z',
    }),
    reason: Type.String({ minLength: 1, maxLength: 2000, description: 'why the finding may be ignored until then' }),
  },
  { additionalProperties: false },
);

export const Policy = Type.Object(
  {
    version: Type.Literal(1),
    description: Type.Optional(Type.String({ maxLength: 2000 })),
    suites: Type.Optional(Type.Array(Type.String({ minLength: 1 }), { description: 'suites that must have a verdict for the subject' })),
    required: Type.Optional(Type.Array(Type.Object({ ...Match, metric: Type.String({ minLength: 1 }) }, { additionalProperties: false }))),
    tolerances: Type.Optional(Type.Array(Tolerance, { maxItems: 1000 })),
    budgets: Type.Optional(Type.Array(Budget, { maxItems: 10_000 })),
    mutes: Type.Optional(Type.Array(Mute, { maxItems: 1000, description: 'findings that are shown and do not gate, until they expire' })),
    acceptDriftAfterRuns: Type.Optional(
      Type.Integer({
        minimum: 2,
        maximum: 100,
        description: 'runs in a row at a drifted level after which it is the new level; absent: by hand only',
      }),
    ),
    onDrift: Type.Optional(Type.Union([Type.Literal('pass'), Type.Literal('fail')])),
    onInconclusive: Type.Optional(Type.Union([Type.Literal('block'), Type.Literal('pass')])),
    freshnessHours: Type.Optional(Type.Number({ exclusiveMinimum: 0 })),
  },
  { additionalProperties: false },
);
export type Policy = Static<typeof Policy>;

/** What the gate `default` asks when nobody has written a policy: no regression, nothing inconclusive, every suite judged. */
export const DEFAULT_POLICY: Policy = { version: 1, onDrift: 'pass', onInconclusive: 'block' };
