import { readDecimal } from '../lexers/decimal.ts';
import { readTimestamp } from '../lexers/timestamp.ts';
import { assertAnswered, CHRONYC_COMPLAINT } from './chronyc-csv.ts';
import { type ChronyTracking, toChronyClock, toChronySource } from './clock.ts';
import { excerpt, type Line, readLines, refuse, splitAtColon, toFinding, WarningTally } from './facts.ts';
import type { EnvironmentContext, EnvironmentFinding, EnvironmentFormat } from './format.ts';

const ADVICE = 'send all of the output of: LC_ALL=C chronyc tracking';
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const REFERENCE_ID = /^Reference ID\s{1,20}: ([0-9A-F]{8})(?: \((.*)\))?\s*$/m;
const LEAPS = ['Normal', 'Insert second', 'Delete second', 'Not synchronised'];
const NS_PER_S = 1_000_000_000n;

type Members = ReadonlyMap<string, Line>;

function memberOf(members: Members, name: string): Line {
  return members.get(name) ?? refuse(`there is no line '${name}'; ${ADVICE}`);
}

/** Seconds printed as `0.000001169 seconds`. */
function secondsOf(members: Members, name: string): number {
  const { text, number } = memberOf(members, name);
  const printed = /^(\S+) seconds$/.exec(text)?.[1];
  const reading = readDecimal(printed ?? '');
  if (printed === undefined || !('value' in reading)) refuse(`${name} is not a number of seconds: ${excerpt(text)}; ${ADVICE}`, number);
  return reading.value < 0 ? refuse(`${name} cannot be negative`, number) : reading.value;
}

/** Offset in seconds from `0.000001079 seconds fast of NTP time`: positive is ahead. */
function aheadOf(members: Members): number {
  const { text, number } = memberOf(members, 'System time');
  const [, printed, direction] = /^(\d\S*) seconds (fast|slow) of NTP time$/.exec(text) ?? [];
  const reading = readDecimal(printed ?? '');
  if (printed === undefined || !('value' in reading))
    refuse(`System time is not '<seconds> seconds fast|slow of NTP time': ${excerpt(text)}; ${ADVICE}`, number);
  return direction === 'fast' ? reading.value : -reading.value;
}

/** Seconds since the epoch from `Fri Nov 20 18:51:32 2026`, which is UTC. */
function referenceTimeOf(members: Members): number {
  const { text, number } = memberOf(members, 'Ref time (UTC)');
  const [, month = '', day = '', time, year] = /^[A-Z][a-z]{2} ([A-Z][a-z]{2}) {1,2}(\d{1,2}) (\d\d:\d\d:\d\d) (\d{4})$/.exec(text) ?? [];
  const index = MONTHS.indexOf(month) + 1;
  const reading = readTimestamp(`${year}-${String(index).padStart(2, '0')}-${day.padStart(2, '0')}T${time}Z`);
  return index > 0 && 'atNs' in reading
    ? Number(reading.atNs / NS_PER_S)
    : refuse(`Ref time is not a time: ${excerpt(text)}; ${ADVICE}`, number);
}

function parse(text: string, { nowS }: EnvironmentContext): EnvironmentFinding {
  assertAnswered(text);
  const lines = readLines(text);
  const members = new Map<string, Line>();
  for (const line of lines) {
    const pair = splitAtColon(line.text);
    if (pair === undefined) continue;
    if (members.has(pair.name)) refuse(`the line '${pair.name}' is there twice; send the output of one call`, line.number);
    members.set(pair.name, { text: pair.value, number: line.number });
  }
  const reference = lines.map((line) => REFERENCE_ID.exec(line.text)).find((found) => found !== null);
  if (reference === undefined) refuse(`there is no line 'Reference ID    : …'; ${ADVICE}`);
  const leap = memberOf(members, 'Leap status');
  if (!LEAPS.includes(leap.text)) refuse(`the leap status ${excerpt(leap.text)} is not one of ${LEAPS.join(', ')}; ${ADVICE}`, leap.number);
  const warnings = new WarningTally();
  const sourceName = reference[2] ?? '';
  if (reference[1] === '00000000' || leap.text === 'Not synchronised') {
    return toFinding({ clock: { source: toChronySource(sourceName), synchronised: false } }, warnings, ADVICE);
  }
  const tracking: ChronyTracking = {
    sourceName,
    referenceTimeS: referenceTimeOf(members),
    aheadS: aheadOf(members),
    rootDelayS: secondsOf(members, 'Root delay'),
    rootDispersionS: secondsOf(members, 'Root dispersion'),
    updateIntervalS: secondsOf(members, 'Update interval'),
  };
  return toFinding({ clock: toChronyClock(tracking, nowS, warnings) }, warnings, ADVICE);
}

/** State of the system clock by chronyd, in words. */
export const chronycTrackingFormat: EnvironmentFormat = {
  id: 'chronyc-tracking',
  summary: 'chronyc tracking: source, offset and maximum error of the system clock',
  detect: (head) => REFERENCE_ID.test(head) || CHRONYC_COMPLAINT.test(head),
  parse,
};
