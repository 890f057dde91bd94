import type { Command } from 'commander';
import type { BaselineAnswer, Page } from './answers.ts';
import { collect, parseAssignments, parseList } from './arguments.ts';
import { decideBaseline, part, proposeBaseline } from './calls.ts';
import { connect, readJson } from './client.ts';
import { badInput } from './exit.ts';
import { addExample } from './help.ts';
import { toCount, toFacts, toTable } from './print.ts';
import type { Session } from './session.ts';

/** A baseline for a terminal. */
export function describeBaseline(baseline: BaselineAnswer): string {
  const by = (who: string | null, when: string | null) => (who === null ? null : `${who}${when === null ? '' : `, ${when}`}`);
  return toFacts([
    ['baseline', baseline.baselineId],
    ['status', baseline.status],
    ['project', baseline.project],
    ['suite', baseline.suite],
    ['name', baseline.name],
    ['digest', baseline.digest],
    ['runs', baseline.runIds.join(' ')],
    ['proposed', by(baseline.proposedBy, baseline.proposedAt)],
    ['reason', baseline.reason],
    ['approved', by(baseline.approvedBy, baseline.approvedAt)],
    ['because', baseline.approvalReason],
    ['note', baseline.selfApproved === true ? 'the proposer approved it' : null],
    ['expires', baseline.expiresAt],
    ['retired', baseline.retiredBy],
    ['superseded', baseline.supersededBy],
  ]);
}

const printBaseline = (session: Session, baseline: BaselineAnswer) => session.print(baseline, () => describeBaseline(baseline));

type ProposeOptions = {
  readonly project: string;
  readonly suite: string;
  readonly name: string;
  readonly runs: string;
  readonly reason: string;
  readonly expires?: string;
};

async function propose(session: Session, { runs, expires, ...proposal }: ProposeOptions): Promise<void> {
  const runIds = parseList(runs);
  if (runIds.length === 0) throw badInput('--runs names no run; give ids with commas between');
  printBaseline(
    session,
    await proposeBaseline(connect(session), { ...proposal, runIds, ...(expires === undefined ? {} : { expiresAt: expires }) }),
  );
}

function addPropose(parent: Command, session: Session): void {
  const command = parent
    .command('propose')
    .description('Propose sealed runs as a golden baseline (scope baseline:propose). It compares nothing until another token approves it.')
    .requiredOption('--project <name>', 'project of the runs')
    .requiredOption('--suite <name>', 'suite of the runs')
    .requiredOption('--name <text>', 'what people will call it')
    .requiredOption('--runs <ids>', 'ids of sealed runs, with commas between')
    .requiredOption('--reason <text>', 'why; kept in the audit log')
    .option('--expires <time>', 'when it ends, RFC 3339 such as 2027-01-31T00:00:00Z')
    .action(async (options: ProposeOptions) => await propose(session, options));
  addExample(
    command,
    'plumbline baseline propose --project compute --suite offload --name 2.4.1 --runs "$RUN1,$RUN2,$RUN3" --reason "release 2.4.1"',
  );
}

type ApproveOptions = { readonly reason: string; readonly override?: readonly string[] };

async function approve(session: Session, baselineId: string, { reason, override = [] }: ApproveOptions): Promise<void> {
  const overrides = Object.entries(parseAssignments(override, '--override')).map(([runId, why]) => ({ runId, reason: why }));
  printBaseline(
    session,
    await decideBaseline(connect(session), baselineId, 'approve', { reason, ...(overrides.length === 0 ? {} : { overrides }) }),
  );
}

function addApprove(parent: Command, session: Session): void {
  const command = parent
    .command('approve')
    .description('Approve a proposal (scope baseline:approve); it becomes active, and the one before it is superseded.')
    .argument('<baseline>', 'id of the baseline')
    .requiredOption('--reason <text>', 'why; kept in the audit log')
    .option('--override <run=reason>', 'accept a run that failed, and say why; may be repeated', collect)
    .action(async (baselineId: string, options: ApproveOptions) => await approve(session, baselineId, options));
  addExample(command, 'plumbline baseline approve "$BASELINE" --reason "reviewed with the board team"');
}

type ListOptions = { readonly project?: string; readonly suite?: string; readonly status?: string };

async function list(session: Session, query: ListOptions): Promise<void> {
  const page = readJson<Page<BaselineAnswer>>(await connect(session).call({ method: 'GET', path: '/v1/baselines', query }));
  session.print(page, () => {
    if (page.data.length === 0) return 'no baselines\n';
    const rows = page.data.map((baseline) => [
      baseline.baselineId,
      baseline.status,
      baseline.project,
      baseline.suite,
      baseline.name,
      toCount(baseline.runIds.length, 'run'),
      baseline.proposedAt,
    ]);
    return toTable(['baseline', 'status', 'project', 'suite', 'name', 'runs', 'proposed'], rows);
  });
}

/** `plumbline baseline …`: what runs are compared with. */
export function addBaseline(program: Command, session: Session): void {
  const parent = program.command('baseline').description('Propose, approve and look at golden baselines.');
  addPropose(parent, session);
  addApprove(parent, session);

  const listing = parent
    .command('list')
    .description('List baselines, newest first.')
    .option('--project <name>', 'of this project only')
    .option('--suite <name>', 'of this suite only')
    .option('--status <status>', 'of this status only, such as active')
    .action(async (options: ListOptions) => await list(session, options));
  addExample(listing, 'plumbline baseline list --project compute --status active');

  const show = parent
    .command('show')
    .description('Show a baseline: its runs, its digest, who proposed and who approved it.')
    .argument('<baseline>', 'id of the baseline')
    .action(async (baselineId: string) => {
      printBaseline(
        session,
        readJson<BaselineAnswer>(await connect(session).call({ method: 'GET', path: `/v1/baselines/${part(baselineId)}` })),
      );
    });
  addExample(show, 'plumbline baseline show "$BASELINE"');

  const retire = parent
    .command('retire')
    .description('Take a baseline out of use; runs of its class are inconclusive until another is approved.')
    .argument('<baseline>', 'id of the baseline')
    .requiredOption('--reason <text>', 'why; kept in the audit log')
    .action(async (baselineId: string, { reason }: { readonly reason: string }) => {
      printBaseline(session, await decideBaseline(connect(session), baselineId, 'retire', { reason }));
    });
  addExample(retire, 'plumbline baseline retire "$BASELINE" --reason "board r12 is no longer built"');
}
