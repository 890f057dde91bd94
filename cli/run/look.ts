import type { Command } from 'commander';
import type { Page, RunAnswer } from '../answers.ts';
import { parseInteger } from '../arguments.ts';
import { part, readRun } from '../calls.ts';
import { connect, readJson } from '../client.ts';
import { addExample } from '../help.ts';
import { toFacts, toTable } from '../print.ts';
import type { Session } from '../session.ts';

const describeSubject = ({ subject }: RunAnswer) => `${subject.name}@${subject.version}`;
const describeState = (run: RunAnswer) => `${run.verdict?.status ?? run.state}${run.withdrawn === null ? '' : ', withdrawn'}`;

/** A run for a terminal. */
export function describeRun(run: RunAnswer): string {
  const labels = Object.entries(run.labels).map(([name, value]) => `${name}=${value}`);
  return toFacts([
    ['run', run.runId],
    ['project', run.project],
    ['suite', run.suite],
    ['kind', run.kind],
    ['subject', describeSubject(run)],
    ['commit', run.subject.commit],
    ['branch', run.subject.branch],
    ['digest', run.subject.digest],
    ['machine', `${run.environment.hostname}, ${run.environment.isa}`],
    ['labels', labels.join(' ')],
    ['opened', run.createdAt],
    ['state', run.state],
    ['verdict', run.verdict?.status],
    ['withdrawn', run.withdrawn?.reason],
  ]);
}

type ListOptions = {
  readonly project?: string;
  readonly suite?: string;
  readonly kind?: string;
  readonly subject?: string;
  readonly limit: string;
  readonly cursor?: string;
};

async function listRuns(session: Session, { limit, ...filter }: ListOptions): Promise<void> {
  const query = { ...filter, limit: String(parseInteger(limit, '--limit', { least: 1, most: 100 })) };
  const page = readJson<Page<RunAnswer>>(await connect(session).call({ method: 'GET', path: '/v1/runs', query }));
  session.print(page, () => {
    if (page.data.length === 0) return 'no runs\n';
    const rows = page.data.map((run) => [
      run.runId,
      describeState(run),
      run.project,
      run.suite,
      run.kind,
      describeSubject(run),
      run.environment.hostname,
      run.createdAt,
    ]);
    const more = page.nextCursor === null ? '' : `more with --cursor ${page.nextCursor}\n`;
    return toTable(['run', 'state', 'project', 'suite', 'kind', 'subject', 'machine', 'opened'], rows) + more;
  });
}

/** `run show`, `run list`, `run withdraw`. */
export function addRunLooks(parent: Command, session: Session): void {
  const show = parent
    .command('show')
    .description('Show a run: subject, machine, state, verdict.')
    .argument('<run>', 'id of the run')
    .action(async (runId: string) => {
      const run = await readRun(connect(session), runId);
      session.print(run, () => describeRun(run));
    });
  addExample(show, 'plumbline run show "$RUN"');

  const list = parent
    .command('list')
    .description('List runs, newest first.')
    .option('--project <name>', 'of this project only')
    .option('--suite <name>', 'of this suite only')
    .option('--kind <kind>', 'of this kind only')
    .option('--subject <text>', 'of the subject with this version, commit or digest only')
    .option('--limit <number>', 'how many, at most 100', '20')
    .option('--cursor <cursor>', 'go on where the page before ended')
    .action(async (options: ListOptions) => await listRuns(session, options));
  addExample(list, 'plumbline run list --project compute --suite offload');

  const withdraw = parent
    .command('withdraw')
    .description('Take a mislabelled run out of gates, history and baselines; it stays visible, with the reason.')
    .argument('<run>', 'id of the run')
    .requiredOption('--reason <text>', 'why; kept in the audit log')
    .action(async (runId: string, { reason }: { readonly reason: string }) => {
      const path = `/v1/runs/${part(runId)}/withdraw`;
      const run = readJson<RunAnswer>(await connect(session).call({ method: 'POST', path, json: { reason }, isRepeatable: true }));
      session.print(run, () => `run ${run.runId} is withdrawn\n`);
    });
  addExample(withdraw, 'plumbline run withdraw "$RUN" --reason "measured with the debug kernel"');
}
