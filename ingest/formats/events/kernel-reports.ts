/**
 * What a kernel log reports: oopses (each prints several lines that match, and counts once), panics, lockups, hung tasks and NVRM Xids.
 * Sources: arch/{x86,riscv,arm64}/kernel/traps.c and mm/fault.c, kernel/panic.c, kernel/watchdog.c, kernel/hung_task.c of Linux 4.9-6.12; Xid:
 * NVIDIA's Xid catalogue and FORMATS.md 3.3.
 */
export const EVENT_CODES = [
  'kernel.oops',
  'kernel.panic',
  'gpu.xid',
  'kernel.soft_lockup',
  'kernel.hard_lockup',
  'kernel.hung_task',
] as const;
export type EventCode = (typeof EVENT_CODES)[number];
export type KernelReport = { readonly code: EventCode; readonly labels: Readonly<Record<string, string>> };

/** First line of an oops, before the line with its number. */
const OOPS_START =
  /^(?:BUG: unable to handle|BUG: kernel NULL pointer dereference|Unable to handle kernel|kernel BUG at|general protection fault)/;
/** The line that die() prints on every architecture: `Oops: 0002 [#1] SMP`, `Oops [#1]`, `Internal error: Oops: 96000005 [#1]`, `Kernel BUG [#1]`. */
const OOPS_NUMBER =
  /^(?:Oops|Internal error|Kernel BUG|general protection fault|invalid opcode|divide error|stack segment|[a-z0-9 ]+: [0-9a-f]{4,8})\b.*\[#(\d+)\]/;
const OOPS_BARE = /^(?:Oops[: -]|Internal error: Oops)/;
const OOPS_END = /^---\[ end (?:trace|Kernel panic)/;
const PANIC = /^Kernel panic - not syncing/;
const SOFT_LOCKUP = /^(?:watchdog: )?BUG: soft lockup - CPU#(\d+)/;
const HARD_LOCKUP = /^(?:NMI )?(?:watchdog: )?Watchdog detected hard LOCKUP on cpu (\d+)/i;
const HUNG_TASK = /^INFO: task (\S+?)(?::\d+)? blocked for more than/;
const UNKNOWN = '<unknown>';
const XID = /^NVRM: Xid \((?:PCI:)?([0-9a-fA-F:.]+)\): (\d+)(?:, pid='?([^',]+)'?)?(?:, name=([^,]+))?/;

/** Reads one message after another; an oops is reported at its first line. */
export class KernelReportReader {
  /** Of the report that is open: its number, or '' before the line that has it. */
  private openOops: string | undefined;

  /** What the message reports anew, if anything. @param message without time stamp and tag */
  read(message: string): KernelReport | undefined {
    // Nearly every line of a log starts with none of these letters' words; one test sorts them out.
    if (!/^[BUkgdstiOIKNWw-]/.test(message) && !message.includes('[#')) return undefined;
    if (OOPS_END.test(message)) {
      this.openOops = undefined;
      return undefined;
    }
    return this.readOops(message) ?? readOther(message);
  }

  private readOops(message: string): KernelReport | undefined {
    const number = OOPS_NUMBER.exec(message)?.[1];
    if (number === undefined && !OOPS_START.test(message) && !OOPS_BARE.test(message)) return undefined;
    const open = this.openOops;
    const continues = number === undefined ? open === '' : open === '' || open === number;
    this.openOops = number ?? (continues ? open : '');
    return continues ? undefined : { code: 'kernel.oops', labels: {} };
  }
}

function readOther(message: string): KernelReport | undefined {
  if (PANIC.test(message)) return { code: 'kernel.panic', labels: {} };
  const xid = XID.exec(message);
  if (xid !== null) {
    const [, pci = '', number = '', pid = UNKNOWN, name = UNKNOWN] = xid;
    const process = { ...(pid === UNKNOWN ? {} : { pid }), ...(name.trim() === UNKNOWN ? {} : { name: name.trim() }) };
    return { code: 'gpu.xid', labels: { pci: pci.toLowerCase(), xid: number, ...process } };
  }
  const soft = SOFT_LOCKUP.exec(message)?.[1];
  if (soft !== undefined) return { code: 'kernel.soft_lockup', labels: { cpu: soft } };
  const hard = HARD_LOCKUP.exec(message)?.[1];
  if (hard !== undefined) return { code: 'kernel.hard_lockup', labels: { cpu: hard } };
  const task = HUNG_TASK.exec(message)?.[1];
  return task === undefined ? undefined : { code: 'kernel.hung_task', labels: { task } };
}
