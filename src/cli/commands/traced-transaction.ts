import { fingerprint32 } from "../../codec/fingerprint32.ts";
import type { Cursor, KeyRange, Transaction } from "../database.ts";

/** More of a set is not shown, nor remembered. */
const HASHES_MAX = 1000;

/** A transaction that tells what it wrote and read when it is about to commit, as the reference's serializable ones do. */
export class TracedTransaction implements Transaction {
  readonly #transaction: Transaction;
  readonly #tell: (line: string) => void;
  readonly #written = new KeyHashes();
  readonly #read = new KeyHashes();

  constructor(transaction: Transaction, tell: (line: string) => void) {
    this.#transaction = transaction;
    this.#tell = tell;
  }

  /** The key counts as read whether or not it is there. */
  get(key: Uint8Array): Uint8Array | undefined {
    this.#read.add(key, 0, key.length);
    return this.#transaction.get(key);
  }

  /** The keys count as read that the cursor stands on. */
  cursor(range: KeyRange): Cursor {
    return new TracedCursor(this.#transaction.cursor(range), this.#read);
  }

  put(key: Uint8Array, value: Uint8Array): void {
    this.#transaction.put(key, value);
    this.#written.add(key, 0, key.length);
  }

  delete(key: Uint8Array): void {
    this.#transaction.delete(key);
    this.#written.add(key, 0, key.length);
  }

  commit(): void {
    this.#tell(`commit txn: write_set: ${this.#written.text()}, read_set: ${this.#read.text()}\n`);
    this.#transaction.commit();
  }

  [Symbol.dispose](): void {
    this.#transaction[Symbol.dispose]();
  }
}

/** A set of keys by their hashes, in the order in which they came. */
class KeyHashes {
  readonly #hashes = new Set<number>();
  #isComplete = true;

  add(bytes: Uint8Array, start: number, end: number): void {
    const hash = fingerprint32(bytes, start, end);
    if (this.#hashes.size < HASHES_MAX) this.#hashes.add(hash);
    else if (!this.#hashes.has(hash)) this.#isComplete = false;
  }

  /** As Rust's `{:?}` prints a set of numbers. */
  text(): string {
    return `{${[...this.#hashes].join(", ")}${this.#isComplete ? "" : ", …"}}`;
  }
}

class TracedCursor implements Cursor {
  readonly #cursor: Cursor;
  readonly #read: KeyHashes;

  constructor(cursor: Cursor, read: KeyHashes) {
    this.#cursor = cursor;
    this.#read = read;
    this.#note();
  }

  get valid(): boolean {
    return this.#cursor.valid;
  }
  get keyBuffer(): Uint8Array {
    return this.#cursor.keyBuffer;
  }
  get keyStart(): number {
    return this.#cursor.keyStart;
  }
  get keyEnd(): number {
    return this.#cursor.keyEnd;
  }
  get valueBuffer(): Uint8Array {
    return this.#cursor.valueBuffer;
  }
  get valueStart(): number {
    return this.#cursor.valueStart;
  }
  get valueEnd(): number {
    return this.#cursor.valueEnd;
  }

  next(): void {
    this.#cursor.next();
    this.#note();
  }

  close(): void {
    this.#cursor.close();
  }

  #note(): void {
    if (this.valid) this.#read.add(this.keyBuffer, this.keyStart, this.keyEnd);
  }
}
