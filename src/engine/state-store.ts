import { assert } from "../errors.ts";
import type { Memtable } from "../memtable/memtable.ts";
import type { SSTable } from "../sstable/sstable.ts";
import type { LsmState } from "../state/lsm-state.ts";

/**
 * Holds the current state and knows who still reads an older one (design D5).
 *
 * A table that left the tree is discarded once no pinned state names it. States in use at one time are few, so the
 * question is asked of each of them instead of counting holders per table.
 */
export class StateStore {
  #current: LsmState;
  readonly #pins = new Map<LsmState, number>();
  #retired: SSTable[] = [];
  #retiredMemtables: Memtable[] = [];
  readonly #discard: (table: SSTable) => void;
  readonly #reuse: (memtable: Memtable) => void;

  /** `discard` is called once per retired table, and `reuse` per retired memtable, when no pinned state has it any more. */
  constructor(initial: LsmState, discard: (table: SSTable) => void, reuse: (memtable: Memtable) => void) {
    this.#current = initial;
    this.#discard = discard;
    this.#reuse = reuse;
  }

  get current(): LsmState {
    return this.#current;
  }

  /** How many readers hold a state. */
  get pinCount(): number {
    let count = 0;
    for (const pins of this.#pins.values()) count += pins;
    return count;
  }

  install(next: LsmState): void {
    this.#current = next;
  }

  /** The current state, safe to read until `unpin`. */
  pin(): LsmState {
    const state = this.#current;
    this.#pins.set(state, (this.#pins.get(state) ?? 0) + 1);
    return state;
  }

  unpin(state: LsmState): void {
    const pins = this.#pins.get(state);
    assert(pins !== undefined, "a state is unpinned as often as it was pinned");
    if (pins > 1) {
      this.#pins.set(state, pins - 1);
      return;
    }
    this.#pins.delete(state);
    this.#sweep();
    this.#sweepMemtables();
  }

  /** Takes tables that the manifest no longer names. Call only after its record is durable and the state without them is installed. */
  retire(tables: readonly SSTable[]): void {
    this.#retired.push(...tables);
    this.#sweep();
  }

  /** Takes memtables that are in tables now. Call only after the state without them is installed. */
  retireMemtables(memtables: readonly Memtable[]): void {
    this.#retiredMemtables.push(...memtables);
    this.#sweepMemtables();
  }

  /** Lets go of every retired table, whoever holds an older state: nobody reads any more. */
  close(): void {
    for (const table of this.#retired.splice(0)) this.#discard(table);
  }

  #sweep(): void {
    if (this.#retired.length === 0) return;
    const kept: SSTable[] = [];
    const discarded: SSTable[] = [];
    for (const table of this.#retired) (this.#isPinned(table) ? kept : discarded).push(table);
    this.#retired = kept;
    for (const table of discarded) this.#discard(table);
  }

  #sweepMemtables(): void {
    if (this.#retiredMemtables.length === 0) return;
    const pinned = new Set<Memtable>();
    for (const { memtable, immutableMemtables } of this.#pins.keys()) {
      pinned.add(memtable);
      for (const frozen of immutableMemtables) pinned.add(frozen);
    }
    const free = this.#retiredMemtables.filter((memtable) => !pinned.has(memtable));
    this.#retiredMemtables = this.#retiredMemtables.filter((memtable) => pinned.has(memtable));
    for (const memtable of free) this.#reuse(memtable);
  }

  #isPinned(table: SSTable): boolean {
    for (const state of this.#pins.keys()) if (state.tables.get(table.id) === table) return true;
    return false;
  }
}
