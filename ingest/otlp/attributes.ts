import type { Attributes, AttributeValue } from './messages.ts';

/** Control attributes of this service; every other name with the prefix is refused, so that a misspelt one cannot be overlooked. */
export const OWN_PREFIX = 'plumbline.';
/** `plumbline.label.<name>` is the label `<name>`, on resources, points and spans. */
export const LABEL_PREFIX = 'plumbline.label.';

/**
 * Attributes that name one machine, process, container or device, or its versions: kept beside a series, never part of its identity, else
 * tonight's series would have no baseline.
 */
const INSTANCE_NAMES: ReadonlySet<string> = new Set([
  'host.name',
  'host.id',
  'host.ip',
  'host.mac',
  'service.instance.id',
  'service.version',
  'process.pid',
  'process.parent_pid',
  'process.command_line',
  'process.owner',
  'thread.id',
  'container.id',
  'client.address',
  'client.port',
  'network.peer.address',
  'network.peer.port',
  'network.local.address',
  'network.local.port',
  'hw.id',
  'hw.parent',
  'hw.model',
  'hw.vendor',
  'hw.serial_number',
  'hw.driver_version',
  'hw.firmware_version',
  'hw.bios_version',
  'hw.network.physical_address',
  'hw.network.logical_addresses',
]);
const INSTANCE_NAME = /^k8s\.pod\.|^k8s\.node\.name$|\.(?:uuid|uid|serial_number)$/;

/** Whether an attribute names an instance; see docs/otlp.md. */
export function isInstanceAttribute(name: string): boolean {
  return INSTANCE_NAMES.has(name) || INSTANCE_NAME.test(name);
}

/**
 * An attribute as text: numbers in the fewest digits that tell them apart, `true` and `false`, lists and maps as JSON, bytes in base64;
 * '' for a value that was not set.
 * @example toText(0.1) // '0.1'
 */
export function toText(value: AttributeValue): string {
  if (typeof value === 'string') return value;
  if (value === null) return '';
  if (typeof value !== 'object') return String(value);
  return value instanceof Uint8Array ? toBase64(value) : JSON.stringify(toPlain(value));
}

function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}

/** What JSON can hold: 64-bit integers beyond a double and numbers that JSON lacks become text. */
function toPlain(value: AttributeValue): unknown {
  if (typeof value === 'bigint') return String(value);
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Uint8Array) return toBase64(value);
  if (isList(value)) return value.map(toPlain);
  return Object.fromEntries(value.entries.map(([name, one]) => [name, toPlain(one)]));
}

function isList(value: object): value is readonly AttributeValue[] {
  return Array.isArray(value);
}

/** The text of an attribute; undefined when it is absent or empty. @returns the first where a name comes twice */
export function findText(attributes: Attributes, name: string): string | undefined {
  for (const [key, value] of attributes) if (key === name) return toText(value) || undefined;
  return undefined;
}

/** The first name that comes twice. */
export function findTwice(attributes: Attributes): string | undefined {
  if (attributes.length < 2) return undefined;
  const names = new Set<string>();
  for (const [name] of attributes) {
    if (names.has(name)) return name;
    names.add(name);
  }
  return undefined;
}

/** One text for a list of attributes in their order; no two different lists have the same one. */
export function toKey(attributes: Attributes): string {
  let key = '';
  for (const [name, value] of attributes) {
    const text = typeof value === 'string' ? value : toText(value);
    key += `${name.length}:${name}${text.length}:${text}`;
  }
  return key;
}
