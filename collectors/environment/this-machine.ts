import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { arch, hostname, machine, release } from 'node:os';
import type { Machine } from './capture.ts';

const COMMAND_TIMEOUT_MS = 5_000; // nvidia-smi takes a second or two when no persistence daemon runs

/** The machine this process runs on, for `captureEnvironment`. */
export function thisMachine(nowMs: number): Machine {
  return {
    hostname: hostname(),
    machine: machine() || arch(),
    kernelRelease: release(),
    nowS: nowMs / 1000,
    readFile: (path) => readFile(path, 'utf8').catch(() => undefined),
    run: (command, args) =>
      new Promise((resolve) => {
        const options = { timeout: COMMAND_TIMEOUT_MS, env: { ...process.env, LC_ALL: 'C' }, encoding: 'utf8' } as const;
        execFile(command, [...args], options, (error, stdout) => resolve(error === null ? stdout : undefined));
      }),
  };
}
