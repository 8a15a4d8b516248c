/** A put, a delete of a key (without a value), or a delete of the keys from one up to and without another. */
export type LedgerWrite =
  | { readonly key: string; readonly value: string | undefined }
  | { readonly from: string; readonly to: string };

/** Writes with one fate: after a crash all of them are there or none. Never empty. */
export type LedgerUnit = readonly LedgerWrite[];

/**
 * What a database had promised at one moment, as lengths of prefixes of `units`: writes go to one log after the other
 * and memtables are flushed in their order, so whatever a crash leaves is what the first so many units made.
 */
export type Promised = {
  /** In the order in which they were asked for. */
  readonly units: readonly LedgerUnit[];
  /** So many survive the end of the process. */
  readonly afterKill: number;
  /** So many survive a power cut. Never more than `afterKill`. */
  readonly afterPowerCut: number;
  readonly checkpoints: readonly PromisedCheckpoint[];
  /** How many units there were when a log was full, each but the newest. */
  readonly logEnds: readonly number[];
};

/** A copy of the database. While it is made it may be there or be refused; then it survives a power cut. */
export type PromisedCheckpoint = {
  readonly directory: string;
  /** What it holds; undefined while it is made. */
  readonly content: ReadonlyMap<string, string> | undefined;
};

/** Keeps the books of one database through all its openings: what was asked for, and what was answered. */
export class CrashLedger {
  #units: readonly LedgerUnit[] = [];
  #afterKill = 0;
  #afterPowerCut = 0;
  #checkpoints: readonly PromisedCheckpoint[] = [];
  #logEnds: readonly number[] = [];

  get promised(): Promised {
    return {
      units: this.#units,
      afterKill: this.#afterKill,
      afterPowerCut: this.#afterPowerCut,
      checkpoints: this.#checkpoints,
      logEnds: this.#logEnds,
    };
  }

  get length(): number {
    return this.#units.length;
  }

  /** Units are asked for. Until one is acknowledged it may be there after a crash or not. */
  issue(units: readonly LedgerUnit[]): void {
    this.#units = [...this.#units, ...units];
  }

  /** The first `length` units are acknowledged to survive a killed process. */
  survivesKill(length: number): void {
    this.#afterKill = Math.max(this.#afterKill, length);
  }

  /** The first `length` units are acknowledged to survive a power cut. */
  survivesPowerCut(length: number): void {
    this.survivesKill(length);
    this.#afterPowerCut = Math.max(this.#afterPowerCut, length);
  }

  /** The log of the first `length` units takes no more. */
  endsLog(length: number): void {
    this.#logEnds = [...this.#logEnds, length];
  }

  beginsCheckpoint(directory: string): void {
    this.#checkpoints = [...this.#checkpoints, { directory, content: undefined }];
  }

  /** It holds the first `length` units. */
  endsCheckpoint(directory: string, length: number): void {
    const others = this.#checkpoints.filter((checkpoint) => checkpoint.directory !== directory);
    this.#checkpoints = [...others, { directory, content: contentAfter(this.#units, length) }];
  }

  /** What came after the first `length` units, but for the last `kept` ones, was refused or lost: it must never be seen. */
  forget(length: number, kept = 0): void {
    this.#units = [...this.#units.slice(0, length), ...this.#units.slice(this.#units.length - kept)];
    this.#logEnds = this.#logEnds.filter((end) => end <= length);
  }
}

/** What the first `length` units made. */
export function contentAfter(units: readonly LedgerUnit[], length: number): Map<string, string> {
  const content = new Map<string, string>();
  for (const unit of units.slice(0, length)) applyWrites(content, unit);
  return content;
}

/** Does to `content` what the writes do to a database, one after the other. */
export function applyWrites(content: Map<string, string>, writes: readonly LedgerWrite[]): void {
  for (const write of writes) {
    if ("from" in write) {
      for (const key of [...content.keys()]) if (key >= write.from && key < write.to) content.delete(key);
    } else if (write.value === undefined) content.delete(write.key);
    else content.set(write.key, write.value);
  }
}

/**
 * The least number of units, at least `lengthMin`, whose effect is `content`; undefined when there is none: then an
 * acknowledged write is missing, or something is there that was never written, or that a later write replaced, or half
 * of a unit.
 */
export function prefixThatMakes(
  content: ReadonlyMap<string, string>,
  units: readonly LedgerUnit[],
  lengthMin: number,
): number | undefined {
  const made = contentAfter(units, lengthMin);
  for (let length = lengthMin; ; length++) {
    if (areEqual(made, content)) return length;
    const unit = units[length];
    if (unit === undefined) return undefined;
    applyWrites(made, unit);
  }
}

/** No state that a test meets comes near. */
const TRIES_MAX = 100_000;

/**
 * Whether `content` is what a beginning of each log made, the first `lengthMin` units among them. A log that is full is
 * made durable while the next one takes records, so that a power cut before its sync has ended may take the end of the
 * one and leave the beginning of the other. What a sync was answered for is in no danger.
 */
export function areBeginningsOfLogs(
  content: ReadonlyMap<string, string>,
  { units, logEnds }: Pick<Promised, "units" | "logEnds">,
  lengthMin: number,
): boolean {
  const ends = [...logEnds.filter((end) => end > lengthMin), units.length];
  const needed = units.map((unit) => unit.some((write) => "value" in write && isThere(content, write)));
  let tries = 0;
  const tryFrom = (begin: number, place: number, made: ReadonlyMap<string, string>): boolean => {
    const end = ends[place];
    if (end === undefined) return areEqual(made, content);
    const lengthLeast = needed.lastIndexOf(true, end - 1) + 1;
    const longer = new Map(made);
    for (let length = begin; length <= end; length++) {
      if (length > begin) applyWrites(longer, units[length - 1] ?? []);
      if (length < lengthLeast) continue;
      if (++tries > TRIES_MAX) return false;
      if (tryFrom(end, place + 1, longer)) return true;
    }
    return false;
  };
  return tryFrom(lengthMin, 0, contentAfter(units, lengthMin));
}

/** A value is that of one write alone. */
function isThere(
  content: ReadonlyMap<string, string>,
  { key, value }: { key: string; value: string | undefined },
): boolean {
  return value !== undefined && content.get(key) === value;
}

export function areEqual(left: ReadonlyMap<string, string>, right: ReadonlyMap<string, string>): boolean {
  if (left.size !== right.size) return false;
  for (const [key, value] of left) if (right.get(key) !== value) return false;
  return true;
}
