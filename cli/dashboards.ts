import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import { badInput } from './exit.ts';
import { addExample } from './help.ts';
import type { Session } from './session.ts';

type Options = { readonly out: string; readonly url?: string };

async function write(session: Session, { out, url }: Options): Promise<void> {
  if (url !== undefined && !/^https?:\/\/./.test(url))
    throw badInput(`--url must begin with http:// or https://, not ${JSON.stringify(url)}`);
  const { renderDashboards } = await import('../dashboards/index.ts');
  const rendered = renderDashboards(url === undefined ? {} : { serviceUrl: url });
  try {
    await mkdir(out, { recursive: true });
    for (const { file, json } of rendered) await writeFile(join(out, file), json);
  } catch (error) {
    throw badInput(`cannot write to ${out}: ${error instanceof Error ? error.message : ''}`, [], error);
  }
  const files = rendered.map(({ file }) => join(out, file));
  session.print({ files }, () => files.map((file) => `${file}\n`).join(''));
}

/** `plumbline dashboards write`: the Grafana dashboards as files. */
export function addDashboards(program: Command, session: Session): void {
  const parent = program.command('dashboards').description('The Grafana dashboards, as code.');
  const command = parent
    .command('write')
    .description('Write the dashboards as JSON for Grafana’s file provisioning; equal input gives equal bytes.')
    .requiredOption('--out <folder>', 'folder to write to; made if absent')
    .option('--url <address>', 'where browsers reach the service')
    .action(async (options: Options) => await write(session, options));
  addExample(command, 'plumbline dashboards write --out /etc/grafana/dashboards/plumbline --url https://plumbline.example');
}
