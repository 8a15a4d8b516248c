import { ByteReader, readU32, readU64 } from "../codec/byte-reader.ts";
import { ByteWriter, writeU32 } from "../codec/byte-writer.ts";
import { crc32 } from "../codec/crc32.ts";
import {
  decodeNativeHeader,
  encodeNativeHeader,
  NATIVE_FILE_KIND,
  SIZE_NATIVE_HEADER,
} from "../codec/native-header.ts";
import { CorruptionError } from "../errors.ts";
import { RangeChecksums } from "../wal/range-checksums.ts";
import type { Edit } from "./edit.ts";
import type { ManifestRecord } from "./manifest-frame.ts";
import { decodeEdit, encodeEdit } from "./native-record.ts";
import { decodeState, encodeState, type StateRecord } from "./native-state.ts";

/**
 * The bytes of a manifest of `native`: the file header, then frames to the last byte.
 *
 *   | body length u32 | offset u64 | body | crc u32 |
 *
 * Integers are big-endian. The body of the first frame is the state of the database, that of every other one any number of
 * edits, which count together or not at all. A frame without edits says nothing, and shows that the one before it was
 * finished.
 *
 * `offset` is where the frame starts in the file. The checksum is the CRC-32 of all that stands before it in the frame, XOR
 * the checksum of the first frame; in that one, XOR the checksum of the header. So neither a copy that somebody keeps as a
 * key nor what a power cut leaves of an older manifest in the same place on the disk passes for a frame of this one.
 *
 * Every append is synced, and the first frame is there before the file has its name. So a bad frame is a torn tail, the
 * mark of a crash in mid-append, only where it is not the first and no whole one stands behind it.
 */
const SIZE_LENGTH = 4;
const SIZE_OFFSET = 8;
const SIZE_CHECKSUM = 4;
const SIZE_FRAME_HEAD: number = SIZE_LENGTH + SIZE_OFFSET;
const FRAME_OVERHEAD: number = SIZE_FRAME_HEAD + SIZE_CHECKSUM;

const CAPACITY_FIRST_BYTES = 256;

/** What whoever appends to a manifest must know of its beginning. */
export type ManifestBeginning = {
  /** Where the first frame ends. */
  readonly stateEnd: number;
  /** Of the first frame. */
  readonly checksum: number;
};

export type NativeFrames = ManifestBeginning & {
  readonly databaseId: Uint8Array;
  readonly state: StateRecord;
  readonly records: readonly ManifestRecord[];
  /** Where the last whole frame ends. Bytes after it are a torn tail. */
  readonly sizeBytes: number;
};

/** A whole manifest that says no more than a state. */
export function encodeBeginning(
  databaseId: Uint8Array,
  state: StateRecord,
): ManifestBeginning & { readonly bytes: Uint8Array } {
  const header = encodeNativeHeader({ kind: NATIVE_FILE_KIND.manifest, databaseId, fileId: 0 });
  const writer = new ByteWriter(CAPACITY_FIRST_BYTES).bytes(header, 0, header.length);
  const bytes = encodeFrame(writer, header.length, checksumBefore(header, header.length), () => {
    encodeState(writer, state);
  });
  return { bytes, stateEnd: bytes.length, checksum: checksumBefore(bytes, bytes.length) };
}

/** The frame that is to stand at `offset` of the file. `checksum` is that of the first frame. */
export function encodeEdits(offset: number, checksum: number, edits: readonly Edit[]): Uint8Array {
  const writer = new ByteWriter(CAPACITY_FIRST_BYTES);
  return encodeFrame(writer, offset, checksum, () => {
    for (const edit of edits) encodeEdit(writer, edit);
  });
}

/** Everything written so far, with a frame behind it. */
function encodeFrame(writer: ByteWriter, offset: number, mixed: number, encodeBody: () => void): Uint8Array {
  const start = writer.length;
  writer.u32(0).u64(offset);
  encodeBody();
  writeU32(writer.buffer, start, writer.length - start - SIZE_FRAME_HEAD);
  writer.u32((crc32(writer.buffer, start, writer.length) ^ mixed) >>> 0);
  return writer.buffer.subarray(0, writer.length);
}

/**
 * Takes a whole manifest apart. Throws CorruptionError, with the offset in `path`, for everything that a crash cannot have
 * left, and LsmError UNSUPPORTED for what a newer program wrote.
 */
export function decodeNativeFrames(bytes: Uint8Array, path: string): NativeFrames {
  const header = decodeNativeHeader(bytes, path);
  if (header.kind !== NATIVE_FILE_KIND.manifest || header.fileId !== 0) {
    throw new CorruptionError(path, 0, "the file says that it is no manifest");
  }
  const { databaseId } = header;
  const stateEnd = nativeFrameEnd(bytes, SIZE_NATIVE_HEADER, checksumBefore(bytes, SIZE_NATIVE_HEADER));
  if (stateEnd === undefined) {
    throw new CorruptionError(path, SIZE_NATIVE_HEADER, "the checksum of the manifest's first frame does not match");
  }
  const state = decodeFirstFrame(bytes, stateEnd, path);
  const checksum = checksumBefore(bytes, stateEnd);
  const records: ManifestRecord[] = [];
  let offset = stateEnd;
  while (offset < bytes.length) {
    const end = nativeFrameEnd(bytes, offset, checksum);
    if (end === undefined) {
      refuseFollower(bytes, offset, checksum, path);
      break;
    }
    for (const edit of decodeNativeEdits(bytes, offset, end, path)) records.push({ offset, edit });
    offset = end;
  }
  return { databaseId, state, stateEnd, checksum, records, sizeBytes: offset };
}

function decodeBody<Item>(
  bytes: Uint8Array,
  offset: number,
  end: number,
  path: string,
  decode: (reader: ByteReader) => Item,
  countMax: number = Number.POSITIVE_INFINITY,
): Item[] {
  const reader = new ByteReader(bytes, offset + SIZE_FRAME_HEAD, end - SIZE_CHECKSUM, path, 0);
  const items: Item[] = [];
  while (reader.remaining > 0 && items.length < countMax) items.push(decode(reader));
  if (reader.remaining > 0) reader.fail(reader.position, `${reader.remaining} bytes are left in the frame`);
  return items;
}

/** The edits of the frame bytes[offset, end), which is not the first. Throws CorruptionError. */
export function decodeNativeEdits(bytes: Uint8Array, offset: number, end: number, path: string): Edit[] {
  return decodeBody(bytes, offset, end, path, decodeEdit);
}

/** What the first frame, which ends at `end`, says. Throws CorruptionError. */
export function decodeFirstFrame(bytes: Uint8Array, end: number, path: string): StateRecord {
  const [state] = decodeBody(bytes, SIZE_NATIVE_HEADER, end, path, decodeState, 1);
  if (state === undefined) throw new CorruptionError(path, SIZE_NATIVE_HEADER, "the manifest's first frame is empty");
  return state;
}

/** Where the whole frame at `offset` ends; undefined when none stands there. `mixed`: what its checksum is mixed with. */
export function nativeFrameEnd(
  bytes: Uint8Array,
  offset: number,
  mixed: number,
  crcOf: Crc = crc32,
): number | undefined {
  const bytesLeft = bytes.length - offset;
  if (bytesLeft < FRAME_OVERHEAD || readU64(bytes, offset + SIZE_LENGTH) !== offset) return undefined;
  const length = readU32(bytes, offset);
  if (length > bytesLeft - FRAME_OVERHEAD) return undefined;
  const end = offset + FRAME_OVERHEAD + length;
  const expected = (crcOf(bytes, offset, end - SIZE_CHECKSUM) ^ mixed) >>> 0;
  return checksumBefore(bytes, end) === expected ? end : undefined;
}

type Crc = (bytes: Uint8Array, start: number, end: number) => number;

/** The checksum that ends where `end` is. */
export function checksumBefore(bytes: Uint8Array, end: number): number {
  return readU32(bytes, end - SIZE_CHECKSUM);
}

/** A bad frame is the end of the manifest only when no whole one comes after it. */
function refuseFollower(bytes: Uint8Array, offset: number, checksum: number, path: string): void {
  const follower = findNativeFrame(bytes, offset + 1, checksum);
  if (follower === undefined) return;
  throw new CorruptionError(path, offset, `damaged manifest frame: a whole one follows at byte offset ${follower}`);
}

/** Where the first whole frame from `from` on starts; undefined when there is none. Linear, whatever keys stand there. */
export function findNativeFrame(bytes: Uint8Array, from: number, mixed: number): number | undefined {
  if (from >= bytes.length) return undefined;
  const ranges = new RangeChecksums(bytes, from, bytes.length);
  const crcOf: Crc = (_, start, end) => ranges.checksum(start, end);
  for (let candidate = from; candidate <= bytes.length - FRAME_OVERHEAD; candidate++) {
    if (nativeFrameEnd(bytes, candidate, mixed, crcOf) !== undefined) return candidate;
  }
  return undefined;
}
