import type { Command } from 'commander';
import type { Policy } from '../wire/policy.ts';
import { askGate, part } from './calls.ts';
import { connect, readJson } from './client.ts';
import { badInput, GATE_EXIT } from './exit.ts';
import { addExample } from './help.ts';
import { loadText } from './input.ts';
import { toFacts } from './print.ts';
import { renderGate } from './render.ts';
import type { Session } from './session.ts';

type AskOptions = { readonly subject?: string; readonly name?: string };

async function ask(session: Session, project: string, gate: string, { subject, name }: AskOptions): Promise<void> {
  // Were it required by its declaration, commander would ask `gate put` and `gate check` for it as well.
  if (subject === undefined) throw badInput("required option '--subject <text>' not specified", ['see `plumbline gate --help`']);
  const answer = await askGate(connect(session), { project, gate, subject, name });
  const text = session.json() ? '' : await renderGate(answer, gate, session.colour);
  session.print(answer, () => text);
  session.end(GATE_EXIT[answer.status]);
}

type WrittenGate = {
  readonly project: string;
  readonly gate: string;
  readonly version: number;
  readonly policyDigest: string;
  readonly policy: Policy;
};

async function put(session: Session, project: string, gate: string, file: string): Promise<void> {
  const text = await loadText(file, session.stdin);
  const bytes = Buffer.from(text);
  const path = `/v1/gates/${part(project)}/${part(gate)}`;
  const headers = { 'content-type': 'application/yaml' };
  const written = readJson<WrittenGate>(await connect(session).call({ method: 'PUT', path, headers, openBody: () => bytes }));
  session.print(written, () =>
    toFacts([
      ['gate', `${written.project}/${written.gate}`],
      ['version', String(written.version)],
      ['policy', written.policyDigest],
    ]),
  );
}

async function check(session: Session, file: string): Promise<void> {
  const text = await loadText(file, session.stdin);
  const { parsePolicy } = await import('../baselines/index.ts');
  const { policy, digest } = parsePolicy(text);
  session.print({ ok: true, policyDigest: digest, policy }, () => `the policy is valid: ${digest}\n`);
}

/** `plumbline gate …`: may this go out? */
export function addGate(program: Command, session: Session): void {
  const gate = program
    .command('gate')
    .description('Ask whether a subject may be released. Exit code: 0 yes, 1 no, 2 not enough evidence, 3 unknown subject.')
    .argument('<project>', 'project of the runs')
    .argument('[gate]', 'which gate; `default` exists without being written', 'default')
    .option('--subject <text>', 'version, commit or digest of the subject, as the runs gave it; required')
    .option('--name <name>', 'tells subjects of one version apart')
    .action(async (project: string, name: string, options: AskOptions) => await ask(session, project, name, options));
  addExample(gate, 'plumbline gate compute --subject 2.4.1+nvf1.0+k5.19+riscv64 && ./release.sh');

  const write = gate
    .command('put')
    .description('Write the policy of a gate, YAML or JSON (scope gate:write).')
    .argument('<project>', 'project of the gate')
    .argument('<gate>', 'name of the gate; `default` also steers judging')
    .argument('<file>', 'the policy; - reads standard input')
    .action(async (project: string, name: string, file: string) => await put(session, project, name, file));
  addExample(write, 'plumbline gate put compute default gate.yaml');

  const validate = gate
    .command('check')
    .description('Check a policy without a service: its shape, its units, rules that contradict each other.')
    .argument('<file>', 'the policy; - reads standard input')
    .action(async (file: string) => await check(session, file));
  addExample(validate, 'plumbline gate check gate.yaml');
}
