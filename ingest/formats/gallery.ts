import { COMMON_PARAMETERS, PAYLOAD_KINDS, type PayloadKind } from '../../wire/payload.ts';
import { ENVIRONMENT_EXAMPLES } from '../environment/examples.ts';
import { ENVIRONMENT_FORMATS, type EnvironmentFormat } from '../environment/index.ts';
import type { Format, ParseResult } from '../format.ts';
import { readPayloadQuery } from '../parameters.ts';
import type { IngestRecord, RecordSeries } from '../records.ts';
import { type FormatExample, findExample } from './examples.ts';
import { FORMATS_BY_KIND } from './index.ts';

/** Records shown of an example; the rest is counted. */
const RECORDS_SHOWN = 6;
const LINE_CHARACTERS = 140;
const END_CHARACTERS = 60;
/** A second after the capture of the chronyc examples, whose age matters: the page does not depend on today. */
const CAPTURED_S = 1_795_200_693;

/** docs/formats.md: every format with a line of its tool's output and what the parser makes of it, computed here and written nowhere by hand. */
export async function renderFormatGallery(): Promise<string> {
  return `${INTRODUCTION}
${renderContents()}

${(await Promise.all(PAYLOAD_KINDS.map(renderKind))).join('\n\n')}

${renderEnvironment()}
`;
}

const INTRODUCTION = `# Formats

What a tool prints is pushed as it is; a parser makes series of it. Below, each format with one line of its tool and what the whole example
becomes: \`region · metric {labels} = value unit, kind [quality flags]\`, in base units.

Every kind also takes ${COMMON_PARAMETERS.map((name) => `\`${name}\``).join(', ')} and \`labels.<name>\`.
Without \`format\` the payload is recognised by its beginning, and refused when two formats fit. What a tool does not say (a unit, a region,
a task) is asked for, never guessed. This page is written by \`UPDATE_GOLDEN=1\` with test/ingest/formats/gallery.test.ts.
`;

function renderContents(): string {
  const rows = PAYLOAD_KINDS.map((kind) => renderContent(kind, FORMATS_BY_KIND[kind]));
  return [...rows, renderContent('environment', Object.values(ENVIRONMENT_FORMATS))].join('\n');
}

const renderContent = (kind: string, formats: readonly { readonly id: string }[]) =>
  `- [${kind}](#${kind}): ${formats.map(({ id }) => id).join(', ')}`;

async function renderKind(kind: PayloadKind): Promise<string> {
  const formats = await Promise.all(FORMATS_BY_KIND[kind].map((format) => renderFormat(format, findExample(kind, format.id))));
  return [`## ${kind}`, `\`POST /v1/runs/{runId}/${kind}?format=…\``, ...formats].join('\n\n');
}

async function renderFormat(format: Format, example: FormatExample): Promise<string> {
  const query = Object.entries(example.query).map(([name, value]) => `\`${name}=${value}\``);
  const size = format.mode === 'whole' ? 'read whole' : 'may be larger than memory';
  const sent = query.length === 0 ? 'Sent with nothing else' : `Sent with ${query.join(' ')}`;
  const options = Object.entries(example.options).map(([name, meaning]) => `- \`${name}\`: ${meaning}`);
  return [
    `### ${format.kind} ${format.id}`,
    `${escapeText(format.summary)}`,
    ...(options.length === 0 ? [] : [options.join('\n')]),
    fence('file' in example ? example.drawing : lineOf(example.payload, example.shown)),
    `${sent} (${size}), the example becomes`,
    fence(renderResult(await readExample(format, example))),
  ].join('\n\n');
}

/** What an example becomes. */
export async function readExample(format: Format, example: FormatExample): Promise<ParseResult> {
  const { parameters } = readPayloadQuery(example.query);
  if ('file' in example || format.mode === 'file') {
    if (!('file' in example) || format.mode !== 'file') throw new RangeError(`the example of ${format.id} is of another mode`);
    const parser = format.openFile(example.file, parameters);
    const records: IngestRecord[] = [];
    for await (const part of parser.records) records.push(...part);
    return { records, warnings: parser.warnings() };
  }
  if (format.mode === 'whole') return format.parse(example.payload, parameters);
  const parser = format.open(parameters);
  const records = [...parser.push(example.payload), ...parser.end()];
  return { records, warnings: parser.warnings() };
}

function renderResult({ records, warnings }: ParseResult): string {
  const lines = records.slice(0, RECORDS_SHOWN).map(renderRecord);
  if (records.length > RECORDS_SHOWN) lines.push(`… and ${records.length - RECORDS_SHOWN} more`);
  return [...lines, ...warnings.map(({ code, detail }) => `warning ${code}: ${detail}`)].join('\n');
}

function renderRecord(record: IngestRecord): string {
  if (record.kind === 'event') return `${record.code}${renderLabels(record.labels)} = ${shorten(record.message)}, event`;
  const flags = record.quality.length === 0 ? '' : ` [${record.quality.join(' ')}]`;
  return `${renderSeries(record.series)} = ${renderValue(record)}${flags}`;
}

const renderSeries = ({ region, metric, labels }: RecordSeries) => `${region} · ${metric}${renderLabels(labels)}`;

function renderLabels(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}=${value}`);
  return pairs.length === 0 ? '' : ` {${pairs.join(' ')}}`;
}

function renderValue(record: Exclude<IngestRecord, { readonly kind: 'event' }>): string {
  const unit = record.series.unit === '1' ? '' : ` ${record.series.unit}`;
  switch (record.kind) {
    case 'samples':
      return `${record.values.join(' ')}${unit}, ${record.values.length === 1 ? 'sample' : 'samples'}`;
    case 'reading':
      return `${record.value ?? 'absent'}${unit}, ${record.reading}`;
    case 'histogram':
      return `${renderBuckets(record.edges, record.counts)}${unit}, histogram`;
    case 'summary': {
      const { count, sum, mean, minimum, maximum } = record;
      const parts = Object.entries({ sum, mean, minimum, maximum }).flatMap(([name, value]) =>
        value === null ? [] : [`${name} ${value}`],
      );
      return `${[`count ${count}`, ...parts].join(' ')}${unit}, summary`;
    }
    default:
      return record satisfies never;
  }
}

function renderBuckets(edges: readonly number[], counts: readonly number[]): string {
  const filled = counts.flatMap((count, index) => (count === 0 ? [] : [`${count} in [${edges[index]}, ${edges[index + 1]})`]));
  return filled.length <= 3 ? filled.join(' ') : `${filled.slice(0, 2).join(' ')} … ${filled.at(-1)}`;
}

function renderEnvironment(): string {
  const formats = Object.values(ENVIRONMENT_FORMATS).map(renderEnvironmentFormat);
  return ['## environment', '`PUT /v1/runs/{runId}/environment?format=…`', ...formats].join('\n\n');
}

function renderEnvironmentFormat({ id, summary, parse }: EnvironmentFormat): string {
  const { text, shown } = ENVIRONMENT_EXAMPLES[id];
  const { environment, fallback, warnings } = parse(text, { nowS: CAPTURED_S });
  const found = [
    JSON.stringify(environment),
    ...(fallback === undefined ? [] : [`unless another tool says better: ${JSON.stringify(fallback)}`]),
    ...warnings.map(({ code, detail }) => `warning ${code}: ${detail}`),
  ];
  return [`### environment ${id}`, escapeText(summary), fence(lineOf(text, shown)), 'The example becomes', fence(found.join('\n'))].join(
    '\n\n',
  );
}

function lineOf(text: string, number: number): string {
  return shorten(text.split('\n')[number - 1]?.trimEnd() ?? '');
}

/** Beginning and end of what is too long for a page. */
const shorten = (text: string) =>
  text.length <= LINE_CHARACTERS ? text : `${text.slice(0, LINE_CHARACTERS - END_CHARACTERS)} … ${text.slice(-END_CHARACTERS)}`;

const fence = (text: string) => `\`\`\`text\n${text}\n\`\`\``;

/** `<name>` in a sentence would be taken for a tag. */
const escapeText = (text: string) => text.replaceAll('<', '\\<');
