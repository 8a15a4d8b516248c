import type { Transaction } from "../../src/engine/transaction.ts";
import type { DatabaseFormat } from "../../src/options.ts";

/** Keys from one up to and without another. */
export type HistoryRange = { readonly gte: string; readonly lt: string };

type KeyWrite =
  | { readonly kind: "put"; readonly key: string; readonly value: string }
  | { readonly kind: "delete"; readonly key: string };

export type HistoryWrite = KeyWrite | { readonly kind: "deleteRange"; readonly range: HistoryRange };

/** A step of a transaction, and what it saw where it is a read: of a scan its first entries in its direction, `limit` at most. */
export type HistoryStep =
  | HistoryWrite
  | { readonly kind: "get"; readonly key: string; readonly seen: string | undefined }
  | {
      readonly kind: "scan";
      readonly range: HistoryRange;
      readonly reverse: boolean;
      readonly limit: number;
      readonly seen: string;
    };

const KEYS = "abcde";

/** What a random history does next. The same generator makes the same choices. */
export class HistoryChoices {
  readonly random: (below: number) => number;
  readonly #format: DatabaseFormat;
  readonly #padding: string;
  #values = 0;

  /** `valueLengthMin`: long values fill memtables. */
  constructor(random: (below: number) => number, format: DatabaseFormat, valueLengthMin: number) {
    this.random = random;
    this.#format = format;
    this.#padding = ".".repeat(valueLengthMin);
  }

  /** One write of a batch. */
  write(): HistoryWrite {
    if (this.#format === "native" && this.random(4) === 0) return { kind: "deleteRange", range: this.#range() };
    return this.#writeOfKey();
  }

  /** One write of a transaction, which deletes no ranges. */
  #writeOfKey(): KeyWrite {
    const key = this.#key();
    if (this.random(5) === 0) return { kind: "delete", key };
    return { kind: "put", key, value: `${++this.#values}${this.#padding}` };
  }

  /** One of two steps reads. */
  step(transaction: Transaction): HistoryStep {
    if (this.random(2) === 0) {
      const write = this.#writeOfKey();
      if (write.kind === "put") transaction.put(write.key, write.value);
      else transaction.delete(write.key);
      return write;
    }
    if (this.random(3) === 0) return this.#scan(transaction);
    const key = this.#key();
    return { kind: "get", key, seen: transaction.get(key, { as: "utf8" }) };
  }

  /** Ended by its limit, or left before its end. */
  #scan(transaction: Transaction): HistoryStep {
    const [range, reverse, limit] = [this.#range(), this.random(2) === 0, 1 + this.random(KEYS.length)];
    const isLeft = this.random(2) === 0;
    const seen: string[] = [];
    for (const entry of transaction.scan({ ...range, reverse, ...(!isLeft && { limit }), as: "utf8" })) {
      seen.push(entry.join("="));
      if (seen.length === limit) break;
    }
    return { kind: "scan", range, reverse, limit, seen: seen.join(" ") };
  }

  #key(): string {
    return KEYS[this.random(KEYS.length)] ?? "";
  }

  #range(): HistoryRange {
    const [gte = "", lt = ""] = [this.#key(), this.#key()].sort();
    return { gte, lt: `${lt}~` };
  }
}
