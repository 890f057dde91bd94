import type { Attribution, VerdictStatus } from '../../wire/verdict.ts';
import { compareText } from '../pair-series.ts';

/** One change, judged on one machine against the baseline of its own comparability class. */
export type ArchitectureReading = {
  readonly runId: string;
  readonly isa: string;
  /** Times under emulation say nothing; counts of instructions and sizes do. */
  readonly emulated: boolean;
  /** Keys that differ from that baseline (compareRuns). */
  readonly changedKeys: readonly string[];
  readonly regions: readonly { readonly region: string; readonly status: VerdictStatus }[];
};

/** What one region says about a change, read across architectures. */
export type ArchitectureFinding = {
  readonly region: string;
  /** `code_generation`: worse on some architectures and clean on others; `common`: worse on all of two or more that judged it. */
  readonly suspicion: 'code_generation' | 'common';
  readonly worseOn: readonly string[];
  readonly cleanOn: readonly string[];
  /** Keys other than subject and toolchain that changed where it is worse and not where it is clean: they may be the cause instead. */
  readonly confoundedWith: readonly string[];
  readonly evidence: readonly string[];
};

/**
 * Reads one change (one commit, say) across architectures, region by region. The source is the same everywhere, so what is worse on RISC-V
 * and clean on x86 points at what the compiler made of it; what is worse everywhere points at the source. Architectures whose machines
 * disagree, or that judged nothing, are on neither side; a region that is worse on a single architecture without any other says nothing.
 * @param readings any order, several machines of one ISA allowed
 * @returns ascending by region, only regions that say something
 */
export function compareArchitectures(readings: readonly ArchitectureReading[]): readonly ArchitectureFinding[] {
  const regions = new Set(readings.flatMap((reading) => reading.regions.map((one) => one.region)));
  return [...regions].sort(compareText).flatMap((region) => {
    const sides = toSides(readings, region);
    const worseOn = sides.filter((side) => side.outcome === 'worse');
    const cleanOn = sides.filter((side) => side.outcome === 'clean');
    if (worseOn.length === 0 || worseOn.length + cleanOn.length < 2) return [];
    return [toFinding(region, worseOn, cleanOn)];
  });
}

/**
 * As a verdict carries it: `code generation` with the regions that say so.
 * @returns null when no region points there
 */
export function toCodeGenerationAttribution(findings: readonly ArchitectureFinding[]): Attribution | null {
  const suspicious = findings.filter((finding) => finding.suspicion === 'code_generation');
  if (suspicious.length === 0) return null;
  const sentences = suspicious.map((finding) => `${finding.region}: ${finding.evidence.join(', ')}`);
  return { cause: 'code generation', evidence: sentences.join('; '), share: null };
}

/** What one architecture says about a region. */
type Side = { readonly isa: string; readonly outcome: 'worse' | 'clean' | 'unclear'; readonly readings: readonly ArchitectureReading[] };

function toSides(readings: readonly ArchitectureReading[], region: string): readonly Side[] {
  const judging = readings.filter((reading) => reading.regions.some((one) => one.region === region && one.status !== 'inconclusive'));
  return [...new Set(judging.map((reading) => reading.isa))].sort(compareText).map((isa) => {
    const own = judging.filter((reading) => reading.isa === isa);
    const statuses = own.flatMap((reading) => reading.regions.filter((one) => one.region === region).map((one) => one.status));
    return { isa, outcome: toOutcome(statuses), readings: own };
  });
}

function toOutcome(statuses: readonly VerdictStatus[]): Side['outcome'] {
  const worse = statuses.filter((status) => status === 'drift' || status === 'regression').length;
  const clean = statuses.filter((status) => status === 'pass' || status === 'improvement').length;
  if (worse > 0 && clean > 0) return 'unclear';
  if (worse > 0) return 'worse';
  return clean > 0 ? 'clean' : 'unclear';
}

function toFinding(region: string, worse: readonly Side[], clean: readonly Side[]): ArchitectureFinding {
  const worseOn = worse.map((side) => side.isa);
  const cleanOn = clean.map((side) => side.isa);
  const only = clean.length === 0 ? [] : findKeysOnlyIn(worse, clean);
  const toolchain = only.filter((key) => key.startsWith('toolchain.'));
  const confoundedWith = only.filter((key) => !key.startsWith('toolchain.') && !key.startsWith('subject.'));
  const emulated = [...worse, ...clean].filter((side) => side.readings.every((reading) => reading.emulated)).map((side) => side.isa);
  return {
    region,
    suspicion: clean.length === 0 ? 'common' : 'code_generation',
    worseOn,
    cleanOn,
    confoundedWith,
    evidence: [
      clean.length === 0 ? `worse on ${worseOn.join(', ')} alike` : `worse on ${worseOn.join(', ')} and not on ${cleanOn.join(', ')}`,
      ...(toolchain.length === 0 ? [] : [`${toolchain.join(', ')} changed there only`]),
      ...(confoundedWith.length === 0 ? [] : [`${confoundedWith.join(', ')} changed there only and may be the cause instead`]),
      ...(emulated.length === 0 ? [] : [`${emulated.join(', ')} emulated: believe counts, not times`]),
    ],
  };
}

/** Keys that changed in every reading of every worse architecture and in no reading of a clean one. */
function findKeysOnlyIn(worse: readonly Side[], clean: readonly Side[]): readonly string[] {
  const worseReadings = worse.flatMap((side) => side.readings);
  const cleanKeys = new Set(clean.flatMap((side) => side.readings.flatMap((reading) => reading.changedKeys)));
  const keys = new Set(worseReadings.flatMap((reading) => reading.changedKeys));
  return [...keys]
    .filter((key) => !cleanKeys.has(key) && worseReadings.every((reading) => reading.changedKeys.includes(key)))
    .sort(compareText);
}
