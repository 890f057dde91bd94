import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** What the system says of a process: Linux only, from /proc. */

/** `sysconf(_SC_CLK_TCK)`, 100 on every Linux that Node runs on. */
const TICKS_PER_S = 100;
const KIB = 1024;
/** Columns of /proc/<pid>/stat behind the name in brackets, counted from 0: proc(5) utime (14) and stime (15). */
const UTIME = 11;
const STIME = 12;

/** CPU seconds the process has used, in user and system mode, all threads. */
export function readCpuS(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const columns = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(columns[UTIME]) + Number(columns[STIME])) / TICKS_PER_S;
}

/** CPU seconds of these processes together. */
export function readCpuOfAllS(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + readCpuS(pid), 0);
}

/** Resident memory of a process now, bytes. */
export function readResidentBytes(pid: number): number {
  const kib = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  if (kib === undefined) throw new RangeError(`readResidentBytes: process ${pid} has no VmRSS`);
  return Number(kib) * KIB;
}

/** Waits until these processes rest (less than 2 % of a core over 300 ms), at most `limitMs`, so that merges of one measurement do not slow the next. */
export async function settle(pids: readonly number[], limitMs = 8000): Promise<void> {
  const deadlineMs = performance.now() + limitMs;
  while (performance.now() < deadlineMs) {
    const before = readCpuOfAllS(pids);
    await sleep(300);
    if (readCpuOfAllS(pids) - before <= 0.01) return;
  }
}

/** Processes a process has started, from its main thread. */
export function listChildren(pid: number): readonly number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
  return text === '' ? [] : text.split(' ').map(Number);
}
