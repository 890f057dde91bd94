import { LIMITS } from '../../../wire/limits.ts';
import { ParseError, type PayloadParameters } from '../../format.ts';
import { quote, readDecimal, readInteger } from '../../lexers/decimal.ts';
import type { DelimitedField } from '../../lexers/delimited-line.ts';
import type { IngestRecord } from '../../records.ts';
import type { WarningTally } from '../warning-tally.ts';
import { ActivationBuffers } from './activation-buffers.ts';
import { BoundCollector } from './bound-collector.ts';
import type { ColumnMapping } from './mapped-columns.ts';

/** The rows of a CSV read by a column mapping. */
export class MappedRows {
  readonly #mapping: ColumnMapping;
  readonly #parameters: PayloadParameters;
  readonly #buffers: ActivationBuffers;
  readonly #bounds: BoundCollector;
  readonly #columns = new Map<string, number>();

  constructor(mapping: ColumnMapping, parameters: PayloadParameters, tally: WarningTally) {
    this.#mapping = mapping;
    this.#parameters = parameters;
    this.#buffers = new ActivationBuffers(parameters);
    this.#bounds = new BoundCollector(parameters, tally);
  }

  /** @throws ParseError when a mapped column is not there, or occurs twice */
  readHeader(fields: readonly DelimitedField[], line: number): void {
    const { taskColumn, pathColumn, inputColumn, repetitionColumn, measured, bounds } = this.#mapping;
    const wanted = [
      taskColumn,
      pathColumn,
      inputColumn,
      repetitionColumn,
      ...measured.map(({ column }) => column),
      ...bounds.map(({ column }) => column),
    ];
    const names = fields.map(({ text }) => text);
    for (const name of wanted) {
      if (name === undefined) continue;
      const index = names.indexOf(name);
      if (index < 0) {
        const detail = `the header has no column ${quote(name)}; it has ${names.join(', ').slice(0, 200)} (the delimiter is delimiter=comma unless said)`;
        throw new ParseError(detail, { line, column: 1 });
      }
      if (names.includes(name, index + 1))
        throw new ParseError(`the column ${quote(name)} occurs twice`, { line, column: fields[index]?.column ?? 1 });
      this.#columns.set(name, index);
    }
  }

  readRow(fields: readonly DelimitedField[], line: number): void {
    const { measured, bounds, attributes, tool, probability } = this.#mapping;
    const task = this.#readTask(fields, line);
    const repetition = this.#readRepetition(fields, line);
    const path = this.#find(fields, this.#mapping.pathColumn)?.text;
    const input = this.#find(fields, this.#mapping.inputColumn)?.text;
    for (const { column, unit } of measured) {
      const field = this.#require(fields, column, line);
      const reading = readDecimal(field.text, unit.scale);
      if ('refusal' in reading) throw new ParseError(`${quote(column)} ${reading.refusal}`, { line, column: field.column });
      const series = {
        task,
        metric: unit.metric,
        nativeMetric: column,
        unit: unit.unit,
        repetition,
        attributes: unit.unit === 'ns' ? {} : attributes,
      };
      this.#buffers.append(series, { ...reading, path, input, line }, field.column);
    }
    for (const { column, unit, kind } of bounds) {
      const field = this.#require(fields, column, line);
      // An empty cell says that this row has no such bound.
      if (field.text === '') continue;
      const stated = { task, kind, unit, text: field.text, nativeMetric: column, tool, line, column: field.column };
      this.#bounds.add(kind === 'pwcet' && probability !== undefined ? { ...stated, probability } : stated);
    }
  }

  take(): readonly IngestRecord[] {
    return this.#buffers.take();
  }

  /** @throws ParseError when there were no values */
  finish(): readonly IngestRecord[] {
    if (this.#buffers.isEmpty && this.#bounds.count === 0)
      throw new ParseError('there is a header row but no values', { line: 1, column: 1 });
    return [...this.#buffers.finish(), ...this.#bounds.records()];
  }

  #readTask(fields: readonly DelimitedField[], line: number): string {
    const { task, taskColumn } = this.#mapping;
    if (task !== undefined) return task;
    const field = this.#find(fields, taskColumn);
    if (field === undefined || field.text === '')
      throw new ParseError(`the row does not say its task in the column ${quote(taskColumn ?? '')}`, { line, column: field?.column ?? 1 });
    return field.text;
  }

  #readRepetition(fields: readonly DelimitedField[], line: number): number {
    const field = this.#find(fields, this.#mapping.repetitionColumn);
    if (field === undefined) return this.#parameters.repetition;
    const repetition = readInteger(field.text, { least: 1, most: LIMITS.repetition });
    if (repetition === undefined)
      throw new ParseError(`repetition must be a whole number from 1 to ${LIMITS.repetition}`, { line, column: field.column });
    return repetition;
  }

  #find(fields: readonly DelimitedField[], column: string | undefined): DelimitedField | undefined {
    const index = column === undefined ? undefined : this.#columns.get(column);
    return index === undefined ? undefined : fields[index];
  }

  #require(fields: readonly DelimitedField[], column: string, line: number): DelimitedField {
    return this.#find(fields, column) ?? failColumn(column, line);
  }
}

function failColumn(column: string, line: number): never {
  throw new ParseError(`the row has no column ${quote(column)}`, { line, column: 1 });
}
