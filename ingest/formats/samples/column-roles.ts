import { ParseError } from '../../format.ts';
import { quote } from '../../lexers/decimal.ts';
import type { Column, ColumnType } from './columns.ts';
import type { SampleBuffers } from './sample-buffers.ts';

const LABEL_PREFIX = 'label.';
const TEXT_COLUMNS = ['region', 'metric', 'unit', 'better', 'assume', 'repetition'] as const;
type TextColumn = (typeof TEXT_COLUMNS)[number];

/** A column that is read: its place among those asked of the file, and its type. */
export type RoleColumn = { readonly slot: number; readonly name: string; readonly type: ColumnType };

/** What the columns of a file are for, by the names that samples csv and ndjson use. */
export type ColumnRoles = {
  /** Columns to ask of the file, by their index in it. */
  readonly asked: readonly number[];
  readonly value: RoleColumn | null;
  readonly values: RoleColumn | null;
  readonly at: RoleColumn | null;
  readonly text: Readonly<Record<TextColumn, RoleColumn | null>>;
  readonly labels: readonly RoleColumn[];
  /** All columns that say which series a row belongs to. */
  readonly keys: readonly RoleColumn[];
};

const isText = (name: string) => TEXT_COLUMNS.some((known) => known === name);
const isKnown = (name: string) => name === 'value' || name === 'values' || name === 'at' || isText(name) || name.startsWith(LABEL_PREFIX);

/** The name of a label's column without its prefix. */
export const labelName = ({ name }: RoleColumn) => name.slice(LABEL_PREFIX.length);

/**
 * Finds what each column is for; a column of another name is ignored with one warning, as in csv.
 * @throws ParseError when value is missing, a name comes twice, or a column cannot hold what its name says
 */
export function assignRoles(columns: readonly Column[], buffers: SampleBuffers): ColumnRoles {
  const asked: number[] = [];
  const byName = new Map<string, RoleColumn>();
  columns.forEach(({ name, type }, index) => {
    if (!isKnown(name)) {
      const advice = `column ${quote(name)} is ignored; to keep it as a label name it label.${name}`;
      buffers.warn('unknown_column', name, name === '' ? `column ${index + 1} has no name and is ignored` : advice, 0);
      return;
    }
    if (name === LABEL_PREFIX) refuse('a label needs a name: name the column label.<name>');
    if (byName.has(name)) refuse(`the file has two columns ${quote(name)}; keep one`);
    assertType(name, type);
    byName.set(name, { slot: asked.length, name, type });
    asked.push(index);
  });
  const find = (name: string) => byName.get(name) ?? null;
  if (!byName.has('value') && !byName.has('values')) refuse(explainNoValue(columns));
  const labels = [...byName.values()].filter(({ name }) => name.startsWith(LABEL_PREFIX));
  const text = {
    region: find('region'),
    metric: find('metric'),
    unit: find('unit'),
    better: find('better'),
    assume: find('assume'),
    repetition: find('repetition'),
  };
  const keys = [...labels, ...Object.values(text).filter((column) => column !== null)];
  return { asked, value: find('value'), values: find('values'), at: find('at'), text, labels, keys };
}

function assertType(name: string, type: ColumnType): void {
  if (name === 'value') {
    assertNumeric(name, type);
  } else if (name === 'values') {
    if (type.kind === 'list') assertNumeric(name, type.element);
    else refuse(`column values is ${describe(type)}; it must hold lists of numbers (for one number a row name it value)`);
  } else if (name === 'at') {
    assertTime(type);
  } else if (type.kind !== 'text' && type.kind !== 'integer' && type.kind !== 'boolean') {
    refuse(`column ${quote(name)} is ${describe(type)}; it must be text`);
  }
}

function assertTime(type: ColumnType): void {
  if (type.kind === 'time' && !type.hasZone) {
    refuse('the times in column at have no time zone, so nothing says which instant they mean; cast them to UTC and write the zone');
  }
  if (type.kind === 'time' || type.kind === 'text' || type.kind === 'integer') return;
  refuse(`column at is ${describe(type)}; it must be a timestamp with a zone, or nanoseconds since 1970 as integers`);
}

function assertNumeric(name: string, type: ColumnType): void {
  if (type.kind === 'number' || type.kind === 'integer' || type.kind === 'decimal') return;
  refuse(`column ${name} is ${describe(type)}; it must be a float, an integer or a decimal`);
}

function describe(type: ColumnType): string {
  if (type.kind === 'other') return type.name;
  return type.kind === 'list' ? `a list of ${type.element.kind}` : `of type ${type.kind}`;
}

function explainNoValue(columns: readonly Column[]): string {
  const near = columns.find(({ name }) => name.toLowerCase() === 'value');
  if (near !== undefined) return `a column is named ${quote(near.name)}; write value`;
  return `no column is named value: ${quote(columns.map(({ name }) => name).join(','))}; rename the one that was measured`;
}

function refuse(detail: string): never {
  throw new ParseError(detail, { line: 0, column: 1 });
}
