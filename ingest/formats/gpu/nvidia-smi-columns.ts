import { findNativeMetric } from '../../../wire/metrics.ts';
import { documentedUnit } from './nvidia-smi-values.ts';

/** Columns of `nvidia-smi --query-gpu`: the header names fields differently from the query, and versions name them differently from each other. */

const ALIASES: ReadonlyMap<string, string> = new Map(
  Object.entries({
    gpu_name: 'name',
    gpu_uuid: 'uuid',
    gpu_serial: 'serial',
    gpu_bus_id: 'pci.bus_id',
    'vbios_version.name': 'vbios_version',
    'clocks.sm': 'clocks.current.sm',
    'clocks.mem': 'clocks.current.memory',
    'clocks.current.mem': 'clocks.current.memory',
    'clocks.gr': 'clocks.current.graphics',
    'clocks.video': 'clocks.current.video',
    'pcie.link.gen.gpucurrent': 'pcie.link.gen.current',
  }),
);

/** Fields that describe the GPU: kept beside its series, by the name of the attribute. */
export const QUERY_ATTRIBUTES: ReadonlyMap<string, string> = new Map(
  Object.entries({
    name: 'model',
    uuid: 'uuid',
    'pci.bus_id': 'pciBusId',
    driver_version: 'driverVersion',
    vbios_version: 'vbiosVersion',
  }),
);

/** Fields of text that may look like numbers. */
export const TEXT_FIELDS =
  /^(?:index|timestamp|count|serial|pstate|compute_cap|compute_mode|pci\..*|inforom\..*|.*_version|.*version|.*\.mode\..*|.*throttle_reasons.*|.*event_reasons.*)$/;

const NAME = /^[a-z][a-z0-9_.]{1,80}$/;
const HEADER_CELL = /^([A-Za-z][A-Za-z0-9_.]{1,80})(?: \[([A-Za-z%/]{1,12})\])?$/;

/** A column of the header row. */
export type QueryColumn = {
  /** As the header prints it, without the unit. */
  readonly printed: string;
  readonly name: string;
  readonly unit: string | undefined;
};

/** Whether a line is a header row: names of fields only, one of them known. */
export function isQueryHeader(line: string): boolean {
  if (line.length > 8000) return false;
  const cells = line
    .trim()
    .split(',')
    .map((cell) => HEADER_CELL.exec(cell.trim()));
  return cells.every((cell) => cell !== null && NAME.test(cell[1] ?? '')) && cells.some((cell) => isFieldName(cell?.[1] ?? ''));
}

/** Whether only nvidia-smi names a column so: a field with a dot that is known, or one that describes a GPU. */
function isFieldName(printed: string): boolean {
  const name = ALIASES.get(printed) ?? printed;
  return printed.includes('.')
    ? findNativeMetric(name) !== undefined || QUERY_ATTRIBUTES.has(name)
    : /^(?:driver|vbios)_version$|^gpu_/.test(printed);
}

/** @param line a header row */
export function readQueryHeader(line: string): readonly QueryColumn[] {
  return line.split(',').map((text) => {
    const [, printed = '', unit] = HEADER_CELL.exec(text.trim()) ?? [];
    return { printed, name: ALIASES.get(printed) ?? printed, unit };
  });
}

export type QueryField = {
  readonly metric: string;
  readonly unit: string | undefined;
  readonly documented: string | undefined;
  readonly cumulative: boolean;
};

/** What the catalogue knows of a column; a field that nobody lists keeps its name. */
export function fieldOf({ name }: QueryColumn): QueryField {
  const definition = findNativeMetric(name);
  if (definition === undefined) return { metric: `nvidia_smi.${name}`, unit: undefined, documented: undefined, cumulative: false };
  const { metric, unit, judgedAs } = definition;
  return { metric, unit, documented: documentedUnit(metric, unit), cumulative: judgedAs === 'rate' };
}
