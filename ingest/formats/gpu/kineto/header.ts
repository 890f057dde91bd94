import { JsonScanner } from '../../../lexers/json-scanner.ts';
import { detach } from '../../../lexers/stream-text.ts';
import { cutText } from '../kernel-name.ts';
import { forEachMember, readString } from './event.ts';

/** Members beside the events of a Kineto trace. Texts are known to be JSON; a value of another type than expected says nothing. */

/** The year 2096; base and time together then fit 64 bits. */
const LATEST_BASE_NS = 4_000_000_000_000_000_000n;
const MODEL_CHARACTERS = 200;
const CODE_OPEN_BRACKET = 91;
const CODE_CLOSE_BRACKET = 93;
const CODE_OPEN_BRACE = 123;

/** What times of the trace count from, nanoseconds since 1970; undefined when the text is no whole number of them. */
export function readBaseTime(text: string): bigint | undefined {
  const base = /^\d{1,19}$/.test(text) ? BigInt(text) : undefined;
  return base !== undefined && base <= LATEST_BASE_NS ? base : undefined;
}

/** The rank in `distributedInfo`. */
export function readRank(text: string): string | undefined {
  const scanner = open(text);
  let rank: string | undefined;
  if (!scanner.has(CODE_OPEN_BRACE, 0)) return undefined;
  forEachMember(scanner, 0, (name, start, end) => {
    if (name === 'rank') rank = /^\d{1,9}$/.exec(text.slice(start, end))?.[0];
  });
  return rank === undefined ? undefined : detach(rank);
}

/** Model names in `deviceProperties`, by device id. */
export function readModels(text: string): ReadonlyMap<string, string> {
  const models = new Map<string, string>();
  const scanner = open(text);
  let position = scanner.skipBlanks(1);
  if (!scanner.has(CODE_OPEN_BRACKET, 0) || scanner.has(CODE_CLOSE_BRACKET, position)) return models;
  for (;;) {
    if (scanner.has(CODE_OPEN_BRACE, position)) addModel(scanner, position, models);
    const end = scanner.valueEnd(position);
    if (end === -1) return models;
    position = scanner.next(end, CODE_CLOSE_BRACKET);
    if (position === -1 || scanner.closed) return models;
  }
}

function addModel(scanner: JsonScanner, position: number, models: Map<string, string>): void {
  let id: string | undefined;
  let model: string | undefined;
  forEachMember(scanner, position, (name, start, end) => {
    const value = scanner.text.slice(start, end);
    if (name === 'id' && /^\d{1,6}$/.test(value)) id = value;
    if (name === 'name' && value.startsWith('"')) model = readString(value.slice(1, -1));
  });
  if (id !== undefined && model !== undefined && model !== '') models.set(detach(id), detach(cutText(model, MODEL_CHARACTERS)));
}

function open(text: string): JsonScanner {
  const scanner = new JsonScanner((detail, position) => {
    throw new RangeError(`a value that was read before fails at ${position}: ${detail}`);
  });
  scanner.text = text;
  return scanner;
}
