import { readU32, readU64 } from "../../codec/byte-reader.ts";
import { crc32 } from "../../codec/crc32.ts";
import { decodeNativeHeader, SIZE_NATIVE_HEADER } from "../../codec/native-header.ts";
import type { Edit } from "../../manifest/edit.ts";
import { decodeFrame, decodeFrames, findFrame, wholeFrameEnd } from "../../manifest/manifest-frame.ts";
import {
  checksumBefore,
  decodeFirstFrame,
  decodeNativeEdits,
  findNativeFrame,
  nativeFrameEnd,
} from "../../manifest/native-frame.ts";
import type { StateRecord } from "../../manifest/native-state.ts";
import { attempt, type FaultSink } from "./fault.ts";

/**
 * Bytes [start, end) of a manifest: a whole frame with what it says, or bytes between whole frames. `edits` is undefined
 * where there are none to be read.
 */
export type ManifestStretch = {
  readonly start: number;
  readonly end: number;
  readonly state?: StateRecord | undefined;
  readonly edits: readonly Edit[] | undefined;
};

const SIZE_FRAME_HEAD = 12;
const SIZE_CHECKSUM = 4;

/** The frames of a manifest of `plain` or `mvcc`, past what is damaged. */
export function* referenceStretches(bytes: Uint8Array, path: string, sink: FaultSink): Generator<ManifestStretch> {
  let isSound = true;
  for (let start = 0; start < bytes.length; ) {
    const end = wholeFrameEnd(bytes, start);
    if (end === undefined) {
      const next = findFrame(bytes, start + 1) ?? bytes.length;
      // Where all before it is sound, the engine's own reading says whether a crash can have left this.
      if (next === bytes.length && isSound) attempt(sink, "record", () => decodeFrames(bytes, path));
      isSound = false;
      yield gapOf(start, next, bytes, sink);
      start = next;
      continue;
    }
    const edit = attempt(sink, "record", () => decodeFrame(bytes, start, end, path));
    isSound &&= edit !== undefined;
    yield { start, end, edits: edit && [edit] };
    start = end;
  }
}

/**
 * The frames of a `native` manifest, past what is damaged. Their checksums are mixed with that of the first frame, and where
 * that is damaged with what the other frames agree on. Throws LsmError UNSUPPORTED for what a newer program wrote.
 */
export function* nativeStretches(bytes: Uint8Array, path: string, sink: FaultSink): Generator<ManifestStretch> {
  attempt(sink, "header", () => decodeNativeHeader(bytes, path));
  let start = Math.min(SIZE_NATIVE_HEADER, bytes.length);
  const firstEnd =
    start < SIZE_NATIVE_HEADER ? undefined : nativeFrameEnd(bytes, start, checksumBefore(bytes, SIZE_NATIVE_HEADER));
  if (firstEnd !== undefined) {
    const state = attempt(sink, "record", () => decodeFirstFrame(bytes, firstEnd, path));
    yield { start, end: firstEnd, state, edits: undefined };
    start = firstEnd;
  } else sink("record", start, "the checksum of the manifest's first frame does not match");
  const mixed = firstEnd === undefined ? mixedByMost(bytes, start) : checksumBefore(bytes, firstEnd);
  while (start < bytes.length) {
    const end = mixed === undefined ? undefined : nativeFrameEnd(bytes, start, mixed);
    if (end === undefined || mixed === undefined) {
      const next = (mixed === undefined ? undefined : findNativeFrame(bytes, start + 1, mixed)) ?? bytes.length;
      yield gapOf(start, next, bytes, sink);
      start = next;
      continue;
    }
    yield { start, end, edits: attempt(sink, "record", () => decodeNativeEdits(bytes, start, end, path)) };
    start = end;
  }
}

/** What reaches to the end of the bytes may be the mark of a crash. */
function gapOf(start: number, end: number, bytes: Uint8Array, sink: FaultSink): ManifestStretch {
  if (end < bytes.length) sink("record", start, `${end - start} bytes hold no whole frame`);
  return { start, end, edits: undefined };
}

/**
 * What the checksums of frames are mixed with, by their own word: whatever looks like a frame in its place votes. One vote
 * is none, for any bytes give some number.
 */
function mixedByMost(bytes: Uint8Array, from: number): number | undefined {
  const votes = new Map<number, number>();
  let most: number | undefined;
  for (let at = from; at + SIZE_FRAME_HEAD + SIZE_CHECKSUM <= bytes.length; at++) {
    if (readU64(bytes, at + 4) !== at) continue;
    const checksumAt = at + SIZE_FRAME_HEAD + readU32(bytes, at);
    if (checksumAt + SIZE_CHECKSUM > bytes.length) continue;
    const mixed = (crc32(bytes, at, checksumAt) ^ readU32(bytes, checksumAt)) >>> 0;
    const count = (votes.get(mixed) ?? 0) + 1;
    votes.set(mixed, count);
    if (count > 1 && count > (most === undefined ? 1 : (votes.get(most) ?? 0))) most = mixed;
  }
  return most;
}
