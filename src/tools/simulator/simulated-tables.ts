import { assert } from "../../errors.ts";
import type { TableInfo } from "../../state/tree.ts";
import { ChaChaRandom } from "./chacha-random.ts";

/** A table without data: its keys are the 8-byte big-endian forms of the numbers `first` to `last`. */
export type SimulatedTable = TableInfo & {
  readonly first: number;
  readonly last: number;
  /** The table this one is a copy of; its own id after a flush. */
  readonly originId: number;
};

const KEY_SIZE = 8;
/** A flushed table starts anywhere below the upper bound and spans a number of keys from the lower one to it. */
const KEYS_MIN: bigint = 1n << 10n;
const KEYS_MAX: bigint = 1n << 31n;

/** The simulated disk, and what was ever written to it. Ids count from 1. */
export class SimulatedTables {
  readonly #live = new Map<number, SimulatedTable>();
  readonly #random: ChaChaRandom;
  readonly #tableSizeBytes: number;
  #writes = 0;
  #liveMax = 0;

  constructor(tableSizeBytes: number, seed: bigint) {
    this.#tableSizeBytes = tableSizeBytes;
    this.#random = new ChaChaRandom(seed);
  }

  /** Tables written, by flushes and by compactions. */
  get writes(): number {
    return this.#writes;
  }

  /** The most tables there were at one time; in a compaction, its inputs and outputs together. */
  get liveMax(): number {
    return this.#liveMax;
  }

  get(id: number): SimulatedTable {
    const table = this.#live.get(id);
    assert(table !== undefined, `table ${id} of the simulation exists`);
    return table;
  }

  /** A table over a random range of keys. Returns its id. */
  flush(): number {
    const first = this.#random.nextInRange(0n, KEYS_MAX);
    const last = first + this.#random.nextInRange(KEYS_MIN, KEYS_MAX);
    return this.#write(Number(first), Number(last), undefined);
  }

  /** As many tables as there are inputs, with equal parts of the inputs' range. Returns their ids. */
  rewrite(inputs: readonly number[]): readonly number[] {
    const tables = inputs.map((id) => this.get(id));
    const first = tables.reduce((least, table) => Math.min(least, table.first), Number.POSITIVE_INFINITY);
    const last = tables.reduce((greatest, table) => Math.max(greatest, table.last), 0);
    const keys = last - first + 1;
    const startOf = (part: number): number => first + Math.floor((keys * part) / inputs.length);
    return inputs.map((input, part) => this.#write(startOf(part), startOf(part + 1) - 1, input));
  }

  remove(ids: readonly number[]): void {
    for (const id of ids) this.#live.delete(id);
  }

  #write(first: number, last: number, originId: number | undefined): number {
    this.#writes++;
    const id = this.#writes;
    this.#live.set(id, {
      id,
      first,
      last,
      originId: originId ?? id,
      sizeBytes: this.#tableSizeBytes,
      firstKey: keyOf(first),
      lastKey: keyOf(last),
    });
    this.#liveMax = Math.max(this.#liveMax, this.#live.size);
    return id;
  }
}

function keyOf(number: number): Uint8Array {
  const key = Buffer.alloc(KEY_SIZE);
  key.writeBigUInt64BE(BigInt(number));
  return key;
}
