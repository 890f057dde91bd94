import { readGroups, readLines, refuse, toFinding, WarningTally, withoutAbsent } from './facts.ts';
import type { EnvironmentFinding, EnvironmentFormat } from './format.ts';

export type KernelBuild = { readonly kernel: string; readonly kernelBuild: Readonly<Record<string, string>> };

const RELEASE = /^Linux version (\S+)/;
const VERSION = /\) (#\d.*)$/;
const LINKER = /^(?:GNU|LLD|LLVM)\b/;

/**
 * A `Linux version …` line: release, compiler and linker the kernel was built with, its build number and preemption. Builder and host are
 * left out: they say where it was built, not what it is.
 * @returns undefined when the line is none
 */
export function parseKernelLine(text: string): KernelBuild | undefined {
  const kernel = RELEASE.exec(text)?.[1];
  if (kernel === undefined) return undefined;
  const version = VERSION.exec(text)?.[1]?.trim();
  const groups = readGroups(text);
  const tools = groups.find((group) => /\b(?:gcc|clang|rustc)\b/i.test(group) && !/^\S+@\S+$/.test(group));
  const [compiler, linker] = splitTools(tools);
  const preemption = /\bPREEMPT(?:_RT|_DYNAMIC|_LAZY)?\b/.exec(version ?? '')?.[0];
  return { kernel, kernelBuild: withoutAbsent({ compiler, linker, version, preemption }) };
}

/** `gcc (GCC) 15.3.0, GNU ld (GNU Binutils) 2.46` in its two parts; old kernels name the compiler only. */
function splitTools(text: string | undefined): readonly [compiler?: string, linker?: string] {
  if (text === undefined) return [];
  const comma = text.lastIndexOf(', ');
  const linker = comma < 0 ? '' : text.slice(comma + 2).trim();
  return LINKER.test(linker) ? [text.slice(0, comma).trim(), linker] : [text.trim()];
}

function parse(text: string): EnvironmentFinding {
  const lines = readLines(text).filter((line) => line.text.trim() !== '');
  const [first, second] = lines;
  const found = parseKernelLine(first?.text ?? '');
  if (first === undefined || found === undefined) {
    refuse("the text does not start with 'Linux version …'; send the file /proc/version as it is");
  }
  if (second !== undefined) refuse('/proc/version has one line; send that file alone', second.number);
  const warnings = new WarningTally();
  if (found.kernelBuild['version'] === undefined) {
    warnings.add('truncated', "there is no '#' with the build number: the line is cut off, and only its beginning was read", first.number);
  }
  return toFinding(found, warnings, 'no kernel was found');
}

/** Kernel release and how that kernel was built. */
export const procVersionFormat: EnvironmentFormat = {
  id: 'proc-version',
  summary: '/proc/version: kernel release, its compiler, linker, build number and preemption',
  detect: (head) => RELEASE.test(head),
  parse,
};
