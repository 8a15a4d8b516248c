import { ByteReader } from "../codec/byte-reader.ts";
import { ByteWriter } from "../codec/byte-writer.ts";
import { compareKeys } from "../codec/bytes.ts";
import { crc32 } from "../codec/crc32.ts";
import { assert } from "../errors.ts";
import type { RangeDeleteFragment } from "../iterator/range-delete-fragment.ts";
import { RangeDeletes } from "../iterator/range-deletes.ts";
import { KEY_LENGTH_MAX } from "../key.ts";
import { SIZE_CHECKSUM } from "./format.ts";

/**
 * The range deletes of a native table, cut into fragments that share no key, in key order.
 *
 *   range_deletes = count u32 | fragment … | crc u32
 *   fragment      = from_len u32 | from | to_len u32 | to | timestamp_count u32 | timestamp u64 …
 *
 * Integers are big-endian; the checksum covers all that stands before it. A fragment covers the keys from `from` up to,
 * and without, `to`. Its timestamps, one at least and none of them 0, descend. Bounds have one byte more than keys may
 * have, so that there is one behind every key.
 */
const SIZE_LENGTH = 4;
const SIZE_TIMESTAMP = 8;
const SIZE_FRAGMENT_MIN = 3 * SIZE_LENGTH + SIZE_TIMESTAMP;
const BOUND_LENGTH_MAX = KEY_LENGTH_MAX + 1;

/** Collects the fragments of a table that is being written. */
export class RangeDeletesBuilder {
  fragmentCount = 0;
  /** Largest timestamp of any fragment; 0 without one. */
  maxTimestamp = 0;
  /** The first fragment's `from` and the last one's `to`, in memory of their own; undefined without a fragment. */
  firstFrom: Uint8Array | undefined = undefined;
  lastTo: Uint8Array | undefined = undefined;
  readonly #fragments = new ByteWriter(0);

  /** Bytes that the fragments will take in the table. */
  get sizeBytes(): number {
    return this.#fragments.length;
  }

  /** Adds the keys in [from, to), behind those before; the bytes are copied. */
  add(from: Uint8Array, to: Uint8Array, timestamps: readonly number[]): void {
    assert(compareKeys(from, to) < 0 && to.length <= BOUND_LENGTH_MAX, "a range delete covers keys");
    assert(
      this.lastTo === undefined || compareKeys(this.lastTo, from) <= 0,
      "range deletes of a table are disjoint and in key order",
    );
    assert(isDescending(timestamps), "a range delete has timestamps, the newest first");
    const writer = this.#fragments;
    writer.u32(from.length).bytes(from, 0, from.length);
    writer.u32(to.length).bytes(to, 0, to.length);
    writer.u32(timestamps.length);
    for (const timestamp of timestamps) writer.u64(timestamp);
    this.fragmentCount++;
    this.maxTimestamp = Math.max(this.maxTimestamp, timestamps[0]!);
    this.firstFrom ??= from.slice();
    this.lastTo = to.slice();
  }

  /** Appends the part of the table that holds all of them. */
  encode(writer: ByteWriter): void {
    const start = writer.length;
    writer.u32(this.fragmentCount).bytes(this.#fragments.buffer, 0, this.#fragments.length);
    writer.u32(crc32(writer.buffer, start, writer.length));
  }
}

/** Reads the range deletes in `bytes`, which start at `fileOffset` of `file`. Throws CorruptionError. */
export function decodeRangeDeletes(bytes: Uint8Array, file: string, fileOffset: number): RangeDeletes {
  const end = bytes.length - SIZE_CHECKSUM;
  const reader = new ByteReader(bytes, 0, end, file, fileOffset);
  const count = reader.u32();
  const checksum = new ByteReader(bytes, end, bytes.length, file, fileOffset).u32();
  if (crc32(bytes, 0, end) !== checksum) reader.fail(0, "the checksum of the range deletes does not match");
  if (count > reader.remaining / SIZE_FRAGMENT_MIN) reader.fail(0, `${count} range deletes do not fit`);
  const fragments: RangeDeleteFragment[] = [];
  for (let index = 0; index < count; index++) {
    const start = reader.position;
    const fragment = decodeFragment(reader);
    const before = fragments.at(-1);
    if (before !== undefined && compareKeys(before.to, fragment.from) > 0) {
      reader.fail(start, `range delete ${index} is out of order`);
    }
    fragments.push(fragment);
  }
  if (reader.remaining !== 0) reader.fail(reader.position, "bytes too many behind the range deletes");
  return RangeDeletes.over(fragments);
}

function decodeFragment(reader: ByteReader): RangeDeleteFragment {
  const start = reader.position;
  const from = decodeBound(reader);
  const to = decodeBound(reader);
  const count = reader.u32();
  if (count > reader.remaining / SIZE_TIMESTAMP) reader.fail(start, `${count} timestamps do not fit`);
  const timestamps: number[] = [];
  for (let index = 0; index < count; index++) timestamps.push(reader.u64());
  if (compareKeys(from, to) >= 0) reader.fail(start, "a range delete covers no key");
  if (!isDescending(timestamps)) reader.fail(start, "the timestamps of a range delete do not descend");
  return { from, to, timestamps };
}

/** Copied, so that a fragment does not keep its table's index in memory. */
function decodeBound(reader: ByteReader): Uint8Array {
  const length = reader.u32();
  if (length > BOUND_LENGTH_MAX) reader.fail(reader.position - SIZE_LENGTH, `a bound of ${length} bytes is too long`);
  return reader.view(length).slice();
}

function isDescending(timestamps: readonly number[]): boolean {
  return (
    timestamps.length > 0 &&
    timestamps.every((timestamp, index) => timestamp > 0 && timestamp < (timestamps[index - 1] ?? 2 ** 53))
  );
}

/**
 * The largest key that may lie before `to`. It is known where `to` ends with a zero byte: the key without that byte, and
 * so a range that was cut behind a key of its table does not reach into the next one. Elsewhere it is `to` itself,
 * which is one key too many.
 */
export function lastKeyBefore(to: Uint8Array): Uint8Array {
  return to.at(-1) === 0 ? to.subarray(0, to.length - 1) : to;
}
