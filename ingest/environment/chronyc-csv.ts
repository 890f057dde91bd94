import { readDecimal } from '../lexers/decimal.ts';
import { type ChronyTracking, toChronyClock, toChronySource } from './clock.ts';
import { readLines, refuse, toFinding, WarningTally } from './facts.ts';
import type { EnvironmentContext, EnvironmentFinding, EnvironmentFormat } from './format.ts';

const FIELDS = {
  referenceId: 0,
  name: 1,
  referenceTimeS: 3,
  offsetS: 4,
  rootDelayS: 10,
  rootDispersionS: 11,
  updateIntervalS: 12,
  leap: 13,
} as const;
const FIELD_COUNT = 14;
const LEAPS = ['Normal', 'Insert second', 'Delete second', 'Not synchronised'];
const ADVICE = 'send the line that chronyc -c tracking prints';
const REFERENCE_ID = /^[0-9A-F]{8},/;

/** chronyc's own complaints: `506 Cannot talk to daemon`, `501 Not authorised`. */
export const CHRONYC_COMPLAINT = /^5\d\d [A-Z]/;

/** Refuses what chronyc says when it got no answer. @throws ParseError with its words */
export function assertAnswered(text: string): void {
  const [first] = readLines(text);
  if (first !== undefined && CHRONYC_COMPLAINT.test(first.text))
    refuse(`chronyc says: ${first.text.trim()}; start chronyd and ask again`, first.number);
}

function numberAt(fields: readonly string[], name: keyof typeof FIELDS, line: number): number {
  const reading = readDecimal(fields[FIELDS[name]] ?? '');
  return 'value' in reading ? reading.value : refuse(`field ${FIELDS[name] + 1} (${name}) ${reading.refusal}`, line);
}

function parse(text: string, { nowS }: EnvironmentContext): EnvironmentFinding {
  assertAnswered(text);
  const [line, second] = readLines(text).filter((one) => one.text.trim() !== '');
  if (line === undefined || second !== undefined) refuse(`there must be one line; ${ADVICE}`, second?.number);
  const fields = line.text.trim().split(',');
  const leap = fields[FIELDS.leap] ?? '';
  if (fields.length !== FIELD_COUNT || !REFERENCE_ID.test(line.text.trim()) || !LEAPS.includes(leap)) {
    refuse(
      `a line of tracking has ${FIELD_COUNT} fields, a reference id first and the leap status last; this has ${fields.length}; ${ADVICE}`,
      line.number,
    );
  }
  const warnings = new WarningTally();
  const sourceName = fields[FIELDS.name] ?? '';
  if (fields[FIELDS.referenceId] === '00000000' || leap === 'Not synchronised') {
    return toFinding({ clock: { source: toChronySource(sourceName), synchronised: false } }, warnings, ADVICE);
  }
  const tracking: ChronyTracking = {
    sourceName,
    referenceTimeS: numberAt(fields, 'referenceTimeS', line.number),
    // In this form a clock that is ahead is printed negative: the text of the same state said `fast`.
    aheadS: -numberAt(fields, 'offsetS', line.number),
    rootDelayS: numberAt(fields, 'rootDelayS', line.number),
    rootDispersionS: numberAt(fields, 'rootDispersionS', line.number),
    updateIntervalS: numberAt(fields, 'updateIntervalS', line.number),
  };
  if (tracking.rootDelayS < 0 || tracking.rootDispersionS < 0) refuse('root delay and root dispersion cannot be negative', line.number);
  return toFinding({ clock: toChronyClock(tracking, nowS, warnings) }, warnings, ADVICE);
}

/** State of the system clock by chronyd, as one line of fields. */
export const chronycCsvFormat: EnvironmentFormat = {
  id: 'chronyc-csv',
  summary: 'chronyc -c tracking: source, offset and maximum error of the system clock',
  detect: (head) => REFERENCE_ID.test(head.trimStart()) && head.trimStart().split('\n', 1)[0]?.split(',').length === FIELD_COUNT,
  parse,
};
