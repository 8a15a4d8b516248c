import type { LookupResult } from "../iterator/storage-iterator.ts";
import { ENTRY_KIND } from "../key.ts";
import type { DatabaseFormat } from "../options.ts";
import type { Cursor } from "./cursor.ts";
import { type Bytes, keyBytes } from "./key-bytes.ts";
import { type AsText, entriesOf, keysOf, readerFor, valuesOf } from "./lent-bytes.ts";
import type { Range } from "./range.ts";

const NO_BYTES = new Uint8Array(0);

/** What can be read, whether of a database as it is or as it was. Values are Uint8Array of the caller's own, or strings on request. */
export abstract class Reads {
  /** How the files of the database are laid out, whether or not an option said it. */
  readonly format: DatabaseFormat;
  readonly #found: LookupResult = { timestamp: 0, kind: 0, valueBuffer: NO_BYTES, valueStart: 0, valueEnd: 0 };

  /** @internal */
  constructor(format: DatabaseFormat) {
    this.format = format;
  }

  /** Finds what this reader sees of a key, a delete too. @internal */
  protected abstract find(key: Uint8Array, result: LookupResult): boolean;

  /** A cursor that lends its bytes, standing on the first entry of the range. The fastest way to read many entries. */
  abstract cursor(range?: Range): Cursor;

  /** The key's value, or undefined when it has none. */
  get(key: Bytes, options: AsText): string | undefined;
  get(key: Bytes): Uint8Array | undefined;
  get(key: Bytes, options?: AsText): Uint8Array | string | undefined {
    const read = readerFor(options?.as);
    if (!this.has(key)) return undefined;
    const found = this.#found;
    const value = read(found.valueBuffer, found.valueStart, found.valueEnd);
    // What lent the bytes, a memtable perhaps or a block of a gigabyte, is not held until the next call.
    found.valueBuffer = NO_BYTES;
    return value;
  }

  has(key: Bytes): boolean {
    return this.find(keyBytes(key, this.format), this.#found) && this.#found.kind === ENTRY_KIND.put;
  }

  /** The values of the keys, in their order. */
  getMany(keys: readonly Bytes[]): (Uint8Array | undefined)[] {
    return keys.map((key) => this.get(key));
  }

  /** The entries of the range as the first step finds them, each with bytes of its own. Leaving the loop early closes the cursor. */
  scan(range: Range & AsText): Generator<[key: string, value: string], void, undefined>;
  scan(range?: Range): Generator<[key: Uint8Array, value: Uint8Array], void, undefined>;
  scan(range: Range & Partial<AsText> = {}): Generator<[Uint8Array | string, Uint8Array | string], void, undefined> {
    return entriesOf(() => this.cursor(range), readerFor(range.as));
  }

  /** As `scan`, the keys alone. */
  keys(range: Range & AsText): Generator<string, void, undefined>;
  keys(range?: Range): Generator<Uint8Array, void, undefined>;
  keys(range: Range & Partial<AsText> = {}): Generator<Uint8Array | string, void, undefined> {
    return keysOf(() => this.cursor(range), readerFor(range.as));
  }

  /** As `scan`, the values alone. */
  values(range: Range & AsText): Generator<string, void, undefined>;
  values(range?: Range): Generator<Uint8Array, void, undefined>;
  values(range: Range & Partial<AsText> = {}): Generator<Uint8Array | string, void, undefined> {
    return valuesOf(() => this.cursor(range), readerFor(range.as));
  }
}
