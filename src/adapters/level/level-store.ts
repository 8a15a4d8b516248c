import {
  AbstractLevel,
  type AbstractResource,
  type AbstractSnapshot,
  type AbstractSublevelOptions,
} from "abstract-level";
import type { Write } from "../../engine/batch.ts";
import type { Reads } from "../../engine/reads.ts";
import { LevelChainedBatch } from "./chained-batch.ts";
import type { Format, Formats } from "./encoding.ts";
import { EntryIterator, type IteratorRequest, KeyIterator, keyReader, ValueIterator } from "./iterators.ts";
import { find, findMany, findSync, has, hasMany } from "./lookups.ts";
import { boundsOf, type EncodedBounds } from "./range.ts";
import type { Moment } from "./range-reader.ts";
import { LevelSublevel } from "./sublevel.ts";
import { WeakResources } from "./weak-resources.ts";
import { deleteOf, type EncodedOperation, putOf, type WriteRequest, writesOf } from "./writes.ts";

/** What abstract-level tells a private method about a read. @internal */
export type ReadRequest = Formats & { readonly snapshot?: AbstractSnapshot | null | undefined };

/** The same about a clear. @internal */
export type ClearRequest = EncodedBounds &
  Formats & {
    readonly reverse: boolean;
    /** -1 when there is none. */
    readonly limit: number;
    readonly snapshot?: AbstractSnapshot | null | undefined;
    readonly sync?: boolean | undefined;
  };

/**
 * What a database and a transaction have in common: abstract-level's private methods, over the engine's reads and writes.
 * Arguments come encoded, and answers are decoded by abstract-level.
 */
export abstract class LevelStore<KDefault, VDefault> extends AbstractLevel<Format, KDefault, VDefault> {
  readonly #readers = new WeakResources((placeholder) => super.detachResource(placeholder));

  /** What is read from. @internal */
  abstract _reads(snapshot: AbstractSnapshot | null | undefined): Reads;

  /** The same for longer than a call; to be closed. @internal */
  abstract _moment(snapshot: AbstractSnapshot | null | undefined): Moment;

  /** Applies the writes at once; resolves when they are as durable as the request wants. @internal */
  abstract _apply(writes: readonly Write[], request: WriteRequest): Promise<void>;

  /** @internal */
  _get(key: Format, request: ReadRequest): Promise<Format | undefined> {
    return find(this._reads(request.snapshot), key, request.valueEncoding);
  }

  /** @internal */
  _getSync(key: Format, request: ReadRequest): Format | undefined {
    return findSync(this._reads(request.snapshot), key, request.valueEncoding);
  }

  /** @internal */
  _getMany(keys: readonly Format[], request: ReadRequest): Promise<(Format | undefined)[]> {
    return this.#atOneMoment(request, (reads) => findMany(reads, keys, request.valueEncoding));
  }

  /** @internal */
  _has(key: Format, request: ReadRequest): Promise<boolean> {
    return has(this._reads(request.snapshot), key);
  }

  /** @internal */
  _hasMany(keys: readonly Format[], request: ReadRequest): Promise<boolean[]> {
    return this.#atOneMoment(request, (reads) => hasMany(reads, keys));
  }

  /** @internal */
  _put(key: Format, value: Format, request: WriteRequest): Promise<void> {
    return this._apply([putOf(key, value)], request);
  }

  /** @internal */
  _del(key: Format, request: WriteRequest): Promise<void> {
    return this._apply([deleteOf(key)], request);
  }

  /** @internal */
  _batch(operations: readonly EncodedOperation[], request: WriteRequest): Promise<void> {
    return this._apply(writesOf(operations), request);
  }

  /** @internal */
  _chainedBatch(): LevelChainedBatch {
    return new LevelChainedBatch(this);
  }

  /** @internal */
  async _clear(request: ClearRequest): Promise<void> {
    if (request.limit < 0 && request.snapshot == null)
      await this._apply([{ type: "deleteRange", ...boundsOf(request) }], request);
    else await this.#beforeClosing(this.#clearFound(request));
  }

  /** @internal */
  _iterator(request: IteratorRequest & ReadRequest): EntryIterator {
    return new EntryIterator(this, this._moment(request.snapshot), request);
  }

  /** @internal */
  _keys(request: IteratorRequest & ReadRequest): KeyIterator {
    return new KeyIterator(this, this._moment(request.snapshot), request);
  }

  /** @internal */
  _values(request: IteratorRequest & ReadRequest): ValueIterator {
    return new ValueIterator(this, this._moment(request.snapshot), request);
  }

  /** @internal */
  _sublevel<K, V>(name: string, options: AbstractSublevelOptions<K, V>): LevelSublevel<this, K, V> {
    return new LevelSublevel(this, name, options);
  }

  override attachResource(resource: AbstractResource): void {
    super.attachResource(this.#readers.attach(resource));
  }

  override detachResource(resource: AbstractResource): void {
    super.detachResource(this.#readers.detach(resource));
  }

  async #atOneMoment<Answer>(request: ReadRequest, read: (reads: Reads) => Promise<Answer>): Promise<Answer> {
    const moment = this._moment(request.snapshot);
    try {
      return await read(moment.reads);
    } finally {
      moment.close();
    }
  }

  async #clearFound(request: ClearRequest): Promise<void> {
    await this._apply(await this.#keysToClear(request), request);
  }

  /** Work of several steps, which closing would come between: as a resource it is waited for, as single writes are. */
  async #beforeClosing(work: Promise<void>): Promise<void> {
    const close = (): Promise<void> => work.catch(() => {});
    const resource: AbstractResource = { close, [Symbol.asyncDispose]: close };
    this.attachResource(resource);
    try {
      await work;
    } finally {
      this.detachResource(resource);
    }
  }

  async #keysToClear(request: ClearRequest): Promise<Write[]> {
    // Writes that were begun before it in this turn are applied by now.
    await undefined;
    const { snapshot, limit, ...range } = request;
    const reader = keyReader(this._moment(snapshot), { ...range, keyEncoding: "view" });
    try {
      const keys = await reader.all(limit < 0 ? Number.POSITIVE_INFINITY : limit);
      return keys.map(deleteOf);
    } finally {
      reader.close();
    }
  }
}
