import type { GateAnswer } from '../../baselines/index.ts';
import type { Service } from '../../service/index.ts';
import type { Scope } from '../../wire/token.ts';
import type { Verdict } from '../../wire/verdict.ts';
import type { BaselineAnswer, RunAnswer } from '../answers.ts';
import { askGate, createToken, decideBaseline, openRun, proposeBaseline, pushPayload, readRun, sealRun } from '../calls.ts';
import { type Client, createClient } from '../client.ts';
import { CommandError, EXIT } from '../exit.ts';
import { toCount } from '../print.ts';
import { renderGate, renderVerdict } from '../render.ts';
import type { Session } from '../session.ts';
import { type CapturedRun, capturesFolder, loadCaptures } from './captures.ts';
import { type Check, checkOutcome } from './outcome.ts';
import { GATE, PROJECT } from './walk.ts';

export type Stage = { readonly service: Service; readonly dataDir: string; readonly isKept: boolean; readonly startedMs: number };

/** Who acts in the demo, each with a token that can do nothing else. */
const ROLES = {
  board: ['ingest'],
  proposer: ['baseline:propose'],
  approver: ['baseline:approve'],
  reader: ['read'],
} as const satisfies Readonly<Record<string, readonly Scope[]>>;
type Role = keyof typeof ROLES;
type Cast = Readonly<Record<Role, Client>>;

const SEAL_WAIT_MS = 60_000;
/** Rows of the findings table: what was planted and a screen's worth of what was not. */
const FINDING_ROWS = 12;

/** Narrates: the numbered steps of the walk, with the time each took. */
type Narrator = { readonly say: (text: string) => void; readonly step: (title: string) => void; readonly note: (text: string) => void };

function createNarrator(session: Session, startedMs: number): Narrator {
  let number = 0;
  const elapsed = () => `${((session.nowMs() - startedMs) / 1_000).toFixed(1)} s`;
  const say = (text: string) => {
    if (!session.json()) session.write(text);
  };
  return {
    say,
    step: (title) => {
      number += 1;
      say(`\n${number}. ${title}\n`);
    },
    note: (text) => say(`   ${text}  (${elapsed()})\n`),
  };
}

async function cast(session: Session, { url, adminToken }: Service): Promise<Cast> {
  const admin = createClient({ url, token: adminToken }, session);
  const connect = async (role: Role) => {
    const { token } = await createToken(admin, { scopes: ROLES[role], projects: [PROJECT], label: `demo ${role}`, expiresInDays: 1 });
    return createClient({ url, token }, session);
  };
  return {
    board: await connect('board'),
    proposer: await connect('proposer'),
    approver: await connect('approver'),
    reader: await connect('reader'),
  };
}

/** Opens, fills and seals one captured run, as a board in a lab would. */
async function pushRun(session: Session, board: Client, captured: CapturedRun, narrator: Narrator): Promise<Verdict> {
  const { runId } = await openRun(board, captured.run, session.newId());
  const receiptIds: string[] = [];
  let samples = 0;
  for (const [index, payload] of captured.payloads.entries()) {
    session.progress(`${captured.folder}: ${payload.file} (${index + 1} of ${captured.payloads.length})`);
    const receipt = await pushPayload(board, { runId, ...payload });
    receiptIds.push(receipt.receiptId);
    samples += receipt.samples;
  }
  const verdict = await sealRun(board, { runId, receiptIds, waitMs: SEAL_WAIT_MS }, session);
  if (verdict === undefined)
    throw new CommandError(EXIT.unavailable, `run ${runId} of the demo has no verdict after ${SEAL_WAIT_MS / 1_000} s`);
  narrator.note(
    `${captured.folder}: ${toCount(receiptIds.length, 'payload')}, ${toCount(samples, 'sample')}, sealed: ${describeVerdict(verdict)}`,
  );
  return verdict;
}

const describeVerdict = ({ status, reasons }: Verdict) =>
  `${status}${reasons.length === 0 ? '' : ` (${[...new Set(reasons.map(({ code }) => code))].join(', ')})`}`;

async function makeBaseline(
  { proposer, approver }: Cast,
  golden: readonly Verdict[],
  suite: string,
  narrator: Narrator,
): Promise<BaselineAnswer> {
  const proposal = {
    project: PROJECT,
    suite,
    name: 'demo golden',
    runIds: golden.map(({ runId }) => runId),
    reason: 'three quiet nights of the release',
  };
  const { baselineId } = await proposeBaseline(proposer, proposal);
  const baseline = await decideBaseline(approver, baselineId, 'approve', { reason: 'looked at by a second person' });
  narrator.note(
    `baseline ${baselineId} is ${baseline.status}: proposed by token ${baseline.proposedBy}, approved by token ${baseline.approvedBy}`,
  );
  return baseline;
}

function describeNext({ dataDir, isKept }: Stage, run: RunAnswer): string {
  const { version } = run.subject;
  const again = [
    `export PLUMBLINE_DATA=${dataDir}`,
    'plumbline start &',
    `plumbline report ${run.runId} --format markdown`,
    `plumbline gate ${PROJECT} --subject ${version}`,
  ];
  const fresh = ['plumbline demo --keep', 'plumbline start &'];
  const own = [
    'RUN=$(plumbline run start --project mine --suite nightly --subject driver@2.4.1)',
    '{ echo value; seq 1000 1100; } > latency.csv',
    'plumbline run push "$RUN" samples latency.csv --param region=copy --param metric=latency --param unit=us',
    'plumbline run seal "$RUN"',
  ];
  const lines = (commands: readonly string[]) => commands.map((command) => `  ${command}\n`).join('');
  return `\nWhat to try next (npx plumbline … in a checkout)\n${lines(isKept ? again : fresh)}\n  # your own measurements\n${lines(own)}`;
}

function describeChecks(checks: readonly Check[]): string {
  const title = checks.every(({ ok }) => ok) ? 'The demo found what was planted' : 'The demo did not find what was planted';
  return `\n${title}\n${checks.map(({ ok, detail }) => `  ${ok ? 'ok    ' : 'DIFFER'}  ${detail}\n`).join('')}`;
}

type Ending = {
  readonly stage: Stage;
  readonly run: RunAnswer;
  readonly verdict: Verdict;
  readonly baseline: BaselineAnswer;
  readonly gate: GateAnswer;
};

function finish(session: Session, narrator: Narrator, { stage, run, verdict, baseline, gate }: Ending): void {
  const checks = checkOutcome(verdict, gate);
  const ok = checks.every((check) => check.ok);
  const elapsedS = (session.nowMs() - stage.startedMs) / 1_000;
  narrator.say(describeChecks(checks));
  narrator.say(describeNext(stage, run));
  narrator.say(`\n${elapsedS.toFixed(1)} s in all${stage.isKept ? `; the data is in ${stage.dataDir}` : ''}\n`);
  session.print(
    { ok, checks, verdict, gate, baselineId: baseline.baselineId, elapsedS, dataDir: stage.isKept ? stage.dataDir : null },
    () => '',
  );
  session.end(ok ? EXIT.ok : EXIT.regression);
}

/** The walk: golden runs, a baseline that two people made, a candidate, its verdict, the gate. */
export async function walkDemo(session: Session, stage: Stage): Promise<void> {
  const narrator = createNarrator(session, stage.startedMs);
  narrator.say(
    `Plumbline demo: is driver 2.4.2 with the new board firmware fit to go out?\nCaptures: ${capturesFolder()} (README.md there says what is real and what was planted)\n`,
  );
  const { golden, candidate } = await loadCaptures(session.nowMs());

  narrator.step('A service with a store of its own');
  narrator.note(`listens on ${stage.service.url}, data in ${stage.dataDir}`);
  const actors = await cast(session, stage.service);
  narrator.note(
    `tokens: ${Object.entries(ROLES)
      .map(([role, scopes]) => `${role} (${scopes.join(', ')})`)
      .join(', ')}`,
  );

  narrator.step('Golden runs: what bpftrace, perf, dcgm-exporter, the benchmark and the kernel log printed, three processes a run');
  const nights: Verdict[] = [];
  for (const captured of golden) nights.push(await pushRun(session, actors.board, captured, narrator));

  narrator.step('A golden baseline: one token proposes, another approves');
  const baseline = await makeBaseline(actors, nights, candidate.run.suite, narrator);

  narrator.step('The candidate: the same suite after the change');
  const verdict = await pushRun(session, actors.board, candidate, narrator);
  const run = await readRun(actors.reader, verdict.runId);
  if (!session.json()) narrator.say(`\n${await renderVerdict(verdict, run, { colour: session.colour, findingLimit: FINDING_ROWS })}`);

  narrator.step('The release gate');
  const gate = await askGate(actors.reader, { project: PROJECT, gate: GATE, subject: run.subject.version });
  if (!session.json()) narrator.say(`\n${await renderGate(gate, GATE, session.colour)}`);

  finish(session, narrator, { stage, run, verdict, baseline, gate });
}
