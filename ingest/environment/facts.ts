import { toFact } from '../../wire/facts.ts';
import type { Warning } from '../../wire/payload.ts';
import { ParseError } from '../format.ts';
import { WarningTally } from '../formats/warning-tally.ts';
import { forEachLine, openText } from '../lexers/text.ts';
import type { EnvironmentFinding, PartialEnvironment } from './format.ts';

export { toFact };

/** `uname -m` and lscpu as the names DESIGN.md uses; others are passed on as they are. */
export function toIsa(machine: string): string {
  if (machine === 'amd64') return 'x86_64';
  if (machine === 'arm64') return 'aarch64';
  return machine;
}

/** The members that have a value. */
type Present<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};

export function withoutAbsent<T extends object>(members: T): Present<T>;
export function withoutAbsent(members: object): object {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}

/** The members, or undefined when there are none. */
export function withoutEmpty<T extends object>(members: T): T | undefined {
  return Object.keys(members).length === 0 ? undefined : members;
}

export type Line = { readonly text: string; readonly number: number };

/** The longest line these tools print is the switches of a compilation, some kilobytes. Keeps every pattern cheap on hostile text. */
const LINE_CHARACTERS = 64 * 1024;

/** Lines of a text, without their ends, numbered from 1. @throws ParseError when it is empty, binary or has a line over the limit */
export function readLines(text: string): readonly Line[] {
  const lines: Line[] = [];
  forEachLine(openText(text), (line, number) => {
    if (line.length > LINE_CHARACTERS)
      refuse(`line ${number} has ${line.length} characters; no tool that describes a machine prints such lines`, number);
    lines.push({ text: line, number });
  });
  return lines;
}

/** `name : value`, split at the first colon; undefined for a line without one. */
export function splitAtColon(text: string): { readonly name: string; readonly value: string } | undefined {
  const colon = text.indexOf(':');
  return colon < 0 ? undefined : { name: text.slice(0, colon).trim(), value: text.slice(colon + 1).trim() };
}

/** What stands in parentheses on the outermost level, in order. */
export function readGroups(text: string): readonly string[] {
  const groups: string[] = [];
  let depth = 0;
  let start = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 40 && depth++ === 0) start = i + 1;
    if (code === 41 && depth > 0 && --depth === 0) groups.push(text.slice(start, i));
  }
  return groups;
}

/** @throws ParseError always */
export function refuse(detail: string, line = 1): never {
  throw new ParseError(detail, { line, column: 1 });
}

const EXCERPT_CHARACTERS = 80;

/** An excerpt of the tool's own words for a message. */
export function excerpt(text: string): string {
  const trimmed = text.trim();
  return JSON.stringify(trimmed.length > EXCERPT_CHARACTERS ? `${trimmed.slice(0, EXCERPT_CHARACTERS)}…` : trimmed);
}

/** The different facts in order of first appearance. */
export function distinct<T>(facts: readonly T[]): readonly T[] {
  return [...new Set(facts)];
}

/** One wording of several versions of one thing, the same whatever order a tool lists them in. */
export function joinVersions(versions: readonly string[]): string {
  return [...new Set(versions)].sort().join(', ');
}

/** Characters of a text member in wire/run.ts, of flags, and of a name in `firmware` and `conditions`. */
const TEXT_CHARACTERS = 512;
const FLAGS_CHARACTERS = 4096;
const NAME_CHARACTERS = 64;

/**
 * What a parser found, once texts too long for an environment are left out with a warning: a cut text would be another fact.
 * @throws ParseError when nothing was found, saying `nothing`
 */
export function toFinding(
  found: PartialEnvironment,
  warnings: WarningTally,
  nothing: string,
  fallback?: PartialEnvironment,
): EnvironmentFinding {
  const environment = dropLong(found, '', warnings);
  const rest = fallback === undefined ? undefined : withoutEmpty(dropLong(fallback, '', warnings));
  if (withoutEmpty(environment) === undefined && rest === undefined) refuse(nothing);
  return { environment, ...(rest === undefined ? {} : { fallback: rest }), warnings: warnings.list() };
}

function dropLong(members: PartialEnvironment, prefix: string, warnings: WarningTally): PartialEnvironment {
  const kept: [string, unknown][] = [];
  for (const [name, value] of Object.entries(members)) {
    if (value === undefined) continue;
    const path = `${prefix}${name}`;
    if (name.length > NAME_CHARACTERS) {
      warnings.add('too_long', `a name of ${name.length} characters (${excerpt(name)}) was left out; at most ${NAME_CHARACTERS} fit`, null);
    } else if (typeof value === 'string' && value.length > (path === 'toolchain.flags' ? FLAGS_CHARACTERS : TEXT_CHARACTERS)) {
      warnings.add('too_long', `${path} has ${value.length} characters and was left out`, null);
    } else if (isMembers(value)) {
      const inner = withoutEmpty(dropLong(value, `${path}.`, warnings));
      if (inner !== undefined) kept.push([name, inner]);
    } else kept.push([name, value]);
  }
  return Object.fromEntries(kept);
}

/** Whether a value is an object with members, not a list or null. */
export function isMembers(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export { type Warning, WarningTally };
