import type { Direction } from "../../src/iterator/merge-order.ts";

/** A put, or a delete when the value is undefined. */
export type KeyWrite = { readonly key: string; readonly value: string | undefined };
/** A range that is deleted is in the notation of `rangeOf`. */
export type ModelWrite = KeyWrite | { readonly range: string };

/** What a database should be: a sorted map from keys to values, text of one character a byte. */
export class ModelMap {
  readonly #values: Map<string, string>;
  /** Its keys in order, until there is another one or one less. */
  #sorted: readonly string[] | undefined;

  constructor(values: ReadonlyMap<string, string> = new Map(), sorted?: readonly string[]) {
    this.#values = new Map(values);
    this.#sorted = sorted;
  }

  copy(): ModelMap {
    return new ModelMap(this.#values, this.#sorted);
  }

  get(key: string): string | undefined {
    return this.#values.get(key);
  }

  write(write: ModelWrite): void {
    if ("range" in write) this.#deleteRange(write.range);
    else if (write.value === undefined) this.#delete(write.key);
    else {
      if (!this.#values.has(write.key)) this.#sorted = undefined;
      this.#values.set(write.key, write.value);
    }
  }

  /** Entries of a range in the notation of `rangeOf`, each as `key=value`. */
  entries(range: string, direction: Direction): string[] {
    const inside = this.#keys.filter(insideOf(range)).map((key) => `${key}=${this.#values.get(key)}`);
    return direction === "ascending" ? inside : inside.reverse();
  }

  #deleteRange(range: string): void {
    for (const key of this.#keys.filter(insideOf(range))) this.#delete(key);
  }

  #delete(key: string): void {
    if (this.#values.delete(key)) this.#sorted = undefined;
  }

  get #keys(): readonly string[] {
    this.#sorted ??= [...this.#values.keys()].sort();
    return this.#sorted;
  }
}

type Bounds = { readonly opening: string; readonly lower: string; readonly upper: string; readonly closing: string };

/** Whether a key lies in a range in the notation of `rangeOf`. */
export function insideOf(range: string): (key: string) => boolean {
  const { opening, lower, upper, closing } = boundsOf(range);
  return (key) =>
    (lower === "" || (opening === "[" ? key >= lower : key > lower)) &&
    (upper === "" || (closing === "]" ? key <= upper : key < upper));
}

/** Whether no key, there or not, lies in both ranges. Says false when in doubt. */
export function areApart(left: string, right: string): boolean {
  const isBefore = (one: string, other: string) => {
    const { upper } = boundsOf(one);
    return upper !== "" && upper < boundsOf(other).lower;
  };
  return isBefore(left, right) || isBefore(right, left);
}

function boundsOf(range: string): Bounds {
  const [, opening = "", lower = "", upper = "", closing = ""] = /^(.)(.*), (.*)(.)$/s.exec(range) ?? [];
  return { opening, lower, upper, closing };
}

export function keyOf(entry: string): string {
  return entry.slice(0, entry.indexOf("="));
}
