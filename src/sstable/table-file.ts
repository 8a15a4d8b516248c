import { CorruptionError } from "../errors.ts";
import type { File, FileSystem } from "../fs/file-system.ts";
import type { ReadQueue } from "./read-queue.ts";

/** More than any part of a table takes. A length beyond it was made up, and would only ask for memory. */
const READ_MAX: number = 2 ** 32;

/** Learns when the descriptor of its file is given up. */
export interface FileOwner {
  letGo(): void;
}

/** Who bounds the descriptors of tables and the reads in the background: `TableCache`. */
export interface DescriptorHost {
  readonly fs: FileSystem;
  readonly reads: ReadQueue;
  /** Hands over what was read in the background, now or when there is time for what comes of it. */
  readonly deliver: (answer: () => void) => void;
  /** The table will have a descriptor: one of another table is given up if there are too many. */
  admit(table: TableFile): void;
  /** The table has none any more. */
  released(table: TableFile): void;
}

/** A descriptor, or one that is being opened in the background. Given up, it is closed by the last read that uses it. */
type Descriptor = {
  file: File | undefined;
  isOpening: boolean;
  isGivenUp: boolean;
  /** Reads in the background that were begun and whose answers were not handed over yet. */
  reads: number;
  /** Who waits until it is open. */
  readonly waiting: ((file: File | Error) => void)[];
};

/** A table's file, read only; its descriptor comes and goes. */
export class TableFile {
  readonly path: string;
  /** As it was told, or else as it was when the table was first opened. */
  readonly sizeBytes: number;
  /** Told when the descriptor goes. */
  owner: FileOwner | undefined = undefined;
  /** For `TableCache`: read since the hand passed. */
  isMarked = false;
  /** For `TableCache`: place among the tables with a descriptor. */
  slot = 0;
  readonly #host: DescriptorHost;
  #descriptor: Descriptor | undefined;

  constructor(host: DescriptorHost, path: string, sizeBytes: number | undefined) {
    this.#host = host;
    this.path = path;
    this.sizeBytes = sizeBytes ?? Number.NaN;
    if (sizeBytes === undefined) this.sizeBytes = this.#opened().sizeBytes;
  }

  /** Whether there is a descriptor, with which goes what the owner keeps. */
  get isHeld(): boolean {
    return this.#descriptor !== undefined;
  }

  /** Whether the descriptor may not be given up now. */
  get isBusy(): boolean {
    return this.#descriptor !== undefined && this.#descriptor.reads > 0;
  }

  /** The bytes [start, end) of the file, in memory of their own. Throws IoError, and CorruptionError when they are not all there. */
  read(start: number, end: number): Uint8Array {
    const refusal = this.#refusalOf(start, end);
    if (refusal !== undefined) throw refusal;
    const bytes = new Uint8Array(end - start);
    const read = this.#opened().read(bytes, 0, bytes.length, start);
    if (read !== bytes.length) throw this.#lost(start + read, end);
    return bytes;
  }

  /** `read` without waiting: `done` is called once, perhaps before this returns, with the bytes or with what `read` would throw. */
  readInBackground(start: number, end: number, done: (bytes: Uint8Array | Error) => void): void {
    const refusal = this.#refusalOf(start, end);
    if (refusal !== undefined) {
      done(refusal);
      return;
    }
    this.#host.reads.add({
      begin: () => this.#beginRead(start, end, done),
      refuse: done,
    });
  }

  /** Gives up the descriptor; the next read opens the file again. */
  close(): void {
    const descriptor = this.#descriptor;
    if (descriptor === undefined) return;
    this.#forget(descriptor);
    this.owner?.letGo();
    if (descriptor.reads === 0) descriptor.file?.close();
  }

  #beginRead(start: number, end: number, done: (bytes: Uint8Array | Error) => void): void {
    this.isMarked = true;
    const descriptor = this.#descriptor ?? this.#admitted();
    descriptor.reads++;
    const answer = (outcome: Uint8Array | Error): void => {
      this.#host.deliver(() => {
        try {
          done(outcome);
        } finally {
          this.#endRead(descriptor);
        }
      });
    };
    const readFrom = (file: File | Error): void => {
      if (file instanceof Error) {
        answer(file);
        return;
      }
      const bytes = new Uint8Array(end - start);
      file.readInBackground(bytes, 0, bytes.length, start, (read) => {
        if (read instanceof Error) answer(read);
        else answer(read === bytes.length ? bytes : this.#lost(start + read, end));
      });
    };
    if (descriptor.file !== undefined) {
      readFrom(descriptor.file);
      return;
    }
    descriptor.waiting.push(readFrom);
    if (!descriptor.isOpening) this.#openInBackground(descriptor);
  }

  /** Only now: what was read may have led to the next read, and then the descriptor was never free to go. */
  #endRead(descriptor: Descriptor): void {
    descriptor.reads--;
    if (descriptor.isGivenUp && descriptor.reads === 0) closeUnasked(descriptor.file);
    this.#host.reads.ended();
  }

  #openInBackground(descriptor: Descriptor): void {
    descriptor.isOpening = true;
    this.#host.fs.openInBackground(this.path, (opened) => {
      descriptor.isOpening = false;
      const file = this.#adopt(descriptor, opened);
      for (const tell of descriptor.waiting.splice(0)) tell(file);
    });
  }

  /** Takes a file that was opened in the background, unless somebody who could not wait was faster. */
  #adopt(descriptor: Descriptor, opened: File | Error): File | Error {
    if (descriptor.file !== undefined) {
      if (!(opened instanceof Error)) closeUnasked(opened);
      return descriptor.file;
    }
    const file = this.#ofRightSize(opened);
    if (file instanceof Error) this.#forget(descriptor);
    else descriptor.file = file;
    return file;
  }

  #opened(): File {
    this.isMarked = true;
    const descriptor = this.#descriptor ?? this.#admitted();
    if (descriptor.file !== undefined) return descriptor.file;
    try {
      const file = this.#ofRightSize(this.#host.fs.open(this.path, "read"));
      if (file instanceof Error) throw file;
      descriptor.file = file;
      return file;
    } catch (error) {
      if (!descriptor.isOpening) this.#forget(descriptor);
      throw error;
    }
  }

  #admitted(): Descriptor {
    this.#host.admit(this);
    this.#descriptor = { file: undefined, isOpening: false, isGivenUp: false, reads: 0, waiting: [] };
    return this.#descriptor;
  }

  #forget(descriptor: Descriptor): void {
    descriptor.isGivenUp = true;
    if (this.#descriptor !== descriptor) return;
    this.#descriptor = undefined;
    this.#host.released(this);
  }

  #ofRightSize(opened: File | Error): File | Error {
    if (opened instanceof Error || Number.isNaN(this.sizeBytes) || opened.sizeBytes === this.sizeBytes) return opened;
    const sizeNow = opened.sizeBytes;
    closeUnasked(opened);
    const sizes = `the file had ${this.sizeBytes} bytes and now has ${sizeNow}`;
    return new CorruptionError(this.path, Math.min(this.sizeBytes, sizeNow), sizes);
  }

  #refusalOf(start: number, end: number): CorruptionError | undefined {
    const length = end - start;
    if (start < 0 || length < 0 || end > this.sizeBytes) {
      return new CorruptionError(this.path, start, `the file of ${this.sizeBytes} bytes ends before byte ${end}`);
    }
    if (length > READ_MAX) return new CorruptionError(this.path, start, `no part of a table has ${length} bytes`);
    return undefined;
  }

  #lost(at: number, end: number): CorruptionError {
    return new CorruptionError(this.path, at, `the file has lost bytes before ${end}`);
  }
}

/** Nobody who could be told is there, and nothing was written: a descriptor that does not close well is gone like any other. */
function closeUnasked(file: File | undefined): void {
  try {
    file?.close();
  } catch {
    // As above.
  }
}
