import type { AbstractDatabaseOptions, AbstractLevel, AbstractResource, AbstractSnapshot } from "abstract-level";
import type { Write } from "../../engine/batch.ts";
import type { Transaction, TransactionOptions } from "../../engine/transaction.ts";
import { LevelError, levelError } from "./errors.ts";
import { LevelStore } from "./level-store.ts";
import type { Moment } from "./range-reader.ts";
import { mayBeForgotten } from "./weak-resources.ts";
import { type WriteRequest, writeOptions } from "./writes.ts";

/** What a transaction protects from, and the encodings of its keys and values. */
export interface LevelTransactionOptions<K, V>
  extends TransactionOptions,
    Pick<AbstractDatabaseOptions<K, V>, "keyEncoding" | "valueEncoding"> {}

/** Iterators show writes made before they were first read from, also those made after the iterator. */
const MANIFEST = {
  encodings: { buffer: true, utf8: true, view: true },
  has: true,
  getSync: true,
  implicitSnapshots: false,
  permanence: false,
  additionalMethods: { commit: true, rollback: true },
  signals: { iterators: true },
};

/** What a transaction needs of its database. @internal */
export interface TransactionHost extends Pick<AbstractLevel<unknown>, "emit" | "listenerCount"> {
  readonly hooks: { readonly prewrite: object; readonly newsub: object };
  attachResource(resource: AbstractResource): void;
  detachResource(resource: AbstractResource): void;
  keyEncoding(name: "buffer"): object;
  valueEncoding(name: "buffer"): object;
}

/**
 * Reads and writes that happen at once or not at all: an AbstractLevel of its own, with sublevels, batches and iterators.
 *
 * It reads the database as it was when the transaction began, with its own writes over it; nobody else sees those before
 * `commit`. It takes no locks: `commit` rejects with LEVEL_TRANSACTION_CONFLICT when others made it wrong meanwhile, and
 * is to be tried again in a new one. `close` rolls back what was not committed, as closing the database does. Prewrite and
 * newsub hooks of the database are called for it too, and a commit emits the database's `write` event.
 */
export class LevelTransaction<KDefault = string, VDefault = string> extends LevelStore<KDefault, VDefault> {
  readonly #database: TransactionHost;
  readonly #transaction: Transaction;
  /** For the database's `write` event; undefined when nobody listened when the transaction began. */
  readonly #written: Write[] | undefined;

  /** @internal */
  constructor(
    database: TransactionHost,
    transaction: Transaction,
    encodings: Pick<AbstractDatabaseOptions<KDefault, VDefault>, "keyEncoding" | "valueEncoding">,
  ) {
    super(MANIFEST, encodings);
    this.#database = database;
    this.#transaction = transaction;
    this.#written = database.listenerCount("write") > 0 ? [] : undefined;
    this.hooks.prewrite = database.hooks.prewrite as typeof this.hooks.prewrite;
    this.hooks.newsub = database.hooks.newsub as typeof this.hooks.newsub;
    // The engine rolls a forgotten one back.
    mayBeForgotten(this);
    database.attachResource(this);
  }

  /**
   * Makes all writes visible at once and closes the transaction. Rejects with LEVEL_TRANSACTION_CONFLICT, or what a write
   * rejects with; then nothing was written, and it is closed as well.
   */
  async commit(options: WriteRequest = {}): Promise<void> {
    // Operations that were called before and wait for the transaction to open come first.
    if (this.status === "opening") await this.open();
    try {
      this.#transaction.commit(writeOptions(options));
    } catch (error) {
      throw levelError(error);
    } finally {
      await this.close();
    }
    if (this.#written !== undefined && this.#written.length > 0) this.#tell(this.#written);
  }

  /** Forgets the writes and closes the transaction. */
  async rollback(): Promise<void> {
    await this.close();
  }

  /** @internal */
  async _open(): Promise<void> {
    if (this.#transaction.state === "open") return;
    throw new LevelError("LEVEL_TRANSACTION_FINISHED", "The transaction is over: begin another one");
  }

  /** @internal */
  async _close(): Promise<void> {
    this.#transaction[Symbol.dispose]();
    this.#database.detachResource(this);
  }

  /** @internal */
  override _reads(snapshot: AbstractSnapshot | null | undefined): Transaction {
    if (snapshot == null) return this.#transaction;
    throw new LevelError("LEVEL_NOT_SUPPORTED", "A transaction reads from no other snapshot than its own");
  }

  /** @internal */
  override _moment(snapshot: AbstractSnapshot | null | undefined): Moment {
    return { reads: this._reads(snapshot), close() {} };
  }

  /** @internal */
  override async _apply(writes: readonly Write[]): Promise<void> {
    try {
      for (const write of writes) this.#apply(write);
    } catch (error) {
      throw levelError(error);
    }
  }

  #apply(write: Write): void {
    if (write.type === "put") this.#transaction.put(write.key, write.value);
    else if (write.type === "delete") this.#transaction.delete(write.key);
    else {
      const { type: _, ...bounds } = write;
      for (const key of this.#transaction.keys(bounds)) this.#apply({ type: "delete", key });
      return;
    }
    this.#written?.push(write);
  }

  #tell(written: readonly Write[]): void {
    const keyEncoding = this.#database.keyEncoding("buffer");
    const valueEncoding = this.#database.valueEncoding("buffer");
    const operations = written.map((write) => {
      if (write.type === "put") {
        const { key, value } = write;
        return { type: "put", key, value, keyEncoding, valueEncoding, encodedKey: key, encodedValue: value };
      }
      const { key } = write as Write & { type: "delete" };
      return { type: "del", key, keyEncoding, encodedKey: key };
    });
    this.#database.emit("write", operations);
  }
}
