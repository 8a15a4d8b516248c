/**
 * What a key is inside the engine: user key bytes, a timestamp, and the kind of entry.
 *
 * Internal keys sort by user key, unsigned byte by byte, a prefix before its extensions; among equal user keys the
 * larger timestamp comes first, so that the newest version is met first.
 */

/**
 * What an entry says about its key. In `plain` and `mvcc` files a delete is an empty value. A range delete, which only
 * logs of `native` hold among entries, has the range's first key for a key and the key behind its last for a value. Never
 * renumber.
 */
export const ENTRY_KIND = { put: 0, delete: 1, rangeDelete: 2 } as const;

/** One of `ENTRY_KIND`'s values. Kept as a number: cursors hold it in a field that is written per entry. */
export type EntryKind = (typeof ENTRY_KIND)[keyof typeof ENTRY_KIND];

/** Sorts before every version of a key that a reader may see; also "read the newest". Files hold timestamps up to this. */
export const TIMESTAMP_MAX: number = Number.MAX_SAFE_INTEGER;

/** Length fields of `plain` and `mvcc` files are 16 bits wide. */
export const KEY_LENGTH_MAX = 0xffff;
export const VALUE_LENGTH_MAX = 0xffff;
/** Of a value in `native` files. */
export const NATIVE_VALUE_LENGTH_MAX: number = 2 ** 30;
