import type { Isolation } from "../../mvcc/conflict.ts";
import { messageOf } from "../answers/text.ts";
import type { Cursor, Database, KeyRange, Reader, Transaction, Writer } from "../database.ts";
import { RefusedError } from "../language/command.ts";
import { TracedTransaction } from "./traced-transaction.ts";

export type StoreOptions = {
  /** Every write is a serializable transaction, and so is what `begin` begins. */
  readonly isSerializable: boolean;
  /** Takes what a serializable transaction has to tell when it commits. */
  readonly tell: (lines: string) => void;
};

/** What commands read and write: the transaction that is open, otherwise the database. */
export class Store implements Reader, Writer {
  readonly #database: Database;
  readonly #options: StoreOptions;
  #open: { readonly transaction: Transaction; readonly isolation: Isolation } | undefined;

  constructor(database: Database, options: StoreOptions) {
    this.#database = database;
    this.#options = options;
  }

  /** Of the open transaction; undefined when none is open. */
  get isolation(): Isolation | undefined {
    return this.#open?.isolation;
  }

  get(key: Uint8Array): Uint8Array | undefined {
    return this.#target.get(key);
  }

  cursor(range: KeyRange): Cursor {
    return this.#target.cursor(range);
  }

  put(key: Uint8Array, value: Uint8Array): void {
    if (this.#open !== undefined || !this.#options.isSerializable) {
      this.#target.put(key, value);
      return;
    }
    using transaction = this.#newTransaction("serializable");
    transaction.put(key, value);
    transaction.commit();
  }

  delete(key: Uint8Array): void {
    if (this.#open !== undefined || !this.#options.isSerializable) {
      this.#target.delete(key);
      return;
    }
    using transaction = this.#newTransaction("serializable");
    transaction.delete(key);
    transaction.commit();
  }

  /** Begins a transaction and says with what isolation. */
  begin(isSerializable: boolean): Isolation {
    if (this.#open !== undefined) throw new RefusedError("a transaction is open already: commit or rollback first");
    const isolation = isSerializable || this.#options.isSerializable ? "serializable" : this.#isolationDefault();
    this.#open = { transaction: this.#newTransaction(isolation), isolation };
    return isolation;
  }

  /** Throws RolledBackError when it cannot; the transaction is over either way. */
  commit(): void {
    using transaction = this.#take();
    try {
      transaction.commit();
    } catch (error) {
      throw new RolledBackError(error);
    }
  }

  rollback(): void {
    this.#take()[Symbol.dispose]();
  }

  /** The open transaction, which is nobody's business any more. */
  #take(): Transaction {
    if (this.#open === undefined) throw new RefusedError("no transaction is open: begin one first");
    const { transaction } = this.#open;
    this.#open = undefined;
    return transaction;
  }

  get #target(): Reader & Writer {
    return this.#open?.transaction ?? this.#database;
  }

  #newTransaction(isolation: Isolation): Transaction {
    const transaction = this.#database.transaction({ isolation });
    return isolation === "serializable" ? new TracedTransaction(transaction, this.#options.tell) : transaction;
  }

  /** Where files are the reference's so are transactions: unchecked unless serializable. */
  #isolationDefault(): Isolation {
    return this.#database.format === "mvcc" ? "none" : "snapshot";
  }
}

/** A commit did not happen, for the reason that is its cause. */
class RolledBackError extends Error {
  override readonly name = "RolledBackError";

  constructor(cause: unknown) {
    super(`the transaction was rolled back: ${messageOf(cause)}`, { cause });
  }
}
