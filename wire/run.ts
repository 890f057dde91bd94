import { type Static, Type } from 'typebox';

/** Bodies and answers about runs: DESIGN words are project, suite, run, subject, environment. */
const Name = (description: string) =>
  Type.String({ minLength: 1, maxLength: 200, pattern: '^[A-Za-z0-9][A-Za-z0-9._:/@+-]*$', description });
const Text = Type.String({ maxLength: 512 });
const Labels = Type.Record(Type.String({ pattern: '^[A-Za-z_][A-Za-z0-9_.-]{0,63}$' }), Text, { maxProperties: 32 });

export const RUN_KINDS = ['nightly', 'pr', 'release', 'canary', 'control'] as const;
export const RunKind = Type.Enum(RUN_KINDS);
export type RunKind = (typeof RUN_KINDS)[number];

/** What is under test. `version` may carry parts: `2.4.1+nvf1.0+k5.19+riscv64`. */
export const Subject = Type.Object(
  {
    name: Name('name of the thing under test'),
    version: Type.String({ minLength: 1, maxLength: 200 }),
    commit: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
    branch: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
    digest: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
  },
  { additionalProperties: false },
);
export type Subject = Static<typeof Subject>;

const Gpu = Type.Object({
  model: Type.Optional(Text),
  uuid: Type.Optional(Text),
  vbios: Type.Optional(Text),
  driver: Type.Optional(Text),
  firmware: Type.Optional(Text),
});

/** Where it ran. Unknown members are kept. */
export const Environment = Type.Object({
  isa: Type.String({ minLength: 1, maxLength: 64 }),
  hostname: Type.String({ minLength: 1, maxLength: 255 }),
  board: Type.Optional(Text),
  boardRevision: Type.Optional(Text),
  cpu: Type.Optional(
    Type.Object({ model: Type.Optional(Text), microcode: Type.Optional(Text), cores: Type.Optional(Type.Integer({ minimum: 1 })) }),
  ),
  os: Type.Optional(Text),
  kernel: Type.Optional(Text),
  toolchain: Type.Optional(
    Type.Object({
      name: Type.Optional(Text),
      version: Type.Optional(Text),
      flags: Type.Optional(Type.String({ maxLength: 4096 })),
      imageDigest: Type.Optional(Text),
    }),
  ),
  gpus: Type.Optional(Type.Array(Gpu, { maxItems: 64 })),
  interconnect: Type.Optional(
    Type.Object({
      kind: Type.Optional(Type.Union([Type.Literal('none'), Type.Literal('pcie'), Type.Literal('nvlink'), Type.Literal('nvlink-fusion')])),
      version: Type.Optional(Text),
      firmware: Type.Optional(Text),
      links: Type.Optional(Type.Integer({ minimum: 0 })),
    }),
  ),
  firmware: Type.Optional(Type.Record(Type.String({ maxLength: 64 }), Text)),
  emulated: Type.Optional(Type.Boolean()),
  clock: Type.Optional(
    Type.Object({
      source: Type.Optional(Text),
      synchronised: Type.Optional(Type.Boolean()),
      offsetNs: Type.Optional(Type.Number()),
      uncertaintyNs: Type.Optional(Type.Number({ minimum: 0 })),
    }),
  ),
  conditions: Type.Optional(Type.Record(Type.String({ maxLength: 64 }), Type.Unknown())),
});
export type Environment = Static<typeof Environment> & { readonly [member: string]: unknown };

export const OpenRun = Type.Object(
  {
    project: Name('tenant'),
    suite: Name('named set of measurements run together'),
    kind: RunKind,
    subject: Subject,
    environment: Environment,
    labels: Type.Optional(Labels),
  },
  { additionalProperties: false },
);
export type OpenRun = Static<typeof OpenRun>;

export const PROJECT_NAME = /^[A-Za-z0-9][A-Za-z0-9._:/@+-]{0,199}$/;

export const RUN_STATES = ['open', 'sealing', 'sealed', 'judged'] as const;
export type RunState = (typeof RUN_STATES)[number];

/** A run as stored and answered. Times are digit strings of epoch nanoseconds. */
export type RunRecord = OpenRun & {
  readonly runId: string;
  readonly createdAtNs: string;
  readonly createdBy: string;
};

/** Parts read out of a subject version such as `2.4.1+nvf1.0+k5.19+riscv64`; parts that are not recognised stay in `other`. */
export type SubjectVersion = {
  readonly release: string;
  readonly nvlinkFusion?: string;
  readonly kernel?: string;
  readonly isa?: string;
  readonly other: readonly string[];
};

const ISAS = ['riscv64', 'riscv32', 'x86_64', 'amd64', 'aarch64', 'arm64', 'ppc64le', 's390x'];

/**
 * Splits a subject version at `+` into release, NVLink Fusion version, kernel and ISA.
 * @example parseSubjectVersion('2.4.1+nvf1.0+k5.19+riscv64') // { release: '2.4.1', nvlinkFusion: '1.0', kernel: '5.19', isa: 'riscv64', other: [] }
 */
export function parseSubjectVersion(version: string): SubjectVersion {
  const [release = '', ...parts] = version.split('+');
  const found: { nvlinkFusion?: string; kernel?: string; isa?: string } = {};
  const other: string[] = [];
  for (const part of parts) {
    const fusion = /^nvf(\d[\w.]*)$/.exec(part)?.[1];
    const kernel = /^k(\d[\w.-]*)$/.exec(part)?.[1];
    if (fusion !== undefined && found.nvlinkFusion === undefined) found.nvlinkFusion = fusion;
    else if (kernel !== undefined && found.kernel === undefined) found.kernel = kernel;
    else if (ISAS.includes(part) && found.isa === undefined) found.isa = part;
    else other.push(part);
  }
  return { release, ...found, other };
}
