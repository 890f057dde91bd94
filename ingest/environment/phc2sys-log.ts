import { type ClockFacts, largest, type ServoSample, toServoClock } from './clock.ts';
import { type Line, readLines, refuse, toFinding, WarningTally } from './facts.ts';
import type { EnvironmentFinding, EnvironmentFormat } from './format.ts';

/** `phc2sys[1205.247]: `, or `phc2sys[1957]: [231835.711] ` in the journal; tags such as `[ptp4l.0.config]` are optional. */
const TAG = /\bphc2sys\[[^\]]{0,40}\]: {0,4}((?:\[[^\]]{0,80}\] {0,4}){0,4})/;
/** The clock that is set comes first, in old versions not at all; then where time comes from. */
const OFFSET = /^(?:(\S{1,64}) )?(\S{1,64}) offset {1,40}(-?\d{1,20}) s(\d) freq {1,40}[+-]?\d{1,12}(?: delay {1,40}(-?\d{1,20}))?\s*$/;
const SUMMARY =
  /^(?:(\S{1,64}) )?rms {1,40}(\d{1,20}) max {1,40}(\d{1,20}) freq {1,40}[+-]?\d{1,12} \+\/- {0,40}\d{1,20}(?: delay {1,40}(-?\d{1,20}) ?\+\/- {0,40}\d{1,20})?\s*$/;
const SYSTEM_CLOCK = 'CLOCK_REALTIME';

type Log = {
  readonly samples: ServoSample[];
  readonly summaries: { readonly maximum: string; readonly delay: string; readonly line: number }[];
  readonly others: Set<string>;
  lines: number;
};

function readLog(lines: readonly Line[]): Log {
  const log: Log = { samples: [], summaries: [], others: new Set(), lines: 0 };
  for (const line of lines) {
    const tag = TAG.exec(line.text);
    if (tag === null) continue;
    log.lines++;
    const message = line.text.slice(tag.index + tag[0].length);
    const [, target = SYSTEM_CLOCK, source, offset, state, delay] = OFFSET.exec(message) ?? [];
    const [, summaryTarget = SYSTEM_CLOCK, , maximum, summaryDelay = ''] = SUMMARY.exec(message) ?? [];
    if (offset !== undefined && state !== undefined) {
      // From `sys` the time goes the other way: the system clock is the reference of another clock.
      if (target === SYSTEM_CLOCK && source !== 'sys') log.samples.push({ offset, state, delay, line: line.number });
      else log.others.add(source === 'sys' ? 'a clock set from the system clock' : target);
    } else if (maximum !== undefined) {
      if (summaryTarget === SYSTEM_CLOCK) log.summaries.push({ maximum, delay: summaryDelay, line: line.number });
      else log.others.add(summaryTarget);
    }
  }
  return log;
}

function toClock(log: Log, warnings: WarningTally): ClockFacts {
  // Reading the other clock takes `delay` there and back: half of it can be asymmetry.
  if (log.samples.length > 0) return toServoClock(log.samples, 0.5, warnings);
  const bounds = log.summaries.map(({ maximum, delay }) => (delay === '' ? Number.NaN : Number(maximum) + Math.max(0, Number(delay)) / 2));
  const uncertaintyNs = Math.ceil(largest(bounds.slice(-1)));
  warnings.add(
    'servo_state_unknown',
    'summaries (rms … max …) do not tell whether the servo is locked; run phc2sys with -u 0',
    log.summaries.at(-1)?.line ?? null,
  );
  return { source: 'ptp', ...(Number.isSafeInteger(uncertaintyNs) ? { uncertaintyNs } : {}) };
}

function parse(text: string): EnvironmentFinding {
  const log = readLog(readLines(text));
  if (log.lines === 0)
    refuse("there is no line 'phc2sys[…]: CLOCK_REALTIME phc offset … s2 freq … delay …'; send its log: journalctl -u phc2sys");
  if (log.samples.length + log.summaries.length === 0) {
    const found = log.others.size === 0 ? 'no offset' : `only offsets of ${[...log.others].slice(0, 4).join(', ')}`;
    refuse(`the log tells ${found}, none of CLOCK_REALTIME; send more of it, or that of the phc2sys that sets the system clock`);
  }
  const warnings = new WarningTally();
  warnings.add(
    'one_leg',
    "this is the system clock against the network card's; the card's error against its master comes on top (format=pmc or ptp4l-log)",
    null,
  );
  return toFinding({ clock: toClock(log, warnings) }, warnings, 'no clock was found');
}

/** State of the system clock by the log of phc2sys. The offset is the system clock minus the PTP clock: positive is ahead. */
export const phc2sysLogFormat: EnvironmentFormat = {
  id: 'phc2sys-log',
  summary: "log of phc2sys: offset of the system clock from the network card's PTP clock, and whether the servo is locked",
  detect: (head) => TAG.test(head),
  parse,
};
