import { readDecimal } from '../lexers/decimal.ts';
import type { ClockFacts } from './clock.ts';
import { distinct, excerpt, type Line, readLines, refuse, toFinding, WarningTally, withoutAbsent } from './facts.ts';
import type { EnvironmentFinding, EnvironmentFormat } from './format.ts';

const RESPONSE = /^\s*([0-9a-f]{6}\.[0-9a-f]{4}\.[0-9a-f]{6})-(\d+) seq \d+ RESPONSE MANAGEMENT ([A-Z_]+)\s*$/;
const SENDING = /^sending: (?:GET|SET|COMMAND) [A-Z_]+/;
const MEMBER = /^\s+(\S+)\s+(\S.*?)\s*$/;

type DataSet = { readonly clock: string; readonly name: string; readonly members: Map<string, Line>; readonly line: number };

function readDataSets(lines: readonly Line[]): readonly DataSet[] {
  const sets: DataSet[] = [];
  let open = false;
  for (const line of lines) {
    const [, clock, , name] = RESPONSE.exec(line.text) ?? [];
    if (clock !== undefined && name !== undefined) {
      sets.push({ clock, name, members: new Map(), line: line.number });
      open = true;
      continue;
    }
    const [, member, value] = line.text.length > 1024 ? [] : (MEMBER.exec(line.text) ?? []);
    if (member === undefined || value === undefined) open = false;
    else if (open) sets.at(-1)?.members.set(member, { text: value, number: line.number });
  }
  return sets;
}

/** The newest value of a member; nanoseconds with a fraction, as linuxptp prints its scaled integers. */
function nanosecondsOf(sets: readonly DataSet[], set: string, member: string): number | undefined {
  const printed = sets.findLast((one) => one.name === set && one.members.has(member))?.members.get(member);
  if (printed === undefined) return undefined;
  const reading = readDecimal(printed.text);
  if (!('value' in reading) || Math.abs(reading.value) > Number.MAX_SAFE_INTEGER) {
    refuse(`${member} is not a number of nanoseconds: ${excerpt(printed.text)}`, printed.number);
  }
  return reading.value;
}

/** Whether the clock follows a master: true or false when a port's state or the grandmaster's presence says so, else undefined. */
function readSynchronised(sets: readonly DataSet[], warnings: WarningTally): boolean | undefined {
  const states = new Map<string, string>();
  for (const { name, members } of sets) {
    const state = members.get('portState');
    if (name === 'PORT_DATA_SET' && state !== undefined) states.set(members.get('portIdentity')?.text ?? '', state.text);
  }
  const present = sets
    .findLast(({ name, members }) => name === 'TIME_STATUS_NP' && members.has('gmPresent'))
    ?.members.get('gmPresent')?.text;
  if (present === 'false') return false;
  const all = [...states.values()];
  if (all.includes('SLAVE')) return true;
  if (all.includes('MASTER') || all.includes('GRAND_MASTER')) {
    warnings.add(
      'grandmaster',
      'this clock is the master of its domain; nothing here bounds its own error, so whether it is synchronised stays open',
      null,
    );
    return undefined;
  }
  if (all.length > 0) return false;
  warnings.add(
    'no_port_state',
    "no PORT_DATA_SET was sent, so whether the clock is synchronised stays open; ask also pmc -u -b 0 'GET PORT_DATA_SET'",
    null,
  );
  return undefined;
}

function parse(text: string): EnvironmentFinding {
  const lines = readLines(text);
  const sets = readDataSets(lines);
  if (sets.length === 0) {
    const sent = lines.find((line) => SENDING.test(line.text));
    if (sent === undefined)
      refuse(
        "there is no 'RESPONSE MANAGEMENT …'; send the output of: pmc -u -b 0 'GET CURRENT_DATA_SET' 'GET PORT_DATA_SET' 'GET TIME_STATUS_NP'",
      );
    refuse('pmc got no answer: ptp4l does not run here, or serves another domain (-d) or socket (-s)', sent.number);
  }
  const clocks = distinct(sets.map(({ clock }) => clock));
  if (clocks.length > 1)
    refuse(`${clocks.length} clocks answered (${clocks.join(', ')}); ask only this machine's: pmc -u -b 0`, sets[0]?.line);
  const warnings = new WarningTally();
  const offsetNs = nanosecondsOf(sets, 'CURRENT_DATA_SET', 'offsetFromMaster') ?? nanosecondsOf(sets, 'TIME_STATUS_NP', 'master_offset');
  const delayNs = nanosecondsOf(sets, 'CURRENT_DATA_SET', 'meanPathDelay');
  const clock: ClockFacts = withoutAbsent({
    source: 'ptp',
    synchronised: readSynchronised(sets, warnings),
    offsetNs,
    // The delay is the mean of both directions: all of it can be asymmetry.
    uncertaintyNs: offsetNs === undefined || delayNs === undefined ? undefined : Math.abs(offsetNs) + Math.abs(delayNs),
  });
  return toFinding({ clock }, warnings, 'no clock was found');
}

/** State of the PTP clock by its management data sets. offsetFromMaster is this clock minus the master: positive is ahead. */
export const pmcFormat: EnvironmentFormat = {
  id: 'pmc',
  summary: "pmc -u -b 0 'GET CURRENT_DATA_SET' 'GET PORT_DATA_SET' 'GET TIME_STATUS_NP': offset, path delay and port state of PTP",
  detect: (head) => head.split('\n').some((line) => RESPONSE.test(line) || SENDING.test(line)),
  parse,
};
