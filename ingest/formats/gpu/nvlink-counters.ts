/**
 * Counters of one NVLink as nvidia-smi and dcgmi name them. Sources: `nvidia-smi nvlink -e` and `-gt` (nvidia-smi manual; names changed with
 * Blackwell), dcgmi/Nvlink.cpp of NVIDIA/DCGM.
 */
export type NvlinkCounter = { readonly metric: string; readonly unit: '1' | 'By' };

/** Printed name, lower case, without plural s. */
const COUNTERS: Readonly<Record<string, NvlinkCounter>> = {
  'replay error': { metric: 'nvlink.replay_errors', unit: '1' },
  'recovery error': { metric: 'nvlink.recovery_errors', unit: '1' },
  'crc error': { metric: 'nvlink.crc_errors', unit: '1' },
  'crc flit error': { metric: 'nvlink.crc_flit_errors', unit: '1' },
  'crc data error': { metric: 'nvlink.crc_data_errors', unit: '1' },
  'data tx': { metric: 'nvlink.sent_bytes', unit: 'By' },
  'data rx': { metric: 'nvlink.received_bytes', unit: 'By' },
  'raw tx': { metric: 'nvlink.raw_sent_bytes', unit: 'By' },
  'raw rx': { metric: 'nvlink.raw_received_bytes', unit: 'By' },
  'tx packet': { metric: 'nvlink.sent_packets', unit: '1' },
  'rx packet': { metric: 'nvlink.received_packets', unit: '1' },
  'malformed packet error': { metric: 'nvlink.rx_malformed_packets', unit: '1' },
  'buffer overrun error': { metric: 'nvlink.rx_buffer_overruns', unit: '1' },
  'rx error': { metric: 'nvlink.rx_errors', unit: '1' },
  'rx remote error': { metric: 'nvlink.rx_remote_errors', unit: '1' },
  'rx general error': { metric: 'nvlink.rx_general_errors', unit: '1' },
  'local link integrity error': { metric: 'nvlink.integrity_errors', unit: '1' },
  'tx discard': { metric: 'nvlink.tx_discards', unit: '1' },
  'link recovery successful event': { metric: 'nvlink.successful_recoveries', unit: '1' },
  'link recovery failed event': { metric: 'nvlink.failed_recoveries', unit: '1' },
  'total link recovery event': { metric: 'nvlink.recoveries', unit: '1' },
  'effective error': { metric: 'nvlink.effective_errors', unit: '1' },
  'symbol error': { metric: 'nvlink.rx_symbol_errors', unit: '1' },
};

/** Undefined for a counter that is not listed. @param name as printed: `Replay Errors`, `CRC FLIT Error`, `Data Tx` */
export function findNvlinkCounter(name: string): NvlinkCounter | undefined {
  const key = name.trim().toLowerCase().replace(/s$/, '');
  return Object.hasOwn(COUNTERS, key) ? COUNTERS[key] : undefined;
}
