import { encodeOffsets, writeEntryHead } from "../block/block-format.ts";
import type { EntryLayout } from "../block/entry-layout.ts";
import type { ByteWriter } from "../codec/byte-writer.ts";
import { crc32 } from "../codec/crc32.ts";
import type { File } from "../fs/file-system.ts";
import { ENTRY_KIND } from "../key.ts";

/** The only entry's. */
const OFFSETS: Uint16Array = Uint16Array.of(0);

/**
 * Writes a put with a large value as a block of its own, with its checksum: the value goes to the file from where it
 * lies, and is never copied. What the writer held is written before. Answers how many bytes the block takes with its
 * checksum, of which the last few stay in the writer. Throws IoError.
 */
export function writeLargeBlock(
  file: File,
  writer: ByteWriter,
  layout: EntryLayout,
  keyBuffer: Uint8Array,
  keyStart: number,
  keyEnd: number,
  timestamp: number,
  valueBuffer: Uint8Array,
  valueStart: number,
  valueEnd: number,
): number {
  const valueLength = valueEnd - valueStart;
  const headLength = layout.sizeOverhead + keyEnd - keyStart;
  const start = writer.reserve(headLength);
  const { put } = ENTRY_KIND;
  writeEntryHead(writer.buffer, start, layout, 0, keyBuffer, keyStart, keyEnd, timestamp, put, valueLength);
  const headChecksum = crc32(writer.buffer, start, writer.length);
  file.append(writer.buffer, 0, writer.length);
  writer.clear();
  file.append(valueBuffer, valueStart, valueEnd);
  encodeOffsets(writer, OFFSETS, OFFSETS.length);
  const valueChecksum = crc32(valueBuffer, valueStart, valueEnd, headChecksum);
  writer.u32(crc32(writer.buffer, 0, writer.length, valueChecksum));
  return headLength + valueLength + writer.length;
}
