import { assert, IoError } from "../errors.ts";
import { type Call, type CallHook, CrashSignal, type Injection, type Operation } from "./memory-calls.ts";
import type { FileContent } from "./memory-content.ts";

/** What can go wrong with files in memory, and the counts behind it: calls, bytes, descriptors. */
export class MemoryDisk {
  /** Asked before every call that changes or reads something; it may answer a refusal or throw a `CrashSignal`. */
  beforeCall: CallHook | undefined;
  /** Bytes that all files may hold together; an append past it writes what fits. */
  capacityBytes: number = Number.POSITIVE_INFINITY;
  /** Files open at once; one more is EMFILE. */
  openFilesMax: number = Number.POSITIVE_INFINITY;
  /** Syncs answer and make nothing durable, as a disk does whose cache lies. */
  lyingSync = false;
  #effectCount = 0;
  #usedBytes: number;
  #openFiles = 0;
  #signal: CrashSignal | undefined;

  constructor(usedBytes: number) {
    this.#usedBytes = usedBytes;
  }

  /** How many calls that change or read something there have been, refused ones included. */
  get effectCount(): number {
    return this.#effectCount;
  }

  /** Files open now. */
  get openFiles(): number {
    return this.#openFiles;
  }

  /** Bytes in all files, those without a name but still open included. */
  get usedBytes(): number {
    return this.#usedBytes;
  }

  /** Counts a call and asks the hook. Throws what it wants thrown; answers how many bytes of an append may be written. */
  enter(operation: Operation, path: string): number {
    if (this.#signal !== undefined) throw this.#signal;
    this.#effectCount++;
    const injection = this.#ask({ number: this.#effectCount, operation, path });
    if (injection === undefined) return Number.POSITIVE_INFINITY;
    if (typeof injection === "string") throw new IoError(operation, path, injection);
    assert(operation === "append", "only an append can be short");
    return injection.shortWriteBytes;
  }

  #ask(call: Call): Injection | undefined {
    try {
      return this.beforeCall?.(call);
    } catch (error) {
      if (error instanceof CrashSignal) this.#signal = error;
      throw error;
    }
  }

  /** Takes as many of `bytesMax` bytes as there is space for, and answers how many. */
  take(bytesMax: number): number {
    const bytes = Math.min(bytesMax, Math.max(0, this.capacityBytes - this.#usedBytes));
    this.#usedBytes += bytes;
    return bytes;
  }

  giveBack(bytes: number): void {
    this.#usedBytes -= bytes;
  }

  /** Before anything is made: an open that fails leaves no new file behind. */
  refuseTooManyFiles(path: string): void {
    if (this.#openFiles >= this.openFilesMax) throw new IoError("open", path, "EMFILE");
  }

  opened(content: FileContent): void {
    this.#openFiles++;
    content.openFiles++;
  }

  closed(content: FileContent): void {
    this.#openFiles--;
    content.openFiles--;
    this.#giveBackUnreachable(content);
  }

  unlinked(content: FileContent): void {
    content.links--;
    this.#giveBackUnreachable(content);
  }

  #giveBackUnreachable(content: FileContent): void {
    if (content.links === 0 && content.openFiles === 0) this.giveBack(content.sizeBytes);
  }
}
