import { type Line, readLines, refuse, splitAtColon, toFact, toFinding, WarningTally, withoutAbsent, withoutEmpty } from './facts.ts';
import type { EnvironmentFinding, EnvironmentFormat } from './format.ts';

type Table = { readonly title: string; readonly members: Map<string, string>; readonly line: number };

const HANDLE = /^Handle 0x[0-9A-Fa-f]+, DMI type (\d+)/;
const FAILURE = /(?:No such file or directory|Permission denied|Operation not permitted|No SMBIOS nor DMI entry point found)/;
/** Words board makers left in place where they had nothing to say, beside those of toFact. */
const FILLERS = /^(?:system (?:manufacturer|product name|version)|type[12] - .*|0{2,}|\.+|x{2,})$/i;

/** A handle line, a title, then indented members; values of lists stand deeper and belong to the member before them. */
function readTables(lines: readonly Line[]): readonly Table[] {
  const tables: Table[] = [];
  let expectTitle = false;
  let indent = '';
  for (const line of lines) {
    if (HANDLE.test(line.text)) {
      expectTitle = true;
      continue;
    }
    if (expectTitle) {
      tables.push({ title: line.text.trim(), members: new Map(), line: line.number });
      expectTitle = false;
      indent = '';
      continue;
    }
    const leading = /^[ \t]*/.exec(line.text)?.[0] ?? '';
    const pair = splitAtColon(line.text);
    if (leading === '' || pair === undefined) continue;
    if (indent === '') indent = leading;
    const members = tables.at(-1)?.members;
    if (leading === indent && members?.has(pair.name) === false) members.set(pair.name, pair.value);
  }
  return tables;
}

function factOf(table: Table | undefined, name: string): string | undefined {
  const fact = toFact(table?.members.get(name));
  return fact === undefined || FILLERS.test(fact) ? undefined : fact;
}

function parse(text: string): EnvironmentFinding {
  const lines = readLines(text);
  const tables = readTables(lines);
  const failure = lines.find((line) => FAILURE.test(line.text));
  if (tables.length === 0) {
    if (failure !== undefined) {
      refuse(
        `dmidecode found nothing: ${failure.text.trim()}; run it as root on a machine with DMI tables (boards with a device tree have /proc/device-tree/model)`,
        failure.number,
      );
    }
    refuse("there is no 'Handle 0x…, DMI type …' line; send the output of: sudo dmidecode");
  }
  const warnings = new WarningTally();
  const bios = tables.find(({ title }) => title === 'BIOS Information');
  const system = tables.find(({ title }) => title === 'System Information');
  const boards = tables.filter(({ title }) => title === 'Base Board Information');
  const board = boards.find((table) => table.members.get('Type') === 'Motherboard') ?? boards[0];
  if (boards.length > 1)
    warnings.add(
      'several_boards',
      `${boards.length} base boards are listed; the one of line ${board?.line ?? 0} was taken`,
      board?.line ?? null,
    );
  return toFinding(
    withoutAbsent({
      board: factOf(board, 'Product Name') ?? factOf(system, 'Product Name'),
      boardRevision: factOf(board, 'Version'),
      firmware: withoutEmpty(withoutAbsent({ bios: factOf(bios, 'Version'), ec: factOf(bios, 'Firmware Revision') })),
    }),
    warnings,
    'the tables name no board and no BIOS; send the output of: sudo dmidecode -t bios -t system -t baseboard',
  );
}

/** Board, revision and BIOS by the DMI tables. Serial numbers and UUIDs are never read. */
export const dmidecodeFormat: EnvironmentFormat = {
  id: 'dmidecode',
  summary: 'sudo dmidecode: board, board revision, BIOS and embedded controller versions',
  detect: (head) => /^# dmidecode \d/m.test(head) || /^Handle 0x[0-9A-Fa-f]+, DMI type \d+/m.test(head),
  parse,
};
