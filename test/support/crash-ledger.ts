/** One write in the order in which it was asked for; a delete has no value. */
export type LedgerWrite = { readonly key: string; readonly value: string | undefined };

/**
 * What a database had promised at one moment, as lengths of prefixes of `writes`: writes go to one log after the other
 * and memtables are flushed in their order, so whatever a crash leaves is what the first so many writes made.
 */
export type Promised = {
  readonly writes: readonly LedgerWrite[];
  /** So many survive the end of the process. */
  readonly afterKill: number;
  /** So many survive a power cut. Never more than `afterKill`. */
  readonly afterPowerCut: number;
};

/** Keeps the books of one database through all its openings: what was asked for, and what was answered. */
export class CrashLedger {
  #writes: readonly LedgerWrite[] = [];
  #afterKill = 0;
  #afterPowerCut = 0;

  get promised(): Promised {
    return { writes: this.#writes, afterKill: this.#afterKill, afterPowerCut: this.#afterPowerCut };
  }

  get length(): number {
    return this.#writes.length;
  }

  /** Writes are asked for. Until one is acknowledged it may be there after a crash or not. */
  issue(writes: readonly LedgerWrite[]): void {
    this.#writes = [...this.#writes, ...writes];
  }

  /** The first `length` writes are acknowledged to survive a killed process. */
  survivesKill(length: number): void {
    this.#afterKill = Math.max(this.#afterKill, length);
  }

  /** The first `length` writes are acknowledged to survive a power cut. */
  survivesPowerCut(length: number): void {
    this.survivesKill(length);
    this.#afterPowerCut = Math.max(this.#afterPowerCut, length);
  }

  /** What came after the first `length` writes, but for the last `kept` ones, was refused or lost: it must never be seen. */
  forget(length: number, kept = 0): void {
    this.#writes = [...this.#writes.slice(0, length), ...this.#writes.slice(this.#writes.length - kept)];
  }
}

/** What the first `length` writes made. */
export function contentAfter(writes: readonly LedgerWrite[], length: number): Map<string, string> {
  const content = new Map<string, string>();
  for (const { key, value } of writes.slice(0, length)) {
    if (value === undefined) content.delete(key);
    else content.set(key, value);
  }
  return content;
}

/**
 * The least number of writes, at least `lengthMin`, whose effect is `content`; undefined when there is none: then an
 * acknowledged write is missing, or something is there that was never written, or that a later write replaced.
 */
export function prefixThatMakes(
  content: ReadonlyMap<string, string>,
  writes: readonly LedgerWrite[],
  lengthMin: number,
): number | undefined {
  const made = contentAfter(writes, lengthMin);
  for (let length = lengthMin; ; length++) {
    if (areEqual(made, content)) return length;
    const write = writes[length];
    if (write === undefined) return undefined;
    if (write.value === undefined) made.delete(write.key);
    else made.set(write.key, write.value);
  }
}

function areEqual(left: ReadonlyMap<string, string>, right: ReadonlyMap<string, string>): boolean {
  if (left.size !== right.size) return false;
  for (const [key, value] of left) if (right.get(key) !== value) return false;
  return true;
}
