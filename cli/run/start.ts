import type { Command } from 'commander';
import type { OpenRun, RunKind } from '../../wire/run.ts';
import { collect, parseAssignments, parseSubject } from '../arguments.ts';
import { openRun } from '../calls.ts';
import { connect } from '../client.ts';
import { badInput } from '../exit.ts';
import { addExample } from '../help.ts';
import { loadObject } from '../input.ts';
import type { Session } from '../session.ts';

/** As in wire/run.ts, whose schemas would be loaded with it. */
const KINDS = ['nightly', 'pr', 'release', 'canary', 'control'] as const satisfies readonly RunKind[];

type Options = {
  readonly project: string;
  readonly suite: string;
  readonly kind: string;
  readonly subject: string;
  readonly commit?: string;
  readonly branch?: string;
  readonly digest?: string;
  readonly environment?: string;
  readonly label?: readonly string[];
  readonly idempotencyKey?: string;
};

const given = <Name extends string>(name: Name, value: string | undefined) => (value === undefined ? {} : { [name]: value });

async function loadEnvironment(path: string | undefined, session: Session): Promise<OpenRun['environment']> {
  if (path === undefined) {
    const { captureEnvironment, thisMachine } = await import('../../collectors/index.ts');
    session.progress('reading what this machine is');
    return await captureEnvironment(thisMachine(session.nowMs()));
  }
  const { isa, hostname, ...others } = await loadObject(path, session.stdin);
  if (typeof isa !== 'string' || typeof hostname !== 'string')
    throw badInput(`${path} needs the members isa and hostname`, ['`plumbline run start` without --environment reads this machine itself']);
  return { ...others, isa, hostname };
}

async function startRun(session: Session, options: Options): Promise<void> {
  const kind = KINDS.find((known) => known === options.kind);
  if (kind === undefined) throw badInput(`--kind must be one of ${KINDS.join(', ')}, not ${JSON.stringify(options.kind)}`);
  const subject = {
    ...parseSubject(options.subject),
    ...given('commit', options.commit),
    ...given('branch', options.branch),
    ...given('digest', options.digest),
  };
  const labels = parseAssignments(options.label ?? [], '--label');
  const client = connect(session);
  const environment = await loadEnvironment(options.environment, session);
  const request = { project: options.project, suite: options.suite, kind, subject, environment, labels };
  const run = await openRun(client, request, options.idempotencyKey ?? session.newId());
  session.print(run, () => `${run.runId}\n`);
}

export function addRunStart(parent: Command, session: Session): void {
  const command = parent
    .command('start')
    .description('Open a run and print its id. Without --environment this machine is read and described.')
    .requiredOption('--project <name>', 'project the run belongs to')
    .requiredOption('--suite <name>', 'named set of measurements')
    .requiredOption('--subject <name@version>', 'what is under test')
    .option('--kind <kind>', `one of ${KINDS.join(', ')}`, 'nightly')
    .option('--commit <sha>', 'commit of the subject')
    .option('--branch <name>', 'branch of the subject')
    .option('--digest <digest>', 'digest of the subject, such as that of an image')
    .option('--environment <file>', 'JSON that describes the machine under test; - reads standard input')
    .option('--label <name=value>', 'a label of the run; may be repeated', collect)
    .option('--idempotency-key <key>', 'the same key opens the same run again')
    .action(async (options: Options) => await startRun(session, options));
  addExample(command, 'RUN=$(plumbline run start --project compute --suite offload --subject nvlink-driver@2.4.1+nvf1.0+k5.19+riscv64)');
}
