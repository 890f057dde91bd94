import type { Readable } from 'node:stream';
import type { Environ } from '../service/index.ts';
import { EXIT, type ExitCode } from './exit.ts';

/** What the command needs of the process it runs in; tests give their own. */
export type Ports = {
  readonly write: (text: string) => void;
  readonly writeError: (text: string) => void;
  readonly stdin: Readable;
  /** Whether standard output, and standard error, are terminals. */
  readonly isTerminal: boolean;
  readonly isErrorTerminal: boolean;
  /** NO_COLOR is set. */
  readonly noColor: boolean;
  /** Environment variables; undefined for those of the process, which only service/config.ts reads. */
  readonly environ: Environ | undefined;
  readonly nowMs: () => number;
  readonly newId: () => string;
  readonly sleep: (ms: number) => Promise<void>;
  /** Calls the listener for every SIGINT and SIGTERM, which then do not end the process; returns what takes it away. */
  readonly onSignal: (listener: (signal: 'SIGINT' | 'SIGTERM') => void) => () => void;
  /** Ends the process at once. */
  readonly exitNow: (code: number) => void;
};

/** One invocation: ports, the choice of `--json`, and the exit code it will end with. */
export type Session = Ports & {
  readonly json: () => boolean;
  readonly colour: boolean;
  /** Prints an answer: one line of JSON under `--json`, else the text. */
  readonly print: (value: unknown, toText: () => string) => void;
  /** Says what is going on, on standard error and only to somebody who watches. */
  readonly progress: (line: string) => void;
  readonly end: (code: ExitCode) => void;
  readonly exitCode: () => ExitCode;
};

/** @param json whether `--json` was given, known once the arguments are parsed */
export function createSession(ports: Ports, json: () => boolean): Session {
  let exitCode: ExitCode = EXIT.ok;
  return {
    ...ports,
    json,
    colour: ports.isTerminal && !ports.noColor,
    print: (value, toText) => ports.write(json() ? `${JSON.stringify(value)}\n` : toText()),
    progress: (line) => {
      if (ports.isErrorTerminal) ports.writeError(`${line}\n`);
    },
    end: (code) => {
      exitCode = code;
    },
    exitCode: () => exitCode,
  };
}
