/** How this machine's clock stands: offset is this machine minus its reference, so a positive offset is a clock that is ahead. */
export type ClockState = {
  readonly source: string;
  readonly synchronised: boolean;
  readonly offsetNs?: number;
  readonly uncertaintyNs?: number;
};

const NS_PER_S = 1e9;
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
/** chronyc goes on saying Normal when the source is lost: eight updates without news count as lost, but never less than this. */
const SHORTEST_SILENCE_S = 2048;

/**
 * Reads one line of `chronyc -c tracking`; undefined when it is none (no daemon answers `506 Cannot talk to daemon`).
 * Uncertainty is |offset| + root dispersion + root delay / 2, the maximum error of chronyc(1), section tracking. In this form chronyc
 * prints a clock that is ahead with a negative offset (text output says `fast`), so the sign is turned.
 * @param text stdout of the command
 * @param nowS seconds since the epoch now, to tell a lost source by the age of its last update
 * @example parseChronyTracking('7F000001,127.0.0.1,4,1795200692.059766635,-0.000001079,0.00000005,0.000000142,0.027,0.002,0.104,0.000006106,0.000001173,0.3,Normal', 1795200693)
 * // { source: 'ntp', synchronised: true, offsetNs: 1079, uncertaintyNs: 5305 }
 */
export function parseChronyTracking(text: string, nowS: number): ClockState | undefined {
  const fields = text.trim().split(',');
  const leap = fields[FIELDS.leap];
  if (leap === undefined) return undefined;
  const source = toClockSource(fields[FIELDS.name] ?? '');
  if (fields[FIELDS.referenceId] === '00000000' || leap === 'Not synchronised') return { source, synchronised: false };
  const referenceTimeS = numberAt(fields, FIELDS.referenceTimeS);
  const offsetS = numberAt(fields, FIELDS.offsetS);
  const rootDelayS = numberAt(fields, FIELDS.rootDelayS);
  const rootDispersionS = numberAt(fields, FIELDS.rootDispersionS);
  const updateIntervalS = numberAt(fields, FIELDS.updateIntervalS);
  if (
    referenceTimeS === undefined ||
    offsetS === undefined ||
    rootDelayS === undefined ||
    rootDispersionS === undefined ||
    updateIntervalS === undefined
  ) {
    return undefined;
  }
  return {
    source,
    synchronised: nowS - referenceTimeS <= Math.max(SHORTEST_SILENCE_S, 8 * updateIntervalS),
    offsetNs: Math.round(-offsetS * NS_PER_S) + 0, // + 0 makes -0 a 0
    uncertaintyNs: Math.round((Math.abs(offsetS) + rootDispersionS + rootDelayS / 2) * NS_PER_S),
  };
}

function numberAt(fields: readonly string[], index: number): number | undefined {
  const text = fields[index]?.trim();
  const value = Number(text);
  return text === undefined || text === '' || !Number.isFinite(value) ? undefined : value;
}

/** What disciplines the clock, by the name chrony gives its source: reference clocks have names such as PHC0, servers addresses. */
function toClockSource(name: string): string {
  if (/^(PHC|PTP)/.test(name)) return 'ptp';
  if (/^(PPS|GPS|NMEA)/.test(name)) return 'gnss';
  return 'ntp';
}
