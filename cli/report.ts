import { writeFile } from 'node:fs/promises';
import { type Command, Option } from 'commander';
import { readRun, readVerdict } from './calls.ts';
import { connect } from './client.ts';
import { badInput } from './exit.ts';
import { addExample } from './help.ts';
import { renderMarkdown, renderVerdict } from './render.ts';
import type { Session } from './session.ts';

const FORMATS = ['text', 'markdown', 'json'] as const;
type Format = (typeof FORMATS)[number];
type Options = { readonly format?: Format; readonly out?: string };

async function report(session: Session, runId: string, { format = session.json() ? 'json' : 'text', out }: Options): Promise<void> {
  const client = connect(session);
  const [run, verdict] = [await readRun(client, runId), await readVerdict(client, runId)];
  const texts = {
    text: () => renderVerdict(verdict, run, { colour: session.colour && out === undefined }),
    markdown: () => renderMarkdown(verdict, run),
    json: async () => `${JSON.stringify(verdict, null, session.json() ? undefined : 2)}\n`,
  } as const satisfies Readonly<Record<Format, () => Promise<string>>>;
  const text = await texts[format]();
  if (out === undefined) return session.write(text);
  try {
    await writeFile(out, text);
  } catch (error) {
    throw badInput(`cannot write ${out}: ${error instanceof Error ? error.message : ''}`, [], error);
  }
  session.print({ runId, status: verdict.status, format, out }, () => `${out}\n`);
}

/** `plumbline report`: one verdict, for reading. */
export function addReport(program: Command, session: Session): void {
  const command = program
    .command('report')
    .description('Print the report of a judged run. Always exits with 0; `run seal` and `gate` decide.')
    .argument('<run>', 'id of the run')
    .addOption(new Option('--format <format>', 'how it is written; text without it').choices(FORMATS))
    .option('--out <file>', 'write it to this file')
    .action(async (runId: string, options: Options) => await report(session, runId, options));
  addExample(command, 'plumbline report "$RUN" --format markdown --out comment.md');
}
