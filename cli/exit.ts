import type { GateStatus } from '../baselines/index.ts';
import type { VerdictStatus } from '../wire/verdict.ts';

/** What the command tells the shell (DESIGN, section 5). */
export const EXIT = { ok: 0, regression: 1, inconclusive: 2, badInput: 3, unavailable: 4 } as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

export const VERDICT_EXIT = {
  pass: EXIT.ok,
  drift: EXIT.ok,
  improvement: EXIT.ok,
  regression: EXIT.regression,
  inconclusive: EXIT.inconclusive,
} as const satisfies Readonly<Record<VerdictStatus, ExitCode>>;

/** An unknown subject is most often a misspelt one, so it counts as bad input. */
export const GATE_EXIT = {
  pass: EXIT.ok,
  fail: EXIT.regression,
  inconclusive: EXIT.inconclusive,
  unknown: EXIT.badInput,
} as const satisfies Readonly<Record<GateStatus, ExitCode>>;

/** The command cannot do what was asked: one line, lines below it that say more, and the exit code. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  readonly exitCode: ExitCode;
  readonly lines: readonly string[];
  /** What `--json` adds to the message, such as the members of a problem document. */
  readonly members: Readonly<Record<string, unknown>>;

  constructor(
    exitCode: ExitCode,
    message: string,
    options: { readonly lines?: readonly string[]; readonly members?: Readonly<Record<string, unknown>>; readonly cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.exitCode = exitCode;
    this.lines = options.lines ?? [];
    this.members = options.members ?? {};
  }
}

/** Shorthand for what the caller wrote and can mend. */
export function badInput(message: string, lines: readonly string[] = [], cause?: unknown): CommandError {
  return new CommandError(EXIT.badInput, message, { lines, cause });
}
