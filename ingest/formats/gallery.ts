import { COMMON_PARAMETERS, PAYLOAD_KINDS } from '../../wire/payload.ts';
import { FORMATS_BY_KIND } from './index.ts';

const cell = (text: string) => text.replaceAll('|', '\\|');

/** docs/formats.md: every format by kind, from the same table that receives payloads. */
export function renderFormatGallery(): string {
  const sections = PAYLOAD_KINDS.map((kind) => {
    const rows = FORMATS_BY_KIND[kind].map(({ id, summary, extraParameters, mode }) => {
      const parameters = extraParameters.map((name) => `\`${name}\``).join(', ');
      return `| \`${id}\` | ${cell(summary)} | ${parameters} | ${mode === 'whole' ? 'whole' : 'larger than memory'} |`;
    });
    return [
      `## ${kind}`,
      `\`POST /v1/runs/{runId}/${kind}?format=…\``,
      '',
      '| format | printed by | own parameters | read |',
      '|---|---|---|---|',
      ...rows,
    ].join('\n');
  });
  return `# Formats

Every kind also takes ${COMMON_PARAMETERS.map((name) => `\`${name}\``).join(', ')} and \`labels.<name>\`. Without \`format\` the payload is recognised by its beginning,
and refused when two formats fit. What a tool does not say (a unit, a region, a task) is asked for, never guessed.

${sections.join('\n\n')}
`;
}
