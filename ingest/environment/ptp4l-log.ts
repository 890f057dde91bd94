import { type ClockFacts, largest, type ServoSample, toServoClock } from './clock.ts';
import { type Line, readLines, refuse, toFinding, WarningTally } from './facts.ts';
import type { EnvironmentFinding, EnvironmentFormat } from './format.ts';

const OFFSET = /\bmaster offset {1,40}(-?\d{1,20}) s(\d) freq {1,40}[+-]?\d{1,12} path delay {1,40}(-?\d{1,20})\s*$/;
const SUMMARY =
  /\brms {1,40}(\d{1,20}) max {1,40}(\d{1,20}) freq {1,40}[+-]?\d{1,12} \+\/- {0,40}\d{1,20}(?: delay {1,40}(-?\d{1,20}) ?\+\/- {0,40}\d{1,20})?\s*$/;
/** `port 1: UNCALIBRATED to SLAVE on MASTER_CLOCK_SELECTED`, with the interface's name from version 4 on; port 0 is the control socket. */
const TRANSITION = /\bport ([1-9]\d{0,4})(?: \([^)]{0,64}\))?: ([A-Z_]{3,20}) to ([A-Z_]{3,20}) on [A-Z_]{1,60}\s*$/;
const TAG = /\bptp4l\[/;

type Log = {
  /** Measurements since the port last left its master. */
  readonly samples: ServoSample[];
  readonly summaries: { readonly maximum: string; readonly delay: string; readonly line: number }[];
  readonly states: Map<string, string>;
  lines: number;
};

function readLog(lines: readonly Line[]): Log {
  const log: Log = { samples: [], summaries: [], states: new Map(), lines: 0 };
  for (const line of lines) {
    if (/\bphc2sys\b/.test(line.text)) continue;
    const [, offset, state, delay] = OFFSET.exec(line.text) ?? [];
    const [, , maximum, summaryDelay] = SUMMARY.exec(line.text) ?? [];
    const [, port, from, to] = TRANSITION.exec(line.text) ?? [];
    if (offset !== undefined && state !== undefined) log.samples.push({ offset, state, delay, line: line.number });
    else if (maximum !== undefined) log.summaries.push({ maximum, delay: summaryDelay ?? '', line: line.number });
    else if (port !== undefined && to !== undefined) {
      log.states.set(port, to);
      if (from === 'SLAVE' || from === 'UNCALIBRATED') {
        if (to !== 'SLAVE') log.samples.length = 0;
        log.summaries.length = 0;
      }
    } else if (!TAG.test(line.text)) continue;
    log.lines++;
  }
  return log;
}

/** By the lines of `summary_interval`, which have neither a signed offset nor the servo's state. */
function toSummaryClock(log: Log, following: boolean | undefined, warnings: WarningTally): ClockFacts {
  const bounds = log.summaries.map(({ maximum, delay }) => (delay === '' ? Number.NaN : Number(maximum) + Math.max(0, Number(delay))));
  // Without a port's state older summaries may be from before the lock.
  const uncertaintyNs = largest(following === undefined ? bounds.slice(-1) : bounds);
  if (following === undefined) {
    warnings.add(
      'servo_state_unknown',
      'summaries (rms … max …) do not tell whether the servo is locked; send the log from the start of ptp4l, or format=pmc',
      log.summaries.at(-1)?.line ?? null,
    );
  }
  return {
    source: 'ptp',
    ...(following === undefined ? {} : { synchronised: following }),
    ...(Number.isSafeInteger(uncertaintyNs) ? { uncertaintyNs } : {}),
  };
}

function toClock(log: Log, warnings: WarningTally): ClockFacts {
  const states = [...log.states.values()];
  const following = states.includes('SLAVE') ? true : states.length > 0 ? false : undefined;
  const leads = states.includes('MASTER') || states.includes('GRAND_MASTER');
  if (log.samples.length > 0) {
    const clock = toServoClock(log.samples, 1, warnings);
    return following === false ? { ...clock, synchronised: false } : clock;
  }
  if (log.summaries.length > 0) return toSummaryClock(log, following, warnings);
  if (!leads) return { source: 'ptp', synchronised: false };
  warnings.add(
    'grandmaster',
    'this clock is the master of its domain; nothing here bounds its own error, so whether it is synchronised stays open',
    null,
  );
  return { source: 'ptp' };
}

function parse(text: string): EnvironmentFinding {
  const log = readLog(readLines(text));
  if (log.lines === 0)
    refuse(
      "there is no line of ptp4l ('master offset … s2 freq … path delay …', 'port 1: … to SLAVE on …'); send its log: journalctl -u ptp4l",
    );
  if (log.samples.length + log.summaries.length + log.states.size === 0) {
    refuse('the lines of ptp4l tell neither an offset nor a state of a port; send more of its log');
  }
  const warnings = new WarningTally();
  return toFinding({ clock: toClock(log, warnings) }, warnings, 'no clock was found');
}

/** State of the PTP clock by the log of ptp4l. Its offset is this clock minus the master: positive is ahead. */
export const ptp4lLogFormat: EnvironmentFormat = {
  id: 'ptp4l-log',
  summary: 'log of ptp4l (its output with -m, or journalctl -u ptp4l): offset, path delay and whether the servo is locked',
  detect: (head) => head.split('\n').some((line) => !/\bphc2sys\b/.test(line) && (TAG.test(line) || OFFSET.test(line.trimEnd()))),
  parse,
};
