import { LsmError } from "../errors.ts";
import type { StorageIterator } from "./storage-iterator.ts";

const NO_BYTES: Uint8Array = new Uint8Array(0);

/**
 * The cursor that may be handed to strangers: past the end `next` does nothing, and after an error it is invalid for ever
 * and every further `next` throws LsmError ITERATOR_TAINTED.
 */
export class FusedIterator implements StorageIterator {
  valid = false;
  keyBuffer: Uint8Array = NO_BYTES;
  keyStart = 0;
  keyEnd = 0;
  timestamp = 0;
  kind = 0;
  valueBuffer: Uint8Array = NO_BYTES;
  valueStart = 0;
  valueEnd = 0;

  private readonly source: StorageIterator;
  private tainted = false;

  constructor(source: StorageIterator) {
    this.source = source;
    this.show();
  }

  get activeIterators(): number {
    return this.source.activeIterators;
  }

  next(): void {
    if (this.tainted) throw new LsmError("ITERATOR_TAINTED", "the iterator is tainted");
    if (!this.valid) return;

    // Taken back once the step is done.
    this.valid = false;
    this.tainted = true;
    this.source.next();
    this.tainted = false;
    this.show();
  }

  private show(): void {
    const source = this.source;
    if (!source.valid) return;
    this.keyBuffer = source.keyBuffer;
    this.keyStart = source.keyStart;
    this.keyEnd = source.keyEnd;
    this.timestamp = source.timestamp;
    this.kind = source.kind;
    this.valueBuffer = source.valueBuffer;
    this.valueStart = source.valueStart;
    this.valueEnd = source.valueEnd;
    this.valid = true;
  }
}
