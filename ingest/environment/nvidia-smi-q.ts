import { type Line, readLines, refuse, splitAtColon, toFact, toFinding, WarningTally, withoutAbsent } from './facts.ts';
import type { EnvironmentFinding, EnvironmentFormat } from './format.ts';

const GPU = /^GPU ([0-9A-Fa-f]{4,8}:[0-9A-Fa-f]{2}:[0-9A-Fa-f]{2}\.[0-9A-Fa-f])\s*$/;
const BANNER = /^=+NVSMI LOG=+\s*$/m;

type Section = { readonly members: ReadonlyMap<string, Line>; readonly line: number };

/** Members of the level below the header or a GPU; the same names stand deeper (Current, Max), and those levels are not read. */
function readSections(lines: readonly Line[]): { readonly header: Section; readonly gpus: readonly Section[] } {
  const header = { members: new Map<string, Line>(), line: 1 };
  const gpus: { members: Map<string, Line>; line: number; indent: number }[] = [];
  for (const line of lines) {
    if (GPU.test(line.text)) {
      gpus.push({ members: new Map(), line: line.number, indent: -1 });
      continue;
    }
    const indent = line.text.length - line.text.trimStart().length;
    const pair = splitAtColon(line.text);
    const gpu = gpus.at(-1);
    if (gpu !== undefined && indent > 0 && gpu.indent < 0 && line.text.trim() !== '') gpu.indent = indent;
    if (pair === undefined) continue;
    const members = gpu === undefined ? (indent === 0 ? header.members : undefined) : indent === gpu.indent ? gpu.members : undefined;
    if (members !== undefined && !members.has(pair.name)) members.set(pair.name, { text: pair.value, number: line.number });
  }
  return { header, gpus };
}

function factOf(section: Section, name: string): string | undefined {
  return toFact(section.members.get(name)?.text);
}

function parse(text: string): EnvironmentFinding {
  const lines = readLines(text);
  if (lines.some((line) => /^<nvidia_smi_log>/.test(line.text)))
    refuse('this is the XML of nvidia-smi -q -x; send the text of nvidia-smi -q');
  const failure = lines.find((line) => /^(?:NVIDIA-SMI has failed|Failed to initialize NVML|No devices were found)/.test(line.text));
  const { header, gpus } = readSections(lines);
  if (gpus.length === 0) {
    if (failure !== undefined) refuse(`nvidia-smi found nothing: ${failure.text.trim()}`, failure.number);
    refuse("there is no line 'GPU <bus id>'; send all of the output of nvidia-smi -q");
  }
  const warnings = new WarningTally();
  const attached = factOf(header, 'Attached GPUs');
  if (attached !== undefined && attached !== String(gpus.length)) {
    warnings.add(
      'gpus_not_shown',
      `${attached} GPUs are attached and ${gpus.length} are listed; only those were taken`,
      header.members.get('Attached GPUs')?.number ?? null,
    );
  }
  const driver = factOf(header, 'Driver Version');
  if (driver === undefined) warnings.add('no_driver', "there is no line 'Driver Version'; send all of the output of nvidia-smi -q", null);
  const found = gpus.map((gpu) => {
    const model = factOf(gpu, 'Product Name');
    if (model === undefined) refuse("this GPU has no 'Product Name'; send all of the output of nvidia-smi -q", gpu.line);
    return withoutAbsent({
      model,
      uuid: factOf(gpu, 'GPU UUID'),
      vbios: factOf(gpu, 'VBIOS Version'),
      driver,
      firmware: factOf(gpu, 'GSP Firmware Version'),
    });
  });
  return toFinding({ gpus: found }, warnings, 'no GPU was found');
}

/** Driver, and of each GPU its name, VBIOS and GSP firmware. Serial numbers and bus addresses are not read. */
export const nvidiaSmiQFormat: EnvironmentFormat = {
  id: 'nvidia-smi-q',
  summary: 'nvidia-smi -q: driver, and of each GPU its name, UUID, VBIOS and GSP firmware',
  detect: (head) => BANNER.test(head) || /^<nvidia_smi_log>/m.test(head) || head.split('\n').some((line) => GPU.test(line)),
  parse,
};
