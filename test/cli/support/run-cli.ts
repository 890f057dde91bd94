import { Readable } from 'node:stream';
import { runPlumbline } from '../../../cli/program.ts';
import type { Environ } from '../../../service/index.ts';

export type CliResult = { readonly code: number; readonly out: string; readonly error: string; readonly pausesMs: readonly number[] };
export type CliOptions = { readonly environ?: Environ; readonly stdin?: string; readonly isTerminal?: boolean; readonly noColor?: boolean };

export const TOKEN = 'plb_test_token';

/** Runs one command line in this process, against the service of `url`; pauses between tries are noted and not waited for. */
export async function runCli(
  argv: readonly string[],
  url: string,
  { environ = {}, stdin = '', isTerminal = false, noColor = false }: CliOptions = {},
): Promise<CliResult> {
  let [out, error] = ['', ''];
  let nowMs = 1_800_000_000_000;
  const pausesMs: number[] = [];
  const code = await runPlumbline(argv, {
    write: (text) => {
      out += text;
    },
    writeError: (text) => {
      error += text;
    },
    stdin: Readable.from([Buffer.from(stdin)]),
    isTerminal,
    isErrorTerminal: isTerminal,
    noColor,
    environ: { PLUMBLINE_URL: url, PLUMBLINE_TOKEN: TOKEN, ...environ },
    nowMs: () => nowMs,
    newId: () => 'new-id',
    sleep: async (ms) => {
      pausesMs.push(ms);
      nowMs += ms;
    },
    onSignal: () => () => undefined,
    exitNow: (exitCode) => {
      throw new Error(`exitNow(${exitCode})`);
    },
  });
  return { code, out, error, pausesMs };
}
