import { assert } from "../errors.ts";
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
  readonly #discard: (table: SSTable) => void;

  /** `discard` is called once per retired table, when nobody can read it any more. */
  constructor(initial: LsmState, discard: (table: SSTable) => void) {
    this.#current = initial;
    this.#discard = discard;
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
  }

  /** Takes tables that the manifest no longer names. Call only after its record is durable and the state without them is installed. */
  retire(tables: readonly SSTable[]): void {
    this.#retired.push(...tables);
    this.#sweep();
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

  #isPinned(table: SSTable): boolean {
    for (const state of this.#pins.keys()) if (state.tables.get(table.id) === table) return true;
    return false;
  }
}
