import type { BidirectionalIterator } from "../../src/iterator/storage-iterator.ts";
import { compareEntries, type Entry } from "./entries.ts";

/** Where a lent range begins in its buffer, and its buffer in memory: both odd, so that nobody takes them for 0. */
const LENT_START = 3;
const BUFFER_OFFSET = 1;
const GARBAGE = 0xee;

/**
 * A cursor over a list of entries, standing on the first. The bytes it lends are spoilt when it moves. The move of the
 * number `errorWhen`, counted from 1, throws `fake error!`; whoever asks the cursor for anything but its count afterwards
 * fails the test.
 */
export class MockIterator implements BidirectionalIterator {
  readonly activeIterators = 1;
  private readonly entries: readonly Entry[];
  private readonly errorWhen: number;
  private readonly keyMemory: Uint8Array;
  private readonly valueMemory: Uint8Array;
  private position = 0;
  private moves = 0;
  private failed = false;

  constructor(entries: readonly Entry[], errorWhen: number = Number.POSITIVE_INFINITY) {
    this.entries = entries;
    this.errorWhen = errorWhen;
    this.keyMemory = memoryFor(entries.map((entry) => entry.key));
    this.valueMemory = memoryFor(entries.map((entry) => entry.value));
    this.lend();
  }

  get valid(): boolean {
    return this.entry() !== undefined;
  }
  get keyBuffer(): Uint8Array {
    this.entry();
    return this.keyMemory;
  }
  get keyStart(): number {
    return LENT_START;
  }
  get keyEnd(): number {
    return LENT_START + (this.entry()?.key.length ?? 0);
  }
  get timestamp(): number {
    return this.entry()?.timestamp ?? 0;
  }
  get kind(): number {
    return this.entry()?.kind ?? 0;
  }
  get valueBuffer(): Uint8Array {
    this.entry();
    return this.valueMemory;
  }
  get valueStart(): number {
    return LENT_START;
  }
  get valueEnd(): number {
    return LENT_START + (this.entry()?.value.length ?? 0);
  }

  seekToFirst(): void {
    this.standOn(0);
  }
  seekToLast(): void {
    this.standOn(this.entries.length - 1);
  }
  seek(key: Uint8Array, keyStart: number, keyEnd: number, timestamp: number): void {
    this.standOn(this.placeOf(key.slice(keyStart, keyEnd), timestamp));
  }
  seekBackward(key: Uint8Array, keyStart: number, keyEnd: number, timestamp: number): void {
    this.standOn(this.placeOf(key.slice(keyStart, keyEnd), timestamp) - 1);
  }

  next(): void {
    this.move(1);
  }
  previous(): void {
    this.move(-1);
  }

  private move(step: number): void {
    if (!this.valid) throw new Error("a cursor was moved past its end");
    this.failed = ++this.moves === this.errorWhen;
    this.standOn(this.position + step);
    if (this.failed) throw new Error("fake error!");
  }

  private standOn(position: number): void {
    this.position = position;
    this.lend();
  }

  /** How many entries lie before (key, timestamp). */
  private placeOf(key: Uint8Array, timestamp: number): number {
    const target = { key, timestamp, kind: 0, value: key };
    return this.entries.filter((entry) => compareEntries(entry, target) < 0).length;
  }

  private lend(): void {
    const entry = this.entries[this.position];
    this.keyMemory.fill(GARBAGE).set(entry?.key ?? [], LENT_START);
    this.valueMemory.fill(GARBAGE).set(entry?.value ?? [], LENT_START);
  }

  private entry(): Entry | undefined {
    if (this.failed) throw new Error("a cursor was asked after it had failed");
    return this.entries[this.position];
  }
}

function memoryFor(contents: readonly Uint8Array[]): Uint8Array {
  const longest = contents.reduce((length, content) => Math.max(length, content.length), 0);
  return new Uint8Array(BUFFER_OFFSET + LENT_START + longest + 1).subarray(BUFFER_OFFSET);
}
