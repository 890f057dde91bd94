import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { locatePackage } from '../../service/index.ts';
import type { OpenRun } from '../../wire/run.ts';
import { badInput } from '../exit.ts';
import { type OpenBody, openFile } from '../input.ts';
import {
  CANDIDATE_FOLDER,
  type CapturedFile,
  type CaptureTimes,
  GOLDEN_FOLDERS,
  PROJECT,
  REPETITION_FILES,
  REPETITIONS,
  RUN_FILE,
} from './walk.ts';

/** The bundled captures: real tool output that the package carries. */
export type CapturedPayload = Pick<CapturedFile, 'file' | 'kind'> & {
  readonly query: Readonly<Record<string, string>>;
  readonly openBody: OpenBody;
};
export type CapturedRun = { readonly folder: string; readonly run: OpenRun; readonly payloads: readonly CapturedPayload[] };

export const capturesFolder = () => join(locatePackage(), 'cli', 'demo', 'captures');

async function loadJson<T>(path: string): Promise<T> {
  try {
    const value: T = JSON.parse(await readFile(path, 'utf8'));
    return value;
  } catch (error) {
    throw badInput(`the demo's captures are damaged: ${path} cannot be read`, ['install plumbline again'], error);
  }
}

/** A clock that is behind the captures' must not refuse them as coming from the future: their times move back together, keeping their distances. */
function moveBack(times: CaptureTimes, shiftNs: bigint): CaptureTimes {
  const move = (atNs: string) => String(BigInt(atNs) - shiftNs);
  return { ...times, dcgmAt1Ns: move(times.dcgmAt1Ns), dcgmAt2Ns: move(times.dcgmAt2Ns) };
}

async function loadPayload(
  folder: string,
  { file, kind, format, parameters }: CapturedFile,
  repetition: number,
  times: CaptureTimes,
): Promise<CapturedPayload> {
  const query = { format, repetition: String(repetition), ...parameters(times) };
  return { file: `r${repetition}/${file}`, kind, query, openBody: await openFile(join(folder, file)) };
}

async function loadRun(captures: string, folder: string, shiftNs: bigint): Promise<CapturedRun> {
  const run = await loadJson<Omit<OpenRun, 'project'>>(join(captures, folder, 'run.json'));
  const { file, kind, format } = RUN_FILE;
  const payloads: CapturedPayload[] = [{ file, kind, query: { format }, openBody: await openFile(join(captures, file)) }];
  for (let repetition = 1; repetition <= REPETITIONS; repetition += 1) {
    const place = join(captures, folder, `r${repetition}`);
    const times = moveBack(await loadJson<CaptureTimes>(join(place, 'meta.json')), shiftNs);
    for (const captured of REPETITION_FILES) payloads.push(await loadPayload(place, captured, repetition, times));
  }
  return { folder, run: { ...run, project: PROJECT }, payloads };
}

async function computeShiftNs(captures: string, folders: readonly string[], nowMs: number): Promise<bigint> {
  let latestNs = 0n;
  for (const folder of folders) {
    for (let repetition = 1; repetition <= REPETITIONS; repetition += 1) {
      const { dcgmAt2Ns } = await loadJson<CaptureTimes>(join(captures, folder, `r${repetition}`, 'meta.json'));
      if (BigInt(dcgmAt2Ns) > latestNs) latestNs = BigInt(dcgmAt2Ns);
    }
  }
  const aheadNs = latestNs - BigInt(nowMs) * 1_000_000n;
  return aheadNs > 0n ? aheadNs : 0n;
}

/**
 * Every captured run, golden ones first, in the order of pushing.
 * @throws CommandError bad input when a file is missing
 */
export async function loadCaptures(
  nowMs: number,
  captures = capturesFolder(),
): Promise<{ readonly golden: readonly CapturedRun[]; readonly candidate: CapturedRun }> {
  const shiftNs = await computeShiftNs(captures, [...GOLDEN_FOLDERS, CANDIDATE_FOLDER], nowMs);
  const golden: CapturedRun[] = [];
  for (const folder of GOLDEN_FOLDERS) golden.push(await loadRun(captures, folder, shiftNs));
  return { golden, candidate: await loadRun(captures, CANDIDATE_FOLDER, shiftNs) };
}
