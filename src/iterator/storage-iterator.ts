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

/** A timestamp for seeks alone: it sorts behind every version of a key, as `TIMESTAMP_MAX` sorts before them. */
export const BEHIND_VERSIONS = -1;

/**
 * A cursor that can be placed. It stands nowhere (is invalid) until one of these was called.
 *
 * A seek names a place between entries: (key, timestamp) in internal order, and an entry that is there lies behind the
 * place. So `TIMESTAMP_MAX` is the place before a key's versions, and `BEHIND_VERSIONS` the one behind them.
 */
export interface SeekableIterator extends StorageIterator {
  seekToFirst(): void;
  /** To the entry behind the place: with `TIMESTAMP_MAX` the first at or after the key, with `BEHIND_VERSIONS` after it. */
  seek(key: Uint8Array, keyStart: number, keyEnd: number, timestamp: number): void;
}

/** A cursor that goes both ways. It is invalid past either end, and must be placed again from there. */
export interface BidirectionalIterator extends SeekableIterator {
  seekToLast(): void;
  /** To the entry before the place: with `TIMESTAMP_MAX` the last before the key, with `BEHIND_VERSIONS` at or before it. */
  seekBackward(key: Uint8Array, keyStart: number, keyEnd: number, timestamp: number): void;
  /** Moves to the entry before. Must be valid. Throws CorruptionError or IoError. */
  previous(): void;
}

/** Where a point look-up puts what it found. One object is reused for many look-ups; the bytes are lent as above. */
export type LookupResult = {
  timestamp: number;
  kind: number;
  valueBuffer: Uint8Array;
  valueStart: number;
  valueEnd: number;
};
