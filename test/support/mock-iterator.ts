import type { StorageIterator } from "../../src/iterator/storage-iterator.ts";
import type { Entry } from "./entries.ts";

/** Where a lent range begins in its buffer, and its buffer in memory: both odd, so that nobody takes them for 0. */
const LENT_START = 3;
const BUFFER_OFFSET = 1;
const GARBAGE = 0xee;

/**
 * A cursor over a list of entries, standing on the first. The bytes it lends are spoilt when it moves. With `errorWhen`,
 * the `next` that would move to that position throws `fake error!`; whoever asks the cursor for anything but its count
 * afterwards fails the test.
 */
export class MockIterator implements StorageIterator {
  readonly activeIterators = 1;
  private readonly entries: readonly Entry[];
  private readonly errorWhen: number;
  private readonly keyMemory: Uint8Array;
  private readonly valueMemory: Uint8Array;
  private position = 0;
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

  next(): void {
    if (!this.valid) throw new Error("a cursor was moved past its end");
    this.position++;
    this.failed = this.position === this.errorWhen;
    this.lend();
    if (this.failed) throw new Error("fake error!");
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
