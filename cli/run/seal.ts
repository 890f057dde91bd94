import type { Command } from 'commander';
import type { Verdict } from '../../wire/verdict.ts';
import { parseDurationMs } from '../arguments.ts';
import { readRun, sealRun } from '../calls.ts';
import { type Client, connect } from '../client.ts';
import { CommandError, EXIT, VERDICT_EXIT } from '../exit.ts';
import { addExample } from '../help.ts';
import { toLine } from '../print.ts';
import { renderVerdict } from '../render.ts';
import type { Session } from '../session.ts';

type Options = { readonly wait: string; readonly receipt?: readonly string[] };

/** A token that may only push sees the verdict, and not the run that heads the table. */
async function describeVerdict(client: Client, verdict: Verdict, colour: boolean): Promise<string> {
  try {
    return await renderVerdict(verdict, await readRun(client, verdict.runId), { colour });
  } catch (error) {
    if (!(error instanceof CommandError) || error.members['status'] !== 403) throw error;
    const reasons = verdict.reasons.map(({ code, detail }) => `  ${code}: ${toLine(detail)}\n`);
    return `${verdict.status.toUpperCase()}  run ${verdict.runId}\n${reasons.join('')}  report ${toLine(verdict.reportUrl)}\n`;
  }
}

async function sealAndPrint(session: Session, runId: string, options: Options): Promise<void> {
  const waitMs = parseDurationMs(options.wait, '--wait');
  const client = connect(session);
  session.progress(`sealing run ${runId} and waiting for its verdict`);
  const verdict = await sealRun(client, { runId, receiptIds: options.receipt ?? [], waitMs }, session);
  if (verdict === undefined) {
    throw new CommandError(EXIT.unavailable, `the run is sealed, and has no verdict after ${options.wait}`, {
      lines: [`\`plumbline run seal ${runId} --wait 2m\` asks again; nothing is pushed or judged twice`],
      members: { runId, state: 'sealed' },
    });
  }
  const text = session.json() ? '' : await describeVerdict(client, verdict, session.colour);
  session.print(verdict, () => text);
  session.end(VERDICT_EXIT[verdict.status]);
}

export function addRunSeal(parent: Command, session: Session): void {
  const command = parent
    .command('seal')
    .description(
      'Close a run, wait for its verdict and print it. Exit code: 0 pass, drift or improvement, 1 regression, 2 inconclusive, 4 no verdict in time.',
    )
    .argument('<run>', 'id of the run')
    .option('--wait <time>', 'how long to wait for the verdict', '30s')
    .option('--receipt <id...>', 'receipts that must be in the run; sealing fails when one is missing')
    .action(async (runId: string, options: Options) => await sealAndPrint(session, runId, options));
  addExample(command, 'plumbline run seal "$RUN" --wait 2m || echo "do not release"');
}
