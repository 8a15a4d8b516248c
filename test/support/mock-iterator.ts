import type { StorageIterator } from "../../src/iterator/storage-iterator.ts";
import type { Entry } from "./entries.ts";

const NO_BYTES = new Uint8Array(0);

/**
 * A cursor over a list of entries, standing on the first. With `errorWhen`, the `next` that would move to that position
 * throws `fake error!`; whoever asks the cursor for anything but its count afterwards fails the test.
 */
export class MockIterator implements StorageIterator {
  readonly activeIterators = 1;
  private readonly entries: readonly Entry[];
  private readonly errorWhen: number;
  private position = 0;
  private failed = false;

  constructor(entries: readonly Entry[], errorWhen: number = Number.POSITIVE_INFINITY) {
    this.entries = entries;
    this.errorWhen = errorWhen;
  }

  get valid(): boolean {
    return this.entry() !== undefined;
  }
  get keyBuffer(): Uint8Array {
    return this.entry()?.key ?? NO_BYTES;
  }
  get keyStart(): number {
    return 0;
  }
  get keyEnd(): number {
    return this.keyBuffer.length;
  }
  get timestamp(): number {
    return this.entry()?.timestamp ?? 0;
  }
  get kind(): number {
    return this.entry()?.kind ?? 0;
  }
  get valueBuffer(): Uint8Array {
    return this.entry()?.value ?? NO_BYTES;
  }
  get valueStart(): number {
    return 0;
  }
  get valueEnd(): number {
    return this.valueBuffer.length;
  }

  next(): void {
    if (!this.valid) throw new Error("a cursor was moved past its end");
    if (this.position + 1 === this.errorWhen) {
      this.failed = true;
      throw new Error("fake error!");
    }
    this.position++;
  }

  private entry(): Entry | undefined {
    if (this.failed) throw new Error("a cursor was asked after it had failed");
    return this.entries[this.position];
  }
}
