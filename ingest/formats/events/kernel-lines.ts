import { readTimestamp } from '../../lexers/timestamp.ts';

/**
 * One line of a kernel log without its prefix, as dmesg (plain, -T, --time-format=iso, with callers), /dev/kmsg-like consoles and
 * journalctl (short, short-precise, short-iso, short-monotonic) print it.
 */
export type KernelLine = {
  readonly message: string;
  /** Only time stamps with a zone give a time; seconds since boot and local dates do not. */
  readonly atNs: bigint | null;
};

/** `<4>[   12.345678][ T1234] `, `[Fri Nov 20 18:13:39 2026] `, `[   12.345] host kernel: `. */
/** No kernel runs for 31 years: ten digits are seconds of the epoch, as tracers print them. */
const DMESG = /^(?:<\d+>)?\[ *(?:\d{1,9}\.\d+|[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4})\](?:\[ *[TC]\d+\])? ?/;
/** `Nov 20 18:13:39 host kernel: ` and `Nov 20 18:13:39.123456 host kernel: `. */
const JOURNAL_SHORT = /^[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d(?:\.\d+)? \S+ /;
/** `2026-11-20T18:13:39+0100 host kernel: `, `2026-11-20T18:13:39,123456+01:00 ` (dmesg iso). */
const ISO = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:[.,](\d{1,9}))?(Z|[+-]\d\d:?\d\d) /;
const KERNEL_TAG = /^(?:\S+ )?kernel: (?:\[ *\d+\.\d+\] ?)?/;

/** The line, or undefined when it does not look like one of a kernel log, or another program wrote it. */
export function readKernelLine(line: string): KernelLine | undefined {
  const iso = ISO.exec(line);
  if (iso !== null) {
    const [prefix, date = '', fraction = '0', zone = ''] = iso;
    // Without a tag only dmesg writes such lines, and it has microseconds after a comma.
    const message = withoutTag(line.slice(prefix.length), prefix.includes(','));
    if (message === undefined) return undefined;
    const offset = zone.length === 5 ? `${zone.slice(0, 3)}:${zone.slice(3)}` : zone;
    const reading = readTimestamp(`${date}.${fraction}${offset}`);
    return { message, atNs: 'atNs' in reading ? reading.atNs : null };
  }
  const journal = JOURNAL_SHORT.exec(line);
  if (journal !== null) return toLine(withoutTag(line.slice(journal[0].length), false));
  const dmesg = DMESG.exec(line);
  if (dmesg !== null) {
    const rest = line.slice(dmesg[0].length);
    return toLine(withoutTag(rest, true));
  }
  const tag = /^kernel: /.exec(line);
  return tag === null ? undefined : toLine(line.slice(tag[0].length));
}

function toLine(message: string | undefined): KernelLine | undefined {
  return message === undefined ? undefined : { message, atNs: null };
}

/** What follows `kernel:`; without any tag the text itself where `bareAllowed`, because dmesg prints none. */
function withoutTag(rest: string, bareAllowed: boolean): string | undefined {
  const kernel = KERNEL_TAG.exec(rest);
  if (kernel !== null) return rest.slice(kernel[0].length);
  if (!bareAllowed) return undefined;
  // `host sshd[12]: …` of a journal; a kernel message with a colon (`usb 1-1: …`) has no process number.
  return /^\S+ [\w.@/()-]+\[\d+\]: /.test(rest) ? undefined : rest;
}
