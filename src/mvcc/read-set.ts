import { firstKeyWithin, isWithin, type KeySpan } from "./key-span.ts";
import { endOf, inRange, type ScannedRange, startOf } from "./scanned-range.ts";

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

  /** A key that was read, or lies in a range that was, and in one of the spans, which are a union; undefined when there is none. */
  keyWithin(union: readonly KeySpan[]): string | undefined {
    for (const key of this.#keys) if (isWithin(union, key)) return key;
    for (const range of this.#ranges) {
      const key = firstKeyWithin(union, startOf(range), endOf(range));
      if (key !== undefined) return key;
    }
    return undefined;
  }

  has(key: string): boolean {
    return this.#keys.has(key) || this.#ranges.some((range) => inRange(range, key));
  }
}
