import { LIMITS } from '../../wire/limits.ts';
import type { Warning } from '../../wire/payload.ts';

/** Collects the warnings of one payload; equal ones are counted, so that a file with 11,800 helper errors gives one warning. */
export class WarningTally {
  private readonly entries = new Map<string, { code: string; detail: string; line: number | null; times: number }>();
  private more = 0;

  /**
   * Keeps as many different warnings as a receipt does, less one that says how many more there were.
   * @param detail one sentence without a full stop; the count is appended when it comes again
   * @param line from 1, or null for the payload as a whole
   */
  add(code: string, detail: string, line: number | null): void {
    const key = `${code}\n${detail}`;
    const entry = this.entries.get(key);
    if (entry !== undefined) entry.times++;
    else if (this.entries.size < LIMITS.warningsPerReceipt - 1) this.entries.set(key, { code, detail, line, times: 1 });
    else this.more++;
  }

  /** In the order of first occurrence. */
  list(): Warning[] {
    const warnings: Warning[] = [...this.entries.values()].map(({ code, detail, line, times }) => ({
      code,
      detail: times === 1 ? detail : `${detail} (${times} times)`,
      line,
    }));
    if (this.more > 0) warnings.push({ code: 'more_warnings', detail: `${this.more} more warnings were not kept`, line: null });
    return warnings;
  }
}
