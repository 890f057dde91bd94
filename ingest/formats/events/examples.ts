import type { FORMATS } from '../../../wire/payload.ts';
import type { FormatExample } from '../example.ts';

/** One example of each format of kind events; a format without one does not compile. */
export const EVENTS_EXAMPLES: Readonly<Record<(typeof FORMATS)['events'][number], FormatExample>> = {
  'kernel-log': {
    payload: `[    0.000000] Linux version 6.12.107 (gcc 14.2.0) #1 SMP
[  812.104533] NVRM: Xid (PCI:0000:dc:00): 45, pid=1818990, name=python3, Ch 00000001
`,
    shown: 2,
    query: { exposure: '3600' },
    options: {},
  },
  ndjson: {
    payload: `{"code": "firmware.watchdog_reset", "at": "2026-11-20T18:31:02.125Z", "message": "watchdog fired in slot 3", "labels": {"slot": "3"}}
`,
    shown: 1,
    query: { exposure: '3600' },
    options: { codes: 'comma-separated codes that were watched for: those that did not happen land as zero events in the exposure' },
  },
};
