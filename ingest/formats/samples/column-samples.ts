import { ParseError, type PayloadParameters } from '../../format.ts';
import type { SamplesRecord } from '../../records.ts';
import { assignRoles, type ColumnRoles, labelName, type RoleColumn } from './column-roles.ts';
import { readCellText, readCellTime, readCellValue } from './column-values.ts';
import type { Column, ColumnBatch, ColumnCell, ColumnType } from './columns.ts';
import { SampleBuffers, type SampleTarget } from './sample-buffers.ts';
import type { SampleDeclaration } from './sample-series.ts';

/** Targets remembered by what their rows say; a payload whose rows never repeat would fill memory. */
const TARGETS_KEPT = 32_768;
/** Between the texts of a key; a text that holds it is refused, so that no two keys meet. */
const SEPARATOR = '\u0000';

/** Samples out of the rows of a binary file, by the rules of samples csv: rows take the place of lines, nulls that of empty cells. */
export class ColumnSamples {
  readonly #parameters: PayloadParameters;
  readonly #buffers: SampleBuffers;
  readonly #roles: ColumnRoles;
  readonly #targets = new Map<string, SampleTarget>();
  #generation = 0;
  #row = 0;
  #lastKey: string | undefined;
  #lastTarget: SampleTarget | undefined;

  /** @throws ParseError when the columns do not say what was measured */
  constructor(columns: readonly Column[], parameters: PayloadParameters) {
    this.#parameters = parameters;
    this.#buffers = new SampleBuffers(parameters);
    this.#roles = assignRoles(columns, this.#buffers);
  }

  /** Indexes of the columns whose cells `push` wants, in this order. */
  get asked(): readonly number[] {
    return this.#roles.asked;
  }

  /** Rows read so far. */
  get rowCount(): number {
    return this.#row;
  }

  /** Rows `from` to before `to` of a batch. @returns the records that became complete */
  push({ columns }: ColumnBatch, from: number, to: number): readonly SamplesRecord[] {
    for (let row = from; row < to; row++) {
      this.#row++;
      this.#readRow(columns, row);
    }
    return this.#buffers.take();
  }

  /** All records that remain. @throws ParseError when there was no row */
  finish(): readonly SamplesRecord[] {
    if (this.#buffers.count === 0) throw new ParseError('the file has columns but no values', { line: 0, column: 1 });
    return this.#buffers.finish();
  }

  warn(code: string, detail: string): void {
    this.#buffers.warn(code, '', detail, 0);
  }

  warnings() {
    return this.#buffers.warnings().map((warning) => ({ ...warning, line: warning.line === 0 ? null : warning.line }));
  }

  #readRow(cells: ColumnBatch['columns'], row: number): void {
    const { value, values } = this.#roles;
    const cellOf = ({ slot }: RoleColumn) => cells[slot]?.(row) ?? null;
    const target = this.#findTarget(cellOf);
    const at = this.#readAt(cellOf);
    const list = values === null ? null : cellOf(values);
    const single = value === null ? null : cellOf(value);
    if (values !== null && list !== null) {
      if (single !== null) this.#refuse('the row has both value and values; write one of them');
      this.#appendList(list, values.type, target, at);
    } else if (value !== null) {
      this.#append(single, value.type, target, at);
    } else {
      this.#refuse('values is null; leave the row out when nothing was measured');
    }
    if (this.#buffers.generation === this.#generation) return;
    this.#generation = this.#buffers.generation;
    this.#targets.clear();
    this.#lastKey = undefined;
  }

  #appendList(list: ColumnCell, type: ColumnType, target: SampleTarget, at: bigint | null): void {
    if (!Array.isArray(list) || type.kind !== 'list') this.#refuse('values is no list');
    if (list.length === 0) this.#refuse('values is empty; leave the row out when nothing was measured');
    for (const element of list) this.#append(element, type.element, target, at);
  }

  #append(cell: ColumnCell, type: ColumnType, target: SampleTarget, at: bigint | null): void {
    const reading = readCellValue(cell, type, target.scale);
    if ('refusal' in reading) this.#refuse(`value ${reading.refusal}`);
    this.#buffers.append(target.buffer, reading.value, reading.precisionLost, at, this.#row);
  }

  #readAt(cellOf: (column: RoleColumn) => ColumnCell): bigint | null {
    const { at } = this.#roles;
    const reading = at === null ? null : readCellTime(cellOf(at), at.type);
    if (reading === null) return this.#parameters.atNs ?? null;
    return 'refusal' in reading ? this.#refuse(`at ${reading.refusal}`) : reading.atNs;
  }

  #findTarget(cellOf: (column: RoleColumn) => ColumnCell): SampleTarget {
    let key = '';
    for (const column of this.#roles.keys) key += readCellText(cellOf(column)) + SEPARATOR;
    if (this.#lastTarget !== undefined && key === this.#lastKey) return this.#lastTarget;
    let target = this.#targets.get(key);
    if (target === undefined) {
      if (key.split(SEPARATOR).length > this.#roles.keys.length + 1) this.#refuse('a text holds a NUL character; remove it');
      target = this.#buffers.target(this.#declare(cellOf), () => ({ line: this.#row, column: 1 }));
      if (this.#targets.size >= TARGETS_KEPT) this.#targets.clear();
      this.#targets.set(key, target);
    }
    this.#lastKey = key;
    this.#lastTarget = target;
    return target;
  }

  #declare(cellOf: (column: RoleColumn) => ColumnCell): SampleDeclaration {
    const { text, labels } = this.#roles;
    const textOf = (column: RoleColumn | null) => (column === null ? undefined : readCellText(cellOf(column)));
    return {
      region: textOf(text.region),
      metric: textOf(text.metric),
      unit: textOf(text.unit),
      better: textOf(text.better),
      assume: textOf(text.assume),
      repetition: textOf(text.repetition),
      labels: labels.map((column) => [labelName(column), readCellText(cellOf(column))]),
    };
  }

  #refuse(detail: string): never {
    throw new ParseError(detail, { line: this.#row, column: 1 });
  }
}
