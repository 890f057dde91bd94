import type { TableSource } from '../../../format.ts';
import { hasTable, type Tables } from './tables.ts';

const GPU_TABLE = 'TARGET_INFO_GPU';
const MAP_TABLE = 'TARGET_INFO_CUDA_DEVICE';

type Gpu = { readonly name: string; readonly uuid: string };

/**
 * What describes the GPUs of an export, by the number CUDA gives them (`deviceId`): never part of a series' identity.
 * @returns attributes `device` as nsys stats prints it, and `uuid`; nothing for a number that two GPUs have
 */
export async function readDevices(source: TableSource, tables: Tables): Promise<ReadonlyMap<number, Readonly<Record<string, string>>>> {
  const gpus = await readGpus(source, tables);
  const found = new Map<number, Readonly<Record<string, string>>>();
  for (const [cudaId, gpuId] of await readNumbers(source, tables, gpus)) {
    const gpu = gpuId === null ? undefined : gpus.get(gpuId);
    if (gpu === undefined) continue;
    found.set(cudaId, { device: `${gpu.name} (${cudaId})`, ...(gpu.uuid === '' ? {} : { uuid: gpu.uuid }) });
  }
  return found;
}

async function readGpus(source: TableSource, tables: Tables): Promise<ReadonlyMap<number, Gpu>> {
  const gpus = new Map<number, Gpu>();
  if (!hasTable(tables, GPU_TABLE)) return gpus;
  const columns = [
    { name: 'id', type: 'number' },
    { name: 'name', type: 'text' },
    { name: 'uuid', type: 'text' },
  ] as const;
  for await (const { columns: cells, rowCount } of source.rows(GPU_TABLE, columns)) {
    for (let row = 0; row < rowCount; row++) {
      const name = cells[1]?.[row];
      if (typeof name === 'string') gpus.set(Number(cells[0]?.[row]), { name, uuid: String(cells[2]?.[row] ?? '') });
    }
  }
  return gpus;
}

/** CUDA's number → the GPU's; null when processes disagree. Without the table both are taken to be the same. */
async function readNumbers(
  source: TableSource,
  tables: Tables,
  gpus: ReadonlyMap<number, Gpu>,
): Promise<ReadonlyMap<number, number | null>> {
  if (!hasTable(tables, MAP_TABLE)) return new Map([...gpus.keys()].map((id) => [id, id]));
  const numbers = new Map<number, number | null>();
  const columns = [
    { name: 'cudaId', type: 'number' },
    { name: 'gpuId', type: 'number' },
  ] as const;
  for await (const { columns: cells, rowCount } of source.rows(MAP_TABLE, columns)) {
    for (let row = 0; row < rowCount; row++) {
      const [cudaId, gpuId] = [Number(cells[0]?.[row]), Number(cells[1]?.[row])];
      const before = numbers.get(cudaId);
      numbers.set(cudaId, before === undefined || before === gpuId ? gpuId : null);
    }
  }
  return numbers;
}
