import { isSmiXml, readSmiDocuments } from '../lexers/nvidia-smi-xml.ts';
import { openText } from '../lexers/text.ts';
import type { XmlElement } from '../lexers/xml.ts';
import { type Line, readLines, refuse, splitAtColon, toFact, toFinding, WarningTally, withoutAbsent } from './facts.ts';
import type { EnvironmentFinding, EnvironmentFormat } from './format.ts';

const GPU = /^GPU ([0-9A-Fa-f]{4,8}:[0-9A-Fa-f]{2}:[0-9A-Fa-f]{2}\.[0-9A-Fa-f])\s*$/;
const HEAD_CHARACTERS = 4096;
const BANNER = /^=+NVSMI LOG=+\s*$/m;

/** Elements of the XML → the names that the text has for them. */
const ELEMENTS: ReadonlyMap<string, string> = new Map([
  ['driver_version', 'Driver Version'],
  ['attached_gpus', 'Attached GPUs'],
  ['product_name', 'Product Name'],
  ['uuid', 'GPU UUID'],
  ['vbios_version', 'VBIOS Version'],
  ['gsp_firmware_version', 'GSP Firmware Version'],
]);

type Section = { readonly members: ReadonlyMap<string, Line>; readonly line: number };
type Sections = { readonly header: Section; readonly gpus: readonly Section[] };

/** Members of the level below the header or a GPU; the same names stand deeper (Current, Max), and those levels are not read. */
function readSections(lines: readonly Line[]): Sections {
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

/** The same out of `nvidia-smi -q -x`. */
function readXmlSections(text: string): Sections {
  const [document, ...others] = readSmiDocuments(text);
  if (document === undefined) refuse('there is no document of nvidia-smi -q -x');
  if (others.length > 0) refuse('there are several documents; send one, without -l');
  const { root, lineOf } = document;
  const header = toSection(root, lineOf);
  return { header, gpus: root.children.filter(({ name }) => name === 'gpu').map((gpu) => toSection(gpu, lineOf)) };
}

function toSection(element: XmlElement, lineOf: (element: XmlElement) => number): Section {
  const line = lineOf(element);
  const members = new Map<string, Line>();
  for (const child of element.children) {
    const name = ELEMENTS.get(child.name);
    if (name !== undefined && !members.has(name)) members.set(name, { text: child.text, number: lineOf(child) });
  }
  return { members, line };
}

function factOf(section: Section, name: string): string | undefined {
  return toFact(section.members.get(name)?.text);
}

function parse(text: string): EnvironmentFinding {
  const isXml = isSmiXml(openText(text).slice(0, HEAD_CHARACTERS));
  const lines = isXml ? [] : readLines(text);
  const failure = lines.find((line) => /^(?:NVIDIA-SMI has failed|Failed to initialize NVML|No devices were found)/.test(line.text));
  const { header, gpus } = isXml ? readXmlSections(openText(text)) : readSections(lines);
  if (gpus.length === 0) {
    if (failure !== undefined) refuse(`nvidia-smi found nothing: ${failure.text.trim()}`, failure.number);
    refuse("there is no line 'GPU <bus id>' and no <gpu>; send all of the output of nvidia-smi -q");
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
  if (driver === undefined) warnings.add('no_driver', "there is no 'Driver Version'; send all of the output of nvidia-smi -q", null);
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
  summary: 'nvidia-smi -q, or nvidia-smi -q -x (XML): driver, and of each GPU its name, UUID, VBIOS and GSP firmware',
  detect: (head) => BANNER.test(head) || isSmiXml(head) || head.split('\n').some((line) => GPU.test(line)),
  parse,
};
