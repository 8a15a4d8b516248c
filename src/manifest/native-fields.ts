import type { ByteReader } from "../codec/byte-reader.ts";
import type { ByteWriter } from "../codec/byte-writer.ts";

/**
 * The fields that records of a `native` manifest are made of besides numbers.
 *
 *   list = | count u32 | items |
 *   ids  = list of u64
 *   flag = | 0 or 1 u8 |
 */
const SIZE_ID = 8;

export function encodeList<Item>(writer: ByteWriter, items: readonly Item[], encode: (item: Item) => void): void {
  writer.u32(items.length);
  for (const item of items) encode(item);
}

/**
 * `sizeMin` is that of the shortest item: a count for which there are not enough bytes is refused before anything is made
 * of it. Throws CorruptionError.
 */
export function decodeList<Item>(reader: ByteReader, sizeMin: number, decode: () => Item): Item[] {
  const at = reader.position;
  const count = reader.u32();
  if (count * sizeMin > reader.remaining) reader.fail(at, `a list of ${count} in ${reader.remaining} bytes`);
  const items: Item[] = [];
  while (items.length < count) items.push(decode());
  return items;
}

export function encodeIds(writer: ByteWriter, ids: readonly number[]): void {
  encodeList(writer, ids, (id) => writer.u64(id));
}

export function decodeIds(reader: ByteReader): number[] {
  return decodeList(reader, SIZE_ID, () => reader.u64());
}

export function encodeFlag(writer: ByteWriter, flag: boolean): void {
  writer.u8(flag ? 1 : 0);
}

export function decodeFlag(reader: ByteReader): boolean {
  const at = reader.position;
  const value = reader.u8();
  return value < 2 ? value === 1 : reader.fail(at, `${value} is neither yes nor no`);
}
