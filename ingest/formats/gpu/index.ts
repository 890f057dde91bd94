import type { Format } from '../../format.ts';
import { dcgmExporterFormat } from './dcgm-exporter.ts';
import { dcgmiDmonFormat } from './dcgmi-dmon.ts';
import { dcgmiNvlinkFormat } from './dcgmi-nvlink.ts';
import { kinetoFormat } from './kineto.ts';
import { ncuCsvFormat } from './ncu-csv.ts';
import { nsysCsvFormat } from './nsys-csv.ts';
import { nsysSqliteFormat } from './nsys-sqlite.ts';
import { nvidiaSmiNvlinkFormat } from './nvidia-smi-nvlink.ts';
import { nvidiaSmiQFormat } from './nvidia-smi-q.ts';
import { nvidiaSmiQueryFormat } from './nvidia-smi-query.ts';

/** Formats of GPU telemetry and GPU profilers. */
export const GPU_FORMATS: readonly Format[] = [
  dcgmExporterFormat,
  dcgmiDmonFormat,
  dcgmiNvlinkFormat,
  nvidiaSmiNvlinkFormat,
  nvidiaSmiQueryFormat,
  nvidiaSmiQFormat,
  ncuCsvFormat,
  nsysCsvFormat,
  kinetoFormat,
  nsysSqliteFormat,
];
