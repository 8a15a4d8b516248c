import { inRange, type ScannedRange } from "./scanned-range.ts";

/** What a transaction has read: single keys, whether or not they were there, and ranges, their gaps included. */
export class ReadSet {
  readonly #keys = new Set<string>();
  readonly #ranges: ScannedRange[] = [];

  /** Of keys as `keyText` makes them. */
  get keys(): ReadonlySet<string> {
    return this.#keys;
  }

  get hasRanges(): boolean {
    return this.#ranges.length > 0;
  }

  addKey(key: string): void {
    this.#keys.add(key);
  }

  addRange(range: ScannedRange): void {
    this.#ranges.push(range);
  }

  has(key: string): boolean {
    return this.#keys.has(key) || this.#ranges.some((range) => inRange(range, key));
  }
}
