import { LsmError } from "../errors.ts";
import type { LookupResult } from "../iterator/storage-iterator.ts";
import { ENTRY_KIND } from "../key.ts";
import type { DatabaseFormat } from "../options.ts";
import type { Missing } from "../sstable/held.ts";
import type { AsyncCursor } from "./async-cursor.ts";
import type { Cursor } from "./cursor.ts";
import type { Engine } from "./engine.ts";
import { type Bytes, keyBytes } from "./key-bytes.ts";
import type { Take } from "./late-reads.ts";
import { type AsText, entriesOf, keysOf, type Read, readerFor, readerOf, valuesOf } from "./lent-bytes.ts";
import type { Range } from "./range.ts";

const NO_BYTES = new Uint8Array(0);

/** What can be read, whether of a database as it is or as it was. Values are Uint8Array of the caller's own, or strings on request. */
export abstract class Reads {
  /** How the files of the database are laid out, whether or not an option said it. */
  readonly format: DatabaseFormat;
  readonly #found: LookupResult = { timestamp: 0, kind: 0, valueBuffer: NO_BYTES, valueStart: 0, valueEnd: 0 };

  readonly #engine: Engine;
  /** What the look-up under way lacks; always empty between two of them. */
  #missing: Missing[] = [];

  /** @internal */
  constructor(engine: Engine) {
    this.format = engine.core.format;
    this.#engine = engine;
  }

  /** Finds what this reader sees of a key, a delete too. @internal */
  protected abstract find(key: Uint8Array, result: LookupResult): boolean;

  /** What it sees now: that of no later write. @internal */
  protected abstract get readTimestamp(): number;

  /** A cursor that lends its bytes, standing on the first entry of the range. The fastest way to read many entries. */
  abstract cursor(range?: Range): Cursor;

  /** A cursor that leaves the thread to others while it waits for the disk, for ranges that are not in memory. */
  abstract cursorAsync(range?: Range): AsyncCursor;

  /** The key's value, or undefined when it has none. */
  get(key: Bytes, options: AsText): string | undefined;
  get(key: Bytes): Uint8Array | undefined;
  get(key: Bytes, options?: AsText): Uint8Array | string | undefined {
    const read = readerOf(options);
    return this.has(key) ? this.#takeValue(read) : undefined;
  }

  has(key: Bytes): boolean {
    return this.find(keyBytes(key, this.format), this.#found) && this.#found.kind === ENTRY_KIND.put;
  }

  /** The values of the keys, in their order. */
  getMany(keys: readonly Bytes[]): (Uint8Array | undefined)[] {
    this.#refuseNoArray(keys);
    return keys.map((key) => this.get(key));
  }

  /**
   * `get` that leaves the thread to others while it waits for the disk. What is in memory is found at once. It answers what
   * `get` would have answered at the time of the call.
   */
  getAsync(key: Bytes, options: AsText): Promise<string | undefined>;
  getAsync(key: Bytes): Promise<Uint8Array | undefined>;
  getAsync(key: Bytes, options?: AsText): Promise<Uint8Array | string | undefined> {
    try {
      const read = readerOf(options);
      const bytes = keyBytes(key, this.format);
      const isFound = this.#findInMemory(bytes);
      if (isFound === undefined) return this.#findLate([bytes], valueReader(read)).then(([value]) => value);
      return Promise.resolve(isFound ? this.#takeValue(read) : undefined);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** `has` as `getAsync` does it. */
  hasAsync(key: Bytes): Promise<boolean> {
    try {
      const bytes = keyBytes(key, this.format);
      const isFound = this.#findInMemory(bytes);
      if (isFound === undefined) return this.#findLate([bytes], isValue).then(([isThere = false]) => isThere);
      return Promise.resolve(isFound);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** `getMany` as `getAsync` does it: all of them as of one moment, and what is not in memory loaded side by side. */
  getManyAsync(keys: readonly Bytes[], options: AsText): Promise<(string | undefined)[]>;
  getManyAsync(keys: readonly Bytes[]): Promise<(Uint8Array | undefined)[]>;
  async getManyAsync(keys: readonly Bytes[], options?: AsText): Promise<(Uint8Array | string | undefined)[]> {
    this.#refuseNoArray(keys);
    const read = readerOf(options);
    const values: (Uint8Array | string | undefined)[] = [];
    const late: number[] = [];
    for (const [index, key] of keys.entries()) {
      const isFound = this.#findInMemory(keyBytes(key, this.format));
      if (isFound === undefined) late.push(index);
      values.push(isFound === true ? this.#takeValue(read) : undefined);
    }
    if (late.length === 0) return values;
    const lateKeys = late.map((index) => keyBytes(keys[index] as Bytes, this.format));
    const found = await this.#findLate(lateKeys, valueReader(read));
    for (const [at, index] of late.entries()) values[index] = found[at];
    return values;
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

  /** Also asks for an open database, which no key might. */
  #refuseNoArray(keys: readonly Bytes[]): void {
    this.#engine.refuseIfClosed();
    if (!Array.isArray(keys)) throw new LsmError("INVALID_ARGUMENT", `keys is ${typeof keys}, expected an array`);
  }

  /** Whether the key has a value, as `find` tells it; undefined when that takes more than there is in memory. */
  #findInMemory(key: Uint8Array): boolean | undefined {
    const { blocks } = this.#engine.core.tables;
    const missing = this.#missing;
    blocks.missing = missing;
    try {
      const isFound = this.find(key, this.#found) && this.#found.kind === ENTRY_KIND.put;
      return missing.length === 0 ? isFound : undefined;
    } finally {
      blocks.missing = undefined;
      if (missing.length > 0) this.#missing = [];
    }
  }

  /** The keys are copied: a caller may use their bytes again as soon as it has the promise. */
  #findLate<Value>(keys: readonly Uint8Array[], take: Take<Value>): Promise<Value[]> {
    const copies = keys.map((key) => Uint8Array.from(key));
    return this.#engine.late.find(copies, this.readTimestamp, take);
  }

  /** Of what was just found. */
  #takeValue<Out>(read: Read<Out>): Out {
    const found = this.#found;
    const value = read(found.valueBuffer, found.valueStart, found.valueEnd);
    // What lent the bytes, a memtable perhaps or a block of a gigabyte, is not held until the next call.
    found.valueBuffer = NO_BYTES;
    return value;
  }
}

function valueReader<Out>(read: Read<Out>): Take<Out | undefined> {
  return (found) => found && read(found.valueBuffer, found.valueStart, found.valueEnd);
}

function isValue(found: LookupResult | undefined): boolean {
  return found !== undefined;
}
