import { Argument, type Command } from 'commander';
import { PAYLOAD_KINDS, type PayloadKind, type ReceiptAnswer } from '../../wire/payload.ts';
import { collect, parseAssignments } from '../arguments.ts';
import { pushPayload } from '../calls.ts';
import { connect } from '../client.ts';
import { badInput } from '../exit.ts';
import { addExample } from '../help.ts';
import { withBody } from '../input.ts';
import { toCount, toLine } from '../print.ts';
import type { Session } from '../session.ts';

type Options = { readonly format?: string; readonly repetition?: string; readonly param?: readonly string[] };

/** The query of a payload; an option and a parameter that say the same thing are refused. */
export function toQuery(options: Options): Readonly<Record<string, string>> {
  const parameters = parseAssignments(options.param ?? [], '--param');
  const named = Object.entries({ format: options.format, repetition: options.repetition });
  for (const [name, value] of named) {
    if (value !== undefined && Object.hasOwn(parameters, name)) throw badInput(`--${name} and --param ${name}=… are both given`);
  }
  return { ...parameters, ...Object.fromEntries(named.flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const]))) };
}

function describeReceipt(file: string, receipt: ReceiptAnswer): string {
  const { receiptId, format, records, samples, histograms, duplicate, warnings } = receipt;
  const landed = [
    toCount(records, 'record'),
    toCount(samples, 'sample'),
    ...(histograms > 0 ? [toCount(histograms, 'histogram')] : []),
  ].join(', ');
  const lines = warnings.map(({ code, detail, line }) => `  warning ${code}${line === null ? '' : `, line ${line}`}: ${toLine(detail)}\n`);
  return `${receiptId}  ${toLine(file)}  ${format}: ${landed}${duplicate ? ', known already' : ''}\n${lines.join('')}`;
}

async function pushFiles(
  session: Session,
  target: { readonly runId: string; readonly kind: PayloadKind },
  files: readonly string[],
  options: Options,
): Promise<void> {
  const query = toQuery(options);
  const client = connect(session);
  for (const [index, file] of files.entries()) {
    session.progress(`pushing ${file} (${index + 1} of ${files.length})`);
    const receipt = await withBody(file, session.stdin, (openBody) => pushPayload(client, { ...target, query, openBody }));
    session.print({ file, ...receipt }, () => describeReceipt(file, receipt));
  }
}

export function addRunPush(parent: Command, session: Session): void {
  const command = parent
    .command('push')
    .description('Push the output of a tool, as the tool printed it. Sending a file again counts once.')
    .argument('<run>', 'id of the run')
    .addArgument(new Argument('<kind>', 'what the tool measures').choices(PAYLOAD_KINDS))
    .argument('<file...>', 'files to push in this order; - reads standard input')
    .option('--format <format>', 'format of the files; found out by their content without it')
    .option('--repetition <number>', 'which process or boot of the run this is, from 1')
    .option(
      '--param <name=value>',
      'what the tool does not say: region, metric, unit, better, at, exposure, labels.<name>, …; may be repeated',
      collect,
    )
    .action(
      async (runId: string, kind: PayloadKind, files: readonly string[], options: Options) =>
        await pushFiles(session, { runId, kind }, files, options),
    );
  addExample(
    command,
    'perf stat -j -o stat.json -- ./bench && plumbline run push "$RUN" pmu stat.json --repetition 1 --param region=bench',
    'plumbline run push "$RUN" samples latency.csv --param region=copy --param metric=latency --param unit=ns',
  );
}
