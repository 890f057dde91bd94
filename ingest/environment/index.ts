import { chronycCsvFormat } from './chronyc-csv.ts';
import { chronycTrackingFormat } from './chronyc-tracking.ts';
import { clangVFormat } from './clang-v.ts';
import { dmidecodeFormat } from './dmidecode.ts';
import { ethtoolFormat } from './ethtool.ts';
import type { EnvironmentFormat, EnvironmentFormatId } from './format.ts';
import { fwupdJsonFormat } from './fwupd-json.ts';
import { gccVFormat } from './gcc-v.ts';
import { hwprobeFormat } from './hwprobe.ts';
import { jsonFormat } from './json.ts';
import { lscpuJsonFormat } from './lscpu-json.ts';
import { nvidiaSmiQFormat } from './nvidia-smi-q.ts';
import { opensbiFormat } from './opensbi.ts';
import { phc2sysLogFormat } from './phc2sys-log.ts';
import { pmcFormat } from './pmc.ts';
import { procCpuinfoFormat } from './proc-cpuinfo.ts';
import { procVersionFormat } from './proc-version.ts';
import { ptp4lLogFormat } from './ptp4l-log.ts';
import { readelfFormat } from './readelf.ts';

export {
  ENVIRONMENT_FORMAT_IDS,
  type EnvironmentContext,
  type EnvironmentFinding,
  type EnvironmentFormat,
  type EnvironmentFormatId,
  type PartialEnvironment,
} from './format.ts';
export { type MergedEnvironment, mergeEnvironment } from './merge.ts';

/** Every format about a machine by its id. To add one: its file, its id in format.ts, a line here. */
export const ENVIRONMENT_FORMATS: Readonly<Record<EnvironmentFormatId, EnvironmentFormat>> = {
  json: jsonFormat,
  'gcc-v': gccVFormat,
  'clang-v': clangVFormat,
  readelf: readelfFormat,
  'proc-version': procVersionFormat,
  'proc-cpuinfo': procCpuinfoFormat,
  hwprobe: hwprobeFormat,
  'lscpu-json': lscpuJsonFormat,
  dmidecode: dmidecodeFormat,
  ethtool: ethtoolFormat,
  'nvidia-smi-q': nvidiaSmiQFormat,
  'fwupd-json': fwupdJsonFormat,
  opensbi: opensbiFormat,
  'chronyc-tracking': chronycTrackingFormat,
  'chronyc-csv': chronycCsvFormat,
  pmc: pmcFormat,
  'ptp4l-log': ptp4lLogFormat,
  'phc2sys-log': phc2sysLogFormat,
};

/** The format of that name; undefined when there is none. */
export function findEnvironmentFormat(id: string): EnvironmentFormat | undefined {
  return Object.values(ENVIRONMENT_FORMATS).find((format) => format.id === id);
}

/**
 * The one format that a text without `format=` is in.
 * @param head the beginning of the text; 4 KiB are enough
 */
export function detectEnvironmentFormat(head: string): EnvironmentFormat | 'none' | 'ambiguous' {
  const opened = head.charCodeAt(0) === 0xfeff ? head.slice(1) : head;
  const [format, ...others] = Object.values(ENVIRONMENT_FORMATS).filter(({ detect }) => detect(opened));
  if (format === undefined) return 'none';
  return others.length === 0 ? format : 'ambiguous';
}
