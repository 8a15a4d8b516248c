/**
 * A cursor over entries in internal key order (`key.ts`).
 *
 * The entry's bytes are lent: `keyBuffer[keyStart, keyEnd)` and `valueBuffer[valueStart, valueEnd)` may be read only
 * while `valid`, and only until the next call of a moving method of this cursor. All of these are plain fields that are
 * written when the cursor moves, so that a reader pays for no call. A cursor whose move threw is invalid and stays so.
 */
export interface StorageIterator {
  readonly valid: boolean;
  readonly keyBuffer: Uint8Array;
  readonly keyStart: number;
  readonly keyEnd: number;
  /** 0 in `plain` files, which hold no timestamps. */
  readonly timestamp: number;
  /** One of `ENTRY_KIND`. */
  readonly kind: number;
  /** Empty for a delete. */
  readonly valueBuffer: Uint8Array;
  readonly valueStart: number;
  readonly valueEnd: number;
  /** How many sources still feed this cursor; the reference's `num_active_iterators`. */
  readonly activeIterators: number;

  /** Moves to the next entry. Must be valid. Throws CorruptionError or IoError. */
  next(): void;
}

/** A cursor that can be placed. It stands nowhere (is invalid) until one of these was called. */
export interface SeekableIterator extends StorageIterator {
  seekToFirst(): void;
  /** To the first entry at or after (key, timestamp) in internal order: `TIMESTAMP_MAX` means the key's first version. */
  seek(key: Uint8Array, keyStart: number, keyEnd: number, timestamp: number): void;
}

/** Where a point look-up puts what it found. One object is reused for many look-ups; the bytes are lent as above. */
export type LookupResult = {
  timestamp: number;
  kind: number;
  valueBuffer: Uint8Array;
  valueStart: number;
  valueEnd: number;
};
