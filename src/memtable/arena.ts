/**
 * Memory that only grows: a bump allocator whose addresses are word indexes.
 *
 * Nothing written is ever moved within a buffer or freed. When the buffer is full, a larger one takes over and starts
 * with a copy; the old buffer keeps its bytes, so ranges that were lent out of it stay readable. It is shared memory so
 * that another thread can read a memtable that is frozen.
 */
import { copyBytes } from "../codec/bytes.ts";
import { assert } from "../errors.ts";
import type { ArenaSpares } from "./arena-spares.ts";

export const BYTES_PER_WORD = 4;
/** The least, and the step: memtables that follow each other take about the same, and so fit into what one before left. */
const CAPACITY_BYTES_MIN = 64 * 1024;
/** One large memtable must not make all that follow it as large from the start. */
const EXPECTED_BYTES_MAX = 64 * 1024 * 1024;
/** Byte offsets stay below 2^31, so that they are small integers to the processor and to the JavaScript engine. */
export const CAPACITY_BYTES_MAX: number = 2 ** 31 - 2 ** 16;

export class Arena {
  /** The two views cover the same buffer; both are replaced when it grows. */
  words: Int32Array;
  bytes: Uint8Array;
  /** Word 0 is never handed out: address 0 means "none". */
  private usedWords = 1;

  /** Room for `bytesExpected` is made at once, within bounds, out of `spares` if they have it; what comes beyond is grown into. */
  constructor(bytesExpected: number, spares?: ArenaSpares) {
    const capacityBytes = Math.min(Math.max(bytesExpected, CAPACITY_BYTES_MIN), EXPECTED_BYTES_MAX);
    const roundBytes = Math.ceil(capacityBytes / CAPACITY_BYTES_MIN) * CAPACITY_BYTES_MIN;
    const buffer = spares?.take(roundBytes) ?? new SharedArrayBuffer(roundBytes);
    this.words = new Int32Array(buffer);
    this.bytes = new Uint8Array(buffer);
  }

  /** The content of an arena that takes nothing any more, perhaps of another thread. */
  static over(buffer: SharedArrayBuffer): Arena {
    const arena = new Arena(0);
    arena.words = new Int32Array(buffer);
    arena.bytes = new Uint8Array(buffer);
    arena.usedWords = arena.words.length;
    return arena;
  }

  get capacityBytes(): number {
    return this.bytes.length;
  }

  get usedBytes(): number {
    return this.usedWords * BYTES_PER_WORD;
  }

  /** Takes the memory for so many bytes more, so that none is asked of the system while they are allocated. */
  reserve(bytes: number): void {
    const wordsNeeded = this.usedWords + wordsFor(bytes);
    if (wordsNeeded > this.words.length) this.grow(wordsNeeded);
  }

  /** The word index of `count` fresh words, all zero. May replace `words` and `bytes`. */
  allocate(count: number): number {
    const address = this.usedWords;
    if (address + count > this.words.length) this.grow(address + count);
    this.usedWords = address + count;
    return address;
  }

  /** Copies source[start, end) to the byte offset `target`. */
  write(target: number, source: Uint8Array, start: number, end: number): void {
    copyBytes(source, start, end, this.bytes, target);
  }

  /** Nothing is read or written any more, by no thread: the memory goes to another arena. */
  giveTo(spares: ArenaSpares): void {
    const buffer = this.bytes.buffer as SharedArrayBuffer;
    this.words = new Int32Array(0);
    this.bytes = new Uint8Array(0);
    spares.give(buffer);
  }

  private grow(wordsNeeded: number): void {
    const bytesNeeded = wordsNeeded * BYTES_PER_WORD;
    assert(bytesNeeded <= CAPACITY_BYTES_MAX, "a memtable is frozen before its arena reaches 2 GiB");
    const capacityBytes = Math.min(Math.max(this.capacityBytes * 2, bytesNeeded), CAPACITY_BYTES_MAX);
    const buffer = new SharedArrayBuffer(roundUpToWords(capacityBytes));
    const words = new Int32Array(buffer);
    words.set(this.words.subarray(0, this.usedWords));
    this.words = words;
    this.bytes = new Uint8Array(buffer);
  }
}

/** How many words hold this many bytes. */
export function wordsFor(bytes: number): number {
  return (bytes + (BYTES_PER_WORD - 1)) >>> 2;
}

function roundUpToWords(bytes: number): number {
  return wordsFor(bytes) * BYTES_PER_WORD;
}
