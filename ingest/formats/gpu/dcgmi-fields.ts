import { toBaseUnit } from '../../../wire/units.ts';
import { decimalScale } from '../../lexers/decimal.ts';
import { type DcgmField, readDcgmField } from './dcgm-fields.ts';

/**
 * Short names of `dcgmi dmon` → field names, as dcgmlib/src/dcgm_fields.cpp of NVIDIA/DCGM lists them; dcgm-fields.ts says what a field is.
 */
const FIELDS: Readonly<Record<string, string>> = {
  SMCLK: 'DCGM_FI_DEV_SM_CLOCK',
  MMCLK: 'DCGM_FI_DEV_MEM_CLOCK',
  TMPTR: 'DCGM_FI_DEV_GPU_TEMP',
  MMTMP: 'DCGM_FI_DEV_MEMORY_TEMP',
  POWER: 'DCGM_FI_DEV_POWER_USAGE',
  TOTEC: 'DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION',
  GPUTL: 'DCGM_FI_DEV_GPU_UTIL',
  MCUTL: 'DCGM_FI_DEV_MEM_COPY_UTIL',
  FBUSD: 'DCGM_FI_DEV_FB_USED',
  FBFRE: 'DCGM_FI_DEV_FB_FREE',
  RPCTR: 'DCGM_FI_DEV_PCIE_REPLAY_COUNTER',
  ESVTL: 'DCGM_FI_DEV_ECC_SBE_VOL_TOTAL',
  EDVTL: 'DCGM_FI_DEV_ECC_DBE_VOL_TOTAL',
  ESATL: 'DCGM_FI_DEV_ECC_SBE_AGG_TOTAL',
  EDATL: 'DCGM_FI_DEV_ECC_DBE_AGG_TOTAL',
  RPSBE: 'DCGM_FI_DEV_RETIRED_SBE',
  RPDBE: 'DCGM_FI_DEV_RETIRED_DBE',
  URMPS: 'DCGM_FI_DEV_UNCORRECTABLE_REMAPPED_ROWS',
  CRMPS: 'DCGM_FI_DEV_CORRECTABLE_REMAPPED_ROWS',
  XIDER: 'DCGM_FI_DEV_XID_ERRORS',
  PVIOL: 'DCGM_FI_DEV_POWER_VIOLATION',
  TVIOL: 'DCGM_FI_DEV_THERMAL_VIOLATION',
  GRACT: 'DCGM_FI_PROF_GR_ENGINE_ACTIVE',
  SMACT: 'DCGM_FI_PROF_SM_ACTIVE',
  SMOCC: 'DCGM_FI_PROF_SM_OCCUPANCY',
  TENSO: 'DCGM_FI_PROF_PIPE_TENSOR_ACTIVE',
  DRAMA: 'DCGM_FI_PROF_DRAM_ACTIVE',
  FP64A: 'DCGM_FI_PROF_PIPE_FP64_ACTIVE',
  FP32A: 'DCGM_FI_PROF_PIPE_FP32_ACTIVE',
  FP16A: 'DCGM_FI_PROF_PIPE_FP16_ACTIVE',
  PCITX: 'DCGM_FI_PROF_PCIE_TX_BYTES',
  PCIRX: 'DCGM_FI_PROF_PCIE_RX_BYTES',
  NVLTX: 'DCGM_FI_PROF_NVLINK_TX_BYTES',
  NVLRX: 'DCGM_FI_PROF_NVLINK_RX_BYTES',
};

/** Fields of text, never numbers even where they look like some (driver and inforom versions, ids). */
const TEXT_FIELDS = new Set([
  'DRVER',
  'NVVER',
  'PRNAM',
  'CDVER',
  'DVNAM',
  'DVBRN',
  'SRNUM',
  'UUID#',
  'OEMVR',
  'EIVER',
  'PIVER',
  'IIVER',
  'PCBID',
]);

/** How a field's unit row says that it has none. */
const NO_UNIT = new Set(['', '#']);

/**
 * A column of `dcgmi dmon`.
 * @param name short name as printed
 * @param unit what the unit row prints under it, '' for nothing
 * @returns the field; undefined for one of text, or of a unit nobody knows
 */
export function readDcgmiField(name: string, unit: string): DcgmField | undefined {
  if (TEXT_FIELDS.has(name)) return undefined;
  const listed = Object.hasOwn(FIELDS, name) ? FIELDS[name] : undefined;
  if (listed !== undefined) return readDcgmField(listed, { type: undefined, help: undefined, isOld: false });
  const base = NO_UNIT.has(unit) ? { unit: '1', factor: 1 } : toBaseUnit(unit);
  if (base === undefined) return undefined;
  return {
    metric: `dcgm.${name.toLowerCase()}`,
    unit: base.unit,
    scale: decimalScale(base.factor),
    cumulative: false,
    flags: NO_UNIT.has(unit) ? ['unit_assumed'] : [],
  };
}
