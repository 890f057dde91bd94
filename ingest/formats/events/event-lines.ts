import { LIMITS } from '../../../wire/limits.ts';
import { ParseError, type PayloadParameters } from '../../format.ts';
import { quote, readInteger } from '../../lexers/decimal.ts';
import { JsonLine, type JsonMember } from '../../lexers/json-line.ts';
import { detach } from '../../lexers/stream-text.ts';
import { readTimestamp } from '../../lexers/timestamp.ts';
import type { EventRecord } from '../../records.ts';
import type { WarningTally } from '../warning-tally.ts';

/** Characters of a message that are kept with its event, as of the kernel log. */
const MESSAGE_CHARACTERS = 1000;
const MEMBERS: ReadonlySet<string> = new Set(['code', 'at', 'message', 'labels', 'repetition']);
const LABEL_PREFIX = 'label.';
/** As the formats of kind samples and the query parameters `labels.<name>` allow. */
const LABEL_NAME = /^[A-Za-z_][A-Za-z0-9_.-]{0,63}$/;
const CODE = /^[a-z][a-z0-9_]*(?:\.[a-z0-9_]+)+$/;

/** Whether a text is the code of an event: dotted, lower case, as `kernel.oops`; not longer than a metric. */
export function isEventCode(text: string): boolean {
  return text.length <= LIMITS.metricCharacters && CODE.test(text);
}

/**
 * Reads one line of `events?format=ndjson`.
 * @param text the line, without line break @param line from 1
 * @returns undefined for an empty line
 * @throws ParseError when it is no event
 */
export function readEventLine(text: string, line: number, parameters: PayloadParameters, tally: WarningTally): EventRecord | undefined {
  const json = new JsonLine(text, { start: 0, end: text.length, line });
  if (json.skipBlanks(0) === text.length) return undefined;
  const members = indexMembers(json, tally);
  const code = readText(json, members, 'code') ?? json.fail('has no code; an event needs one, such as kernel.oops', 0);
  if (!isEventCode(code))
    failAt(
      json,
      members,
      'code',
      `is ${quote(code)}; write a dotted lower-case name of at most ${LIMITS.metricCharacters} characters, such as kernel.oops`,
    );
  return {
    kind: 'event',
    repetition: readRepetition(json, members, parameters),
    code: detach(code),
    atNs: readAt(json, members, parameters),
    message: readMessage(json, members, tally),
    labels: readLabels(json, members, parameters),
    line,
  };
}

type Members = ReadonlyMap<string, JsonMember>;

function indexMembers(json: JsonLine, tally: WarningTally): Members {
  const members = new Map<string, JsonMember>();
  for (const member of json.members(0)) {
    const { name, nameStart } = member;
    if (members.has(name)) json.fail(`says ${quote(name)} twice`, nameStart);
    if (MEMBERS.has(name) || name.startsWith(LABEL_PREFIX)) members.set(name, member);
    else
      tally.add('unknown_member', `member ${quote(name)} is ignored; to keep it as a label name it label.${name.slice(0, 64)}`, json.line);
  }
  return members;
}

function failAt(json: JsonLine, members: Members, name: string, detail: string): never {
  throw new ParseError(`${name} ${detail}`, json.place(members.get(name)?.start ?? 0));
}

function readText(json: JsonLine, members: Members, name: string): string | undefined {
  const member = members.get(name);
  if (member === undefined) return undefined;
  if (member.kind !== 'string') failAt(json, members, name, `is ${quote(json.raw(member))}; write a string`);
  return json.string(member);
}

function readMessage(json: JsonLine, members: Members, tally: WarningTally): string {
  const message = readText(json, members, 'message') ?? '';
  if (message.length <= MESSAGE_CHARACTERS) return detach(message);
  tally.add('message_cut', `of messages the first ${MESSAGE_CHARACTERS} characters are kept`, json.line);
  // Not inside a surrogate pair: half of one is no text.
  const end = /[\ud800-\udbff]/.test(message.charAt(MESSAGE_CHARACTERS - 1)) ? MESSAGE_CHARACTERS - 1 : MESSAGE_CHARACTERS;
  return detach(message.slice(0, end));
}

function readAt(json: JsonLine, members: Members, { atNs }: PayloadParameters): bigint | null {
  const member = members.get('at');
  if (member === undefined) return atNs ?? null;
  const reading = readTimestamp(member.kind === 'string' ? json.string(member) : json.raw(member));
  return 'refusal' in reading ? failAt(json, members, 'at', reading.refusal) : reading.atNs;
}

function readRepetition(json: JsonLine, members: Members, parameters: PayloadParameters): number {
  const member = members.get('repetition');
  if (member === undefined) return parameters.repetition;
  const repetition = member.kind === 'number' ? readInteger(json.raw(member), { least: 1, most: LIMITS.repetition }) : undefined;
  return (
    repetition ?? failAt(json, members, 'repetition', `is ${quote(json.raw(member))}; write a whole number from 1 to ${LIMITS.repetition}`)
  );
}

/** Labels of the line, which win over the caller's. */
function readLabels(json: JsonLine, members: Members, parameters: PayloadParameters): Readonly<Record<string, string>> {
  const labels = new Map<string, string>();
  const add = (name: string, member: JsonMember) => {
    const fail = (detail: string): never => {
      throw new ParseError(`the label ${quote(name)} ${detail}`, json.place(member.nameStart));
    };
    if (!LABEL_NAME.test(name))
      fail('must start with a letter or underscore, then up to 63 letters, digits, underscores, points or hyphens');
    if (labels.has(name)) fail('is said twice');
    if (member.kind !== 'string') fail(`is ${quote(json.raw(member))}; write a string`);
    const value = json.string(member);
    if (value.length > LIMITS.labelCharacters) fail(`has ${value.length} characters, the limit is ${LIMITS.labelCharacters}`);
    labels.set(name, detach(value));
  };
  for (const [name, member] of members) if (name.startsWith(LABEL_PREFIX)) add(name.slice(LABEL_PREFIX.length), member);
  const object = members.get('labels');
  if (object !== undefined && object.kind !== 'object')
    failAt(json, members, 'labels', `is ${quote(json.raw(object))}; write an object of strings`);
  if (object !== undefined) for (const member of json.membersOf(object)) add(member.name, member);
  // Not by assignment: a label may be called __proto__.
  const all = new Map([...Object.entries(parameters.labels), ...labels]);
  if (all.size > LIMITS.labelsPerSeries) json.fail(`has ${all.size} labels, the limit is ${LIMITS.labelsPerSeries}`, 0);
  return Object.fromEntries(all);
}
