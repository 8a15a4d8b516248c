import type { DatabaseFormat } from "../options.ts";
import type { CheckedWrite } from "../write/checked-write.ts";
import type { WriteUnits } from "../write/write-units.ts";

/** What a group holds at most, unless one batch alone holds more. */
const GROUP_BYTES_MAX: number = 64 * 1024;
const GROUP_WRITES_MAX = 4096;
/** A memtable grows beyond its size by no more than such a part of it. */
const MEMTABLE_PART = 4;

/** Of each write that waits, about, besides key and value: the objects that hold them. */
const WRITE_OVERHEAD_BYTES = 256;

/** What a group is made for. */
export type GroupShape = {
  readonly format: DatabaseFormat;
  /** Of keys and values; one batch may have more. */
  readonly bytesMax: number;
};

export function groupShape(format: DatabaseFormat, memtableSizeBytes: number): GroupShape {
  return { format, bytesMax: Math.min(GROUP_BYTES_MAX, Math.ceil(memtableSizeBytes / MEMTABLE_PART)) };
}

/**
 * Batches that were written without waiting for one another, and are answered together: all of them are in the log and in
 * one memtable, or none is. Only a batch of `plain` that is larger than a group is applied piece by piece.
 */
export class WriteGroup implements WriteUnits {
  readonly writes: CheckedWrite[] = [];
  unitEnds: number[] | undefined;
  readonly mustSync: boolean;
  bytes = 0;
  /** So many of the writes are applied. */
  applied = 0;
  readonly #bytesMax: number;
  #outcome: "waiting" | "done" | Error | Promise<void> = "waiting";
  #resolve: ((outcome: void | Promise<void>) => void) | undefined;
  #reject: ((error: Error) => void) | undefined;

  constructor({ format, bytesMax }: GroupShape, mustSync: boolean) {
    this.unitEnds = format === "plain" ? undefined : [];
    this.mustSync = mustSync;
    this.#bytesMax = bytesMax;
  }

  /** Of memory, about. */
  get sizeBytes(): number {
    return this.bytes + this.writes.length * WRITE_OVERHEAD_BYTES;
  }

  get isDivisible(): boolean {
    return this.unitEnds === undefined && this.bytes > this.#bytesMax;
  }

  get isFull(): boolean {
    return this.bytes >= this.#bytesMax || this.writes.length >= GROUP_WRITES_MAX;
  }

  get isWaiting(): boolean {
    return this.#outcome === "waiting";
  }

  /** Whether a batch of so many bytes may join it. */
  takes(bytes: number, mustSync: boolean): boolean {
    return mustSync === this.mustSync && (this.bytes === 0 || this.bytes + bytes <= this.#bytesMax);
  }

  add(writes: readonly CheckedWrite[], bytes: number): void {
    if (writes.length === 0) return;
    for (const write of writes) this.writes.push(write);
    this.unitEnds?.push(this.writes.length);
    this.bytes += bytes;
  }

  /** Once: it is applied, or will be durable when the promise says so, or was refused with the error. */
  end(outcome: "done" | Error | Promise<void>): void {
    this.#outcome = outcome;
    // Its promise, which settles at the end of the turn, keeps the group in memory until then.
    this.writes.length = 0;
    this.unitEnds = undefined;
    if (outcome instanceof Error) this.#reject?.(outcome);
    else this.#resolve?.(outcome === "done" ? undefined : outcome);
  }

  /** What its batches are answered with. Throws what refused it. */
  answer(): void | Promise<void> {
    const outcome = this.#outcome;
    if (outcome === "done") return undefined;
    if (outcome instanceof Error) throw outcome;
    if (outcome !== "waiting") return outcome;
    return new Promise<void>((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }
}
