import type { Command } from 'commander';
import { SCOPES, type Scope } from '../wire/token.ts';
import type { Page, TokenAnswer } from './answers.ts';
import { collect, parseInteger, parseList } from './arguments.ts';
import { createToken, part } from './calls.ts';
import { connect, readJson } from './client.ts';
import { badInput } from './exit.ts';
import { addExample } from './help.ts';
import { toFacts, toTable } from './print.ts';
import type { Session } from './session.ts';

type CreateOptions = {
  readonly project?: readonly string[];
  readonly everyProject?: true;
  readonly scopes: string;
  readonly label?: string;
  readonly expiresInDays?: string;
};

/** @throws CommandError bad input for a name that is no scope */
function parseScopes(text: string): readonly Scope[] {
  const scopes = parseList(text).map((name) => SCOPES.find((scope) => scope === name) ?? name);
  const known = scopes.filter((scope): scope is Scope => SCOPES.some((name) => name === scope));
  const unknown = scopes.filter((scope) => !known.some((name) => name === scope));
  if (unknown.length > 0) throw badInput(`${unknown.join(', ')} is no scope`, [`scopes: ${SCOPES.join(', ')}`]);
  if (known.length === 0) throw badInput('--scopes names no scope', [`scopes: ${SCOPES.join(', ')}`]);
  return known;
}

async function create(session: Session, options: CreateOptions): Promise<void> {
  const scopes = parseScopes(options.scopes);
  const projects = options.project?.flatMap(parseList) ?? [];
  if ((projects.length === 0) === (options.everyProject !== true))
    throw badInput('give either --project (it may be repeated) or --every-project');
  const token = await createToken(connect(session), {
    scopes,
    projects: options.everyProject === true ? null : projects,
    ...(options.label === undefined ? {} : { label: options.label }),
    ...(options.expiresInDays === undefined
      ? {}
      : { expiresInDays: parseInteger(options.expiresInDays, '--expires-in-days', { least: 1, most: 3650 }) }),
  });
  session.print(token, () =>
    toFacts([
      ['id', token.id],
      ['token', token.token],
      ['scopes', token.scopes.join(' ')],
      ['projects', token.projects?.join(' ') ?? 'every project'],
      ['expires', token.expiresAt ?? 'never'],
      ['note', 'the token is shown this once'],
    ]),
  );
}

const describeEnd = (token: TokenAnswer) => (token.revoked ? 'revoked' : (token.expiresAt ?? 'never'));

async function list(session: Session): Promise<void> {
  const page = readJson<Page<TokenAnswer>>(await connect(session).call({ method: 'GET', path: '/v1/tokens' }));
  session.print(page, () => {
    if (page.data.length === 0) return 'no tokens but the admin token\n';
    const rows = page.data.map((token) => [
      token.id,
      token.label,
      token.scopes.join(' '),
      token.projects?.join(' ') ?? 'every project',
      token.createdAt,
      describeEnd(token),
    ]);
    return toTable(['id', 'label', 'scopes', 'projects', 'created', 'ends'], rows);
  });
}

/** `plumbline token …`: who may do what. */
export function addToken(program: Command, session: Session): void {
  const parent = program.command('token').description('Create, list and revoke tokens (scope admin).');

  const creation = parent
    .command('create')
    .description('Create a token and print it, this once.')
    .option('--project <name>', 'project it is bound to; may be repeated', collect)
    .option('--every-project', 'bind it to no project in particular')
    .requiredOption('--scopes <scopes>', `what it may do, with commas between: ${SCOPES.join(', ')}`)
    .option('--label <text>', 'what it is for')
    .option('--expires-in-days <number>', 'when it ends; never without it')
    .action(async (options: CreateOptions) => await create(session, options));
  addExample(
    creation,
    'export PLUMBLINE_TOKEN=$(plumbline token create --project compute --scopes ingest,read --label lab-07 --json | jq -r .token)',
  );

  const listing = parent
    .command('list')
    .description('List tokens, without their text.')
    .action(async () => await list(session));
  addExample(listing, 'plumbline token list');

  const revoke = parent
    .command('revoke')
    .description('Revoke a token; it stops working everywhere within seconds.')
    .argument('<id>', 'id of the token, the part between the first two underscores')
    .action(async (id: string) => {
      const token = readJson<TokenAnswer>(
        await connect(session).call({ method: 'POST', path: `/v1/tokens/${part(id)}/revoke`, isRepeatable: true }),
      );
      session.print(token, () => `token ${token.id} is revoked\n`);
    });
  addExample(revoke, 'plumbline token revoke 7hQ2mX0aLk3P');
}
