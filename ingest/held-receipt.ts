import { readReceiptAndIntent, type StoredReceipt } from '../store/index.ts';
import { ProblemError } from '../wire/problems.ts';
import { assertReceiptCounts, type SealPorts } from './seal.ts';

/** The receipt that counts, and whether another payload holds it. */
export type HeldReceipt = { readonly receipt: StoredReceipt; readonly isDuplicate: boolean };

/**
 * Called once a payload's rows and receipt are stored, before it is answered. Of two equal payloads in flight at once the first received counts;
 * the other one is a duplicate and its rows count nowhere.
 * @throws ProblemError store-unavailable when the receipt is not there, or as assertReceiptCounts
 */
export async function readHeldReceipt(
  ports: SealPorts,
  { runId, receiptId, payloadId }: { readonly runId: string; readonly receiptId: string; readonly payloadId: string },
): Promise<HeldReceipt> {
  const held = await readReceiptAndIntent(ports.store, runId, receiptId);
  if (held === undefined)
    throw new ProblemError('store-unavailable', 'the receipt was not found right after it was stored; retry', { retryAfterS: 1 });
  // Who begins to seal after this was read finds the receipt.
  if (held.isSealing) await assertReceiptCounts(ports, runId, receiptId);
  return { receipt: held.receipt, isDuplicate: held.receipt.payloadId !== payloadId };
}
