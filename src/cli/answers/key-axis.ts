import { compareKeys } from "../../codec/bytes.ts";
import { lowerBound } from "../../codec/lower-bound.ts";

/** What a table takes of the key space. */
type Span = { readonly firstKey: Uint8Array; readonly lastKey: Uint8Array; readonly sizeBytes: number };

/**
 * Lays the key space out over columns, so that equal widths hold about equally much: keys say nothing of how far apart
 * they are. Each table's bytes count as spread evenly over the stretches between the bounds of all tables.
 */
export class KeyAxis {
  readonly #bounds: readonly Uint8Array[];
  /** By bound: how much lies before it. */
  readonly #before: Float64Array;
  readonly #columns: number;

  constructor(spans: readonly Span[], columns: number) {
    this.#columns = columns;
    this.#bounds = distinct(spans.flatMap(({ firstKey, lastKey }) => [firstKey, lastKey]).sort(compareKeys));
    this.#before = new Float64Array(this.#bounds.length);
    /** By bound: how much the density of bytes changes there. */
    const changes = new Float64Array(this.#bounds.length);
    for (const { firstKey, lastKey, sizeBytes } of spans) {
      const [from, to] = [this.#indexOf(firstKey), this.#indexOf(lastKey)];
      if (from === to) continue;
      const density = sizeBytes / (to - from);
      changes[from] = (changes[from] ?? 0) + density;
      changes[to] = (changes[to] ?? 0) - density;
    }
    let density = 0;
    for (let bound = 1; bound < this.#before.length; bound += 1) {
      density += changes[bound - 1] ?? 0;
      this.#before[bound] = (this.#before[bound - 1] ?? 0) + Math.max(density, 0);
    }
  }

  /** The column, from 0, of a key that is a table's first or last. */
  columnOf(key: Uint8Array): number {
    const index = this.#indexOf(key);
    const all = this.#before.at(-1) ?? 0;
    // Tables of one key each: their order is all there is.
    const part = all === 0 ? index / Math.max(this.#bounds.length - 1, 1) : (this.#before[index] ?? 0) / all;
    return Math.round(part * (this.#columns - 1));
  }

  #indexOf(key: Uint8Array): number {
    return lowerBound(this.#bounds.length, (index) => compareKeys(this.#bounds[index] ?? key, key) < 0);
  }
}

function distinct(sorted: readonly Uint8Array[]): Uint8Array[] {
  return sorted.filter((key, index) => {
    const before = sorted[index - 1];
    return before === undefined || compareKeys(before, key) !== 0;
  });
}
