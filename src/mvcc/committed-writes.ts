import { type KeySpan, unionOfSpans } from "./key-span.ts";
import { ActiveReaders } from "./watermark.ts";

type DeletedRange = KeySpan & { readonly timestamp: number };

/**
 * Which keys were written, and which ranges deleted, since the oldest open transaction began, and when: what a commit is
 * checked against.
 *
 * Only the newest write of a key counts, since whoever must fear an older one must fear it too. So memory is bounded by
 * the keys there are, not by the writes, and likewise by the different ranges. A key that is written again moves to the
 * end of the map, which keeps the order of insertion; so timestamps ascend, and what nobody needs any more stands at the
 * beginning.
 */
export class CommittedWrites {
  readonly #newest = new Map<string, number>();
  /** By both bounds as one string. */
  readonly #ranges = new Map<string, DeletedRange>();
  readonly #transactions = new ActiveReaders();

  /** Whether a transaction is open, so that writes must be recorded. */
  get isRecording(): boolean {
    return this.#transactions.timestampCount > 0;
  }

  /** How many keys are remembered. */
  get keyCount(): number {
    return this.#newest.size;
  }

  /** From now on writes are recorded for a transaction that reads at the timestamp of the newest write. */
  beginTransaction(readTimestamp: number): void {
    this.#transactions.register(readTimestamp);
  }

  /** Forgets what only this transaction needed. */
  endTransaction(readTimestamp: number): void {
    this.#transactions.release(readTimestamp);
    if (!this.isRecording) {
      this.#newest.clear();
      this.#ranges.clear();
      return;
    }
    const oldest = this.#transactions.watermark(readTimestamp);
    for (const [key, timestamp] of this.#newest) {
      if (timestamp > oldest) break;
      this.#newest.delete(key);
    }
    for (const [bounds, { timestamp }] of this.#ranges) {
      if (timestamp > oldest) break;
      this.#ranges.delete(bounds);
    }
  }

  /** Of a key as `keyText` makes it. Timestamps never decrease from call to call. */
  record(key: string, timestamp: number): void {
    this.#newest.delete(key);
    this.#newest.set(key, timestamp);
  }

  /** Of a range delete of the keys from `from` up to and without `to`, which lies behind `from`. */
  recordRange(from: string, to: string, timestamp: number): void {
    const bounds = `${from.length} ${from}${to}`;
    this.#ranges.delete(bounds);
    this.#ranges.set(bounds, { from, to, timestamp });
  }

  /** What range deletes took away after the timestamp, which is that of an open transaction: sorted spans that do not touch. */
  spansDeletedSince(readTimestamp: number): KeySpan[] {
    return unionOfSpans([...this.#ranges.values()].filter(({ timestamp }) => timestamp > readTimestamp));
  }

  /** Whether somebody wrote the key itself after the timestamp, which is that of an open transaction. */
  isNewer(key: string, readTimestamp: number): boolean {
    return (this.#newest.get(key) ?? 0) > readTimestamp;
  }

  /** The keys written after the timestamp, which is that of an open transaction. */
  *keysSince(readTimestamp: number): Generator<string, void, undefined> {
    for (const [key, timestamp] of this.#newest) if (timestamp > readTimestamp) yield key;
  }
}
