#!/usr/bin/env node
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { readClientConfig } from '../service/index.ts';
import { runPlumbline } from './program.ts';
import type { Ports } from './session.ts';

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

const ports: Ports = {
  write: (text) => process.stdout.write(text),
  writeError: (text) => process.stderr.write(text),
  stdin: process.stdin,
  isTerminal: process.stdout.isTTY === true,
  isErrorTerminal: process.stderr.isTTY === true,
  noColor: readClientConfig().noColor,
  environ: undefined,
  nowMs: Date.now,
  newId: randomUUID,
  sleep: async (ms) => {
    await delay(ms);
  },
  onSignal: (listener) => {
    for (const signal of SIGNALS) process.on(signal, listener);
    return () => {
      for (const signal of SIGNALS) process.off(signal, listener);
    };
  },
  exitNow: (code) => process.exit(code),
};

// `plumbline run list | head` closes the pipe early; that is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

const exitCode = await runPlumbline(process.argv.slice(2), ports);
// What a failed start left open must not keep the process; everything written is out once the empty write is.
process.stdout.write('', () => process.exit(exitCode));
