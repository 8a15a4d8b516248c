import type { Direction } from "../../src/iterator/merge-order.ts";
import type { DatabaseFormat } from "../../src/options.ts";
import type { KeyWrite, ModelWrite } from "./model-map.ts";

/** What a random history chooses from. The same generator makes the same choices. */
export class ModelChoices {
  /** A whole number from 0 to below the argument. */
  readonly random: (below: number) => number;
  readonly #format: DatabaseFormat;

  constructor(random: (below: number) => number, format: DatabaseFormat) {
    this.random = random;
    this.#format = format;
  }

  /** True once in so many times. */
  oneIn(times: number): boolean {
    return this.random(times) === 0;
  }

  direction(): Direction {
    return this.oneIn(2) ? "ascending" : "descending";
  }

  /** Few enough that scans are seen to end. */
  limit(): number {
    return this.oneIn(4) ? this.random(20) : Number.POSITIVE_INFINITY;
  }

  /** A few hundred keys, most of them prefixes of others; bytes at both ends of their range; in `native` the empty one. */
  key(): string {
    const letters = "\0am\xff";
    let key = "";
    for (let length = this.#lengthMin + this.random(4); length > 0; length--) key += letters[this.random(4)];
    return this.oneIn(60) ? key.padEnd(200, "m") : key;
  }

  get #lengthMin(): number {
    return this.#format === "native" && this.oneIn(20) ? 0 : 1;
  }

  /** Bounds of every kind, on keys and between them, now and then empty or inverted. */
  range(): string {
    const lower = this.oneIn(5) ? "" : this.key();
    const upper = this.oneIn(5) ? "" : this.oneIn(10) ? lower : this.key();
    return `${"[("[this.random(2)]}${lower}, ${upper}${")]"[this.random(2)]}`;
  }

  /** A value that no other put has, but for the empty one, which `native` takes. */
  value(mark: string): string {
    if (this.#format === "native") {
      if (this.oneIn(30)) return "";
      if (this.oneIn(2000)) return mark.padEnd(70_000, "v");
    }
    return mark.padEnd(this.oneIn(40) ? 500 : this.random(30), "v");
  }

  /** One write of a batch. */
  write(mark: string): ModelWrite {
    return this.#format === "native" && this.oneIn(12) ? { range: this.narrowRange() } : this.writeOfKey(mark);
  }

  /** One write of a transaction, which deletes no ranges. */
  writeOfKey(mark: string): KeyWrite {
    return { key: this.key(), value: this.oneIn(4) ? undefined : this.value(mark) };
  }

  /** Mostly a range of a few keys, so that a delete of it leaves the others alone. */
  narrowRange(): string {
    if (this.oneIn(8)) return this.range();
    const key = this.key();
    return `${"[("[this.random(2)]}${key}, ${key}${"am\xff"[this.random(3)]}${")]"[this.random(2)]}`;
  }
}

export function expectSame(what: string, actual: unknown, expected: unknown): void {
  if (actual !== expected) throw new Error(`${what}: ${show(actual)} instead of ${show(expected)}`);
}

export function show(value: unknown): string {
  return JSON.stringify(value)?.slice(0, 300) ?? "undefined";
}

/** The code of the error that it throws, or "nothing". */
export function codeOf(operation: () => void): unknown {
  try {
    operation();
  } catch (error) {
    return (error as { code?: unknown }).code;
  }
  return "nothing";
}
