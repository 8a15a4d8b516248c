import { readU32 } from "../codec/byte-reader.ts";
import { crc32 } from "../codec/crc32.ts";
import { CorruptionError, LsmError } from "../errors.ts";
import { RangeChecksums } from "../wal/range-checksums.ts";
import type { Edit } from "./edit.ts";
import { decodeEdit, encodeEdit } from "./edit-json.ts";

/**
 * The manifest's bytes: frames from the first byte to the last, nothing between them.
 *
 *   | length u64 | json | crc u32 |
 *
 * Integers are big-endian. `length` counts the bytes of `json`, and `crc` covers `json` alone, so a damaged length is
 * found only by what it points at.
 */
const SIZE_LENGTH = 8;
const SIZE_CHECKSUM = 4;
const FRAME_OVERHEAD: number = SIZE_LENGTH + SIZE_CHECKSUM;

/** What a disk writes whole or not at all. */
const SECTOR_SIZE = 512;

/** JSON of a record opens with this, or with white space when another program wrote it. */
const OPENING_BYTES: readonly number[] = [..."{ \t\r\n"].map((character) => character.charCodeAt(0));

/** An edit and the byte offset of its frame, for the error of whoever cannot apply it. */
export type ManifestRecord = { readonly offset: number; readonly edit: Edit };

export type ManifestFrames = {
  readonly records: readonly ManifestRecord[];
  /** Where the last whole frame ends. Bytes after it are a torn tail, the mark of a crash in mid-append. */
  readonly sizeBytes: number;
};

export function encodeFrame(edit: Edit): Uint8Array {
  const json = encodeEdit(edit);
  const frame = new Uint8Array(json.length + FRAME_OVERHEAD);
  const view = new DataView(frame.buffer);
  // The upper half of the length stays zero: no record comes near 4 GiB.
  view.setUint32(SIZE_LENGTH - 4, json.length);
  frame.set(json, SIZE_LENGTH);
  view.setUint32(SIZE_LENGTH + json.length, crc32(json, 0, json.length));
  return frame;
}

/**
 * Takes a whole manifest apart. Throws CorruptionError, with the frame's offset in `file`, for everything that a crash
 * in mid-append cannot have left: a whole frame with a wrong checksum or an empty or unreadable record, and an
 * unfinished frame with a whole one behind it.
 */
export function decodeFrames(bytes: Uint8Array, file: string): ManifestFrames {
  const records: ManifestRecord[] = [];
  const zerosFrom = zeroRunStart(bytes);
  let offset = 0;
  while (offset < bytes.length) {
    const end = frameEnd(bytes, offset);
    // A file can grow before its bytes arrive; a power cut then leaves zeros, at least where the checksum belongs.
    if (
      zerosFrom <= offset ||
      (end !== undefined && zerosFrom <= end - SIZE_CHECKSUM && !isIntact(bytes, offset, end))
    ) {
      break;
    }
    if (end === undefined) {
      checkNoDamagedLength(bytes, offset, file);
      checkNothingFollows(bytes, offset, file);
      break;
    }
    if (!isWhole(bytes, offset, end) && hasLostSector(bytes, offset)) {
      checkNothingFollows(bytes, offset, file);
      break;
    }
    records.push({ offset, edit: decodeFrame(bytes, offset, end, file) });
    offset = end;
  }
  return { records, sizeBytes: offset };
}

/** The edit in the frame bytes[offset, end). Throws CorruptionError. */
export function decodeFrame(bytes: Uint8Array, offset: number, end: number, file: string): Edit {
  if (!isIntact(bytes, offset, end)) throw new CorruptionError(file, offset, "manifest checksum mismatched");
  try {
    return decodeEdit(bytes.subarray(offset + SIZE_LENGTH, end - SIZE_CHECKSUM));
  } catch (error) {
    if (!(error instanceof LsmError)) throw error;
    throw new CorruptionError(file, offset, `invalid manifest record: ${error.message}`);
  }
}

/** Where the frame at `offset` ends by its own length; undefined when the bytes end before that. */
function frameEnd(bytes: Uint8Array, offset: number): number | undefined {
  const bytesLeft = bytes.length - offset;
  if (bytesLeft < FRAME_OVERHEAD) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset + offset, SIZE_LENGTH);
  const length = view.getUint32(SIZE_LENGTH - 4);
  if (view.getUint32(0) !== 0 || length > bytesLeft - FRAME_OVERHEAD) return undefined;
  return offset + FRAME_OVERHEAD + length;
}

function isIntact(bytes: Uint8Array, offset: number, end: number): boolean {
  const checksumOffset = end - SIZE_CHECKSUM;
  const view = new DataView(bytes.buffer, bytes.byteOffset + checksumOffset, SIZE_CHECKSUM);
  return view.getUint32(0) === crc32(bytes, offset + SIZE_LENGTH, checksumOffset);
}

function isWhole(bytes: Uint8Array, offset: number, end: number): boolean {
  return end > offset + FRAME_OVERHEAD && isIntact(bytes, offset, end);
}

/**
 * Whether one of the sectors from `offset` on reads as zeros. A disk writes sectors in any order, so a power cut in
 * mid-append may lose the first part of a frame and keep the last; a frame's own bytes are never all zeros.
 */
function hasLostSector(bytes: Uint8Array, offset: number): boolean {
  for (let start = offset; start < bytes.length; ) {
    const end = Math.min(start + SECTOR_SIZE - (start % SECTOR_SIZE), bytes.length);
    // The upper bytes of a length are zero by themselves.
    const zerosExpected = start === offset ? SIZE_LENGTH / 2 : 0;
    if (end - start > zerosExpected && bytes.subarray(start, end).every((byte) => byte === 0)) return true;
    start = end;
  }
  return false;
}

/** An unfinished frame is no whole one under a wrong length. */
function checkNoDamagedLength(bytes: Uint8Array, offset: number, file: string): void {
  if (bytes.length - offset > FRAME_OVERHEAD && isIntact(bytes, offset, bytes.length)) {
    throw new CorruptionError(file, offset, "manifest frame with a damaged length");
  }
}

/** An unfinished frame is the end of the log only when no record comes after it. */
function checkNothingFollows(bytes: Uint8Array, offset: number, file: string): void {
  const follower = findFrame(bytes, offset + 1);
  if (follower === undefined) return;
  throw new CorruptionError(file, offset, `damaged manifest frame: a whole one follows at byte offset ${follower}`);
}

/** Where the first whole frame from `from` on starts; undefined when there is none. Linear, whatever stands there. */
export function findFrame(bytes: Uint8Array, from: number): number | undefined {
  let checksums: RangeChecksums | undefined;
  for (let candidate = from; candidate < bytes.length - FRAME_OVERHEAD; candidate++) {
    if (bytes[candidate] !== 0 || !OPENING_BYTES.includes(bytes[candidate + SIZE_LENGTH] ?? 0)) continue;
    const end = frameEnd(bytes, candidate);
    if (end === undefined || end === candidate + FRAME_OVERHEAD) continue;
    // In constant time each: in a contrived file every few bytes announce a frame of half of it.
    checksums ??= new RangeChecksums(bytes, candidate, bytes.length);
    const checksumAt = end - SIZE_CHECKSUM;
    if (checksums.checksum(candidate + SIZE_LENGTH, checksumAt) === readU32(bytes, checksumAt)) return candidate;
  }
  return undefined;
}

/** Where the frame at `offset` ends; undefined where none stands that holds something and has its checksum. */
export function wholeFrameEnd(bytes: Uint8Array, offset: number): number | undefined {
  const end = frameEnd(bytes, offset);
  return end !== undefined && isWhole(bytes, offset, end) ? end : undefined;
}

/** First byte of the run of zeros that reaches the end; the length when there is none. */
function zeroRunStart(bytes: Uint8Array): number {
  let start = bytes.length;
  while (start > 0 && bytes[start - 1] === 0) start--;
  return start;
}
