import type {
  AbstractBatchOptions,
  AbstractChainedBatch,
  AbstractChainedBatchWriteOptions,
  AbstractDelOptions,
  AbstractIteratorOptions,
  AbstractKeyIteratorOptions,
  AbstractPutOptions,
  AbstractValueIteratorOptions,
  Transcoder,
} from "abstract-level";

/** Of single writes and batches. */
export interface WriteOptions {
  /**
   * Resolve when the write survives a power cut, and not before; without it, when it survives a killed process. What is
   * written in one turn of the event loop shares one sync.
   *
   * @defaultValue `false`
   */
  sync?: boolean | undefined;
}

export interface PutOptions<K, V> extends AbstractPutOptions<K, V>, WriteOptions {}
export interface DelOptions<K> extends AbstractDelOptions<K>, WriteOptions {}
export interface BatchOptions<K, V> extends AbstractBatchOptions<K, V>, WriteOptions {}
export interface ChainedBatchWriteOptions extends AbstractChainedBatchWriteOptions, WriteOptions {}

/** Collects writes, which `write` applies at once. */
export interface ChainedBatch<Database, KDefault, VDefault> extends AbstractChainedBatch<Database, KDefault, VDefault> {
  write(): Promise<void>;
  write(options: ChainedBatchWriteOptions): Promise<void>;
}

/** Of iterators, beside the common ones. */
export interface AdditionalIteratorOptions {
  /** `nextv` answers no more than this many bytes of keys and values at once, and at least one entry. No limit unless given. */
  highWaterMarkBytes?: number | undefined;
}

export interface IteratorOptions<K, V> extends AbstractIteratorOptions<K, V>, AdditionalIteratorOptions {}
export interface KeyIteratorOptions<K> extends AbstractKeyIteratorOptions<K>, AdditionalIteratorOptions {}
export interface ValueIteratorOptions<K, V> extends AbstractValueIteratorOptions<K, V>, AdditionalIteratorOptions {}

/** Of `approximateSize` and `compactRange`. */
export interface StartEndOptions<K> {
  /** Encodes `start` and `end`; the key encoding of the database unless given. */
  keyEncoding?: string | Transcoder.PartialEncoder<K> | undefined;
}
