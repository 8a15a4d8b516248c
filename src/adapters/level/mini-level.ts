import type {
  AbstractBatchOperation,
  AbstractIterator,
  AbstractKeyIterator,
  AbstractSnapshot,
  AbstractValueIterator,
  Transcoder,
} from "abstract-level";
import type { Write } from "../../engine/batch.ts";
import { MiniLsm } from "../../engine/mini-lsm.ts";
import type { Bounds } from "../../engine/range.ts";
import type { Reads } from "../../engine/reads.ts";
import type { Stats } from "../../engine/stats.ts";
import { LsmError } from "../../errors.ts";
import { type Format, ownBytes } from "./encoding.ts";
import { LevelError, levelError } from "./errors.ts";
import { LevelStore } from "./level-store.ts";
import { type DatabaseOptions, engineOptions, type OpenOptions } from "./options.ts";
import { openingError, refuseLevelDb } from "./other-databases.ts";
import type { Moment } from "./range-reader.ts";
import { LevelSnapshot, readsOf, type SnapshotOptions } from "./snapshot.ts";
import { LevelTransaction, type LevelTransactionOptions } from "./transaction.ts";
import type {
  BatchOptions,
  ChainedBatch,
  DelOptions,
  IteratorOptions,
  KeyIteratorOptions,
  PutOptions,
  StartEndOptions,
  ValueIteratorOptions,
} from "./types.ts";
import { WriteAnswers } from "./write-answers.ts";
import { type WriteRequest, writeOptions } from "./writes.ts";

/** What classic-level says of itself, and the methods that only this store has. */
const MANIFEST = {
  encodings: { buffer: true, utf8: true, view: true },
  has: true,
  createIfMissing: true,
  errorIfExists: true,
  explicitSnapshots: true,
  getSync: true,
  additionalMethods: { approximateSize: true, compactRange: true, flush: true, stats: true, transaction: true },
  signals: { iterators: true },
};

/** What is told by `warning` and `backgroundError` events of a MiniLevel; see the engine's events of these names. */
const FORWARDED = ["warning", "backgroundError"] as const;

/**
 * A `level` database over an engine in nothing but TypeScript: an AbstractLevel, and what the engine has beyond it.
 *
 * It keeps everything in one directory, a `native` database. Keys are ordered by their bytes and have at most 65 535;
 * values have at most 1 GiB. An answered write survives a killed process, and with `sync` a power cut. Errors have
 * `LEVEL_` codes, and the engine's own error for a cause.
 *
 * @template KDefault The type of keys where an operation does not say another.
 * @template VDefault The type of values where an operation does not say another.
 */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: the class inherits every method of the interface.
export class MiniLevel<KDefault = string, VDefault = string> extends LevelStore<KDefault, VDefault> {
  /** The directory, as it was given. */
  readonly location: string;
  #database: MiniLsm | undefined;
  readonly #writes = new WriteAnswers();

  /** `options` go on to `open`, but for the encodings. Opens itself soon unless `open` or `close` is called. */
  constructor(location: string, options?: DatabaseOptions<KDefault, VDefault> | undefined) {
    super(MANIFEST, options);
    this.location = checkedLocation(location);
  }

  /**
   * Deletes a closed database: its own files and nothing else, and the directory when that leaves it empty. Without a
   * database there it does nothing. Rejects with LEVEL_LOCKED while somebody has it open.
   */
  static async destroy(location: string): Promise<void> {
    checkedLocation(location);
    try {
      refuseLevelDb(location);
      await MiniLsm.destroy(location);
    } catch (error) {
      if (!(error instanceof LsmError) || error.code !== "DATABASE_MISSING") throw levelError(error);
    }
  }

  /**
   * Makes a closed database whose log is damaged open again, with all that stands before the damage in each log, and writes
   * what the logs held to tables. Damage in a table stays, and is found when it is read: then LEVEL_CORRUPTION says where.
   */
  static async repair(location: string): Promise<void> {
    checkedLocation(location);
    try {
      refuseLevelDb(location);
      const database = await MiniLsm.open(location, { format: "native", createIfMissing: false, recovery: "tail" });
      try {
        await flushAll(database);
      } finally {
        await database.close();
      }
    } catch (error) {
      throw openingError(location, error);
    }
  }

  /** About how many bytes on disk the keys from `start` up to `end`, itself excluded, take. */
  approximateSize(start: KDefault, end: KDefault): Promise<number>;
  approximateSize<K = KDefault>(start: K, end: K, options: StartEndOptions<K>): Promise<number>;
  async approximateSize<K>(start: K, end: K, options?: StartEndOptions<K>): Promise<number> {
    const bounds = this.#bounds(start, end, options);
    return this.#whenOpen((database) => database.approximateSize(bounds));
  }

  /** Merges what holds keys from `start` up to `end`, itself excluded, and drops what is overwritten and deleted there. */
  compactRange(start: KDefault, end: KDefault): Promise<void>;
  compactRange<K = KDefault>(start: K, end: K, options: StartEndOptions<K>): Promise<void>;
  async compactRange<K>(start: K, end: K, options?: StartEndOptions<K>): Promise<void> {
    const bounds = this.#bounds(start, end, options);
    await this.#whenOpen((database) => database.compactRange(bounds));
  }

  /** Writes what is only in logs and memory to tables. */
  async flush(): Promise<void> {
    await this.#whenOpen(flushAll);
  }

  /** What the database looks like and what it has done since it was opened. Throws LEVEL_DATABASE_NOT_OPEN. */
  stats(): Stats {
    return this.#opened().stats();
  }

  /**
   * Begins reads and writes that happen at once or not at all; see `LevelTransaction`. It has the encodings of the
   * database where it is not given others. Throws LEVEL_DATABASE_NOT_OPEN.
   */
  transaction<K = KDefault, V = VDefault>(options: LevelTransactionOptions<K, V> = {}): LevelTransaction<K, V> {
    const { isolation, keyEncoding, valueEncoding } = options;
    try {
      return new LevelTransaction<K, V>(this, this.#opened().transaction({ isolation }), {
        keyEncoding: keyEncoding ?? (this.keyEncoding() as object as Transcoder.PartialEncoding<K>),
        valueEncoding: valueEncoding ?? (this.valueEncoding() as object as Transcoder.PartialEncoding<V>),
      });
    } catch (error) {
      throw levelError(error);
    }
  }

  /** @internal */
  async _open(options: OpenOptions): Promise<void> {
    try {
      refuseLevelDb(this.location);
      this.#database = await MiniLsm.open(this.location, engineOptions(options), (events) => this.#forward(events));
    } catch (error) {
      throw openingError(this.location, error);
    }
  }

  /** @internal */
  async _close(): Promise<void> {
    try {
      await this.#database?.close();
    } catch (error) {
      throw levelError(error);
    }
  }

  /** @internal */
  _snapshot(options: SnapshotOptions): LevelSnapshot {
    return new LevelSnapshot(options, this.#opened().snapshot(), this);
  }

  /** @internal */
  override _reads(snapshot: AbstractSnapshot | null | undefined): Reads {
    return snapshot == null ? this.#opened() : readsOf(snapshot, this);
  }

  /** @internal */
  override _moment(snapshot: AbstractSnapshot | null | undefined): Moment {
    if (snapshot != null) return { reads: readsOf(snapshot, this), close() {} };
    const reads = this.#opened().snapshot();
    return { reads, close: () => reads.close() };
  }

  /** Writes that share a promise of the engine share one here. @internal */
  override _apply(writes: readonly Write[], request: WriteRequest): Promise<void> {
    try {
      return this.#writes.answer(this.#opened().writeAsync(writes, writeOptions(request)));
    } catch (error) {
      return Promise.reject(levelError(error));
    }
  }

  #opened(): MiniLsm {
    if (this.#database !== undefined && this.status !== "closed") return this.#database;
    throw new LevelError("LEVEL_DATABASE_NOT_OPEN", "Database is not open");
  }

  async #whenOpen<Answer>(answer: (database: MiniLsm) => Promise<Answer>): Promise<Answer> {
    if (this.status === "opening") return this.deferAsync(() => this.#whenOpen(answer));
    try {
      return await answer(this.#opened());
    } catch (error) {
      throw levelError(error);
    }
  }

  #bounds<K>(start: K, end: K, options: StartEndOptions<K> | undefined): Bounds {
    if (start === undefined || end === undefined) {
      throw new TypeError("The arguments 'start' and 'end' are required");
    }
    const asked = options?.keyEncoding as Transcoder.MixedEncoding<K, Format, K> | undefined;
    const encoding =
      asked === undefined ? (this.keyEncoding() as { encode(key: unknown): Format }) : this.keyEncoding(asked);
    return { gte: ownBytes(encoding.encode(start)), lt: ownBytes(encoding.encode(end)) };
  }

  #forward(events: Pick<MiniLsm, "on">): void {
    for (const name of FORWARDED) events.on(name, (event) => this.emit(name, event));
  }
}

/** Methods of AbstractLevel that take more options here, which they hand on to the private ones. */
export interface MiniLevel<KDefault, VDefault> {
  open(): Promise<void>;
  open(options: OpenOptions): Promise<void>;

  put(key: KDefault, value: VDefault): Promise<void>;
  put<K = KDefault, V = VDefault>(key: K, value: V, options: PutOptions<K, V>): Promise<void>;

  del(key: KDefault): Promise<void>;
  del<K = KDefault>(key: K, options: DelOptions<K>): Promise<void>;

  batch(operations: AbstractBatchOperation<this, KDefault, VDefault>[]): Promise<void>;
  batch<K = KDefault, V = VDefault>(
    operations: AbstractBatchOperation<this, K, V>[],
    options: BatchOptions<K, V>,
  ): Promise<void>;
  batch(): ChainedBatch<this, KDefault, VDefault>;

  iterator(): AbstractIterator<this, KDefault, VDefault>;
  iterator<K = KDefault, V = VDefault>(options: IteratorOptions<K, V>): AbstractIterator<this, K, V>;

  keys(): AbstractKeyIterator<this, KDefault>;
  keys<K = KDefault>(options: KeyIteratorOptions<K>): AbstractKeyIterator<this, K>;

  values(): AbstractValueIterator<this, KDefault, VDefault>;
  values<K = KDefault, V = VDefault>(options: ValueIteratorOptions<K, V>): AbstractValueIterator<this, K, V>;
}

function checkedLocation(location: string): string {
  if (typeof location === "string" && location !== "") return location;
  throw new TypeError("The first argument 'location' must be a non-empty string");
}

/** A flush takes what was written before it, and one of the memtables that wait; what is written meanwhile is not waited for. */
async function flushAll(database: MiniLsm): Promise<void> {
  const waiting = database.stats().immutableMemtables;
  for (let flushes = 0; flushes <= waiting; flushes++) await database.flush();
}
