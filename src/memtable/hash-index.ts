/**
 * From key to key node: open addressing with linear probing over one Int32Array.
 *
 *   slot  | hash | key node |    key node 0: the slot is free
 *
 * The hash lies beside the address so that a probe over other keys, and growing, never touch the arena.
 */
import type { Arena } from "./arena.ts";
import { KEY_LENGTH, keyStartOf } from "./node.ts";

const SLOT_WORDS = 2;
const SLOTS_MIN = 1024;
const EXPECTED_SLOTS_MAX = 1024 * 1024;
/** Part of the slots in use before their number is doubled. */
const LOAD_MAX = 0.7;

export class HashIndex {
  private readonly arena: Arena;
  private slots: Int32Array;
  /** Slots - 1; the number of slots is a power of two. */
  private mask: number;
  private used = 0;
  /** Where the last `find` ended: on the key's slot, or on the free one it would take. */
  private slot = 0;

  /** Room for `keysExpected` is made at once, within bounds; what comes beyond is grown into. */
  constructor(arena: Arena, keysExpected: number) {
    this.arena = arena;
    let slots = SLOTS_MIN;
    while (slots * LOAD_MAX < keysExpected && slots < EXPECTED_SLOTS_MAX) slots *= 2;
    this.slots = new Int32Array(slots * SLOT_WORDS);
    this.mask = slots - 1;
  }

  get memoryBytes(): number {
    return this.slots.byteLength;
  }

  /** The node of key[start, end), 0 when it has none. */
  find(hash: number, key: Uint8Array, start: number, end: number): number {
    const slots = this.slots;
    const mask = this.mask;
    const wanted = hash | 0;
    let slot = hash & mask;
    let node = slots[slot * SLOT_WORDS + 1]!;
    while (node !== 0) {
      if (slots[slot * SLOT_WORDS] === wanted && this.holds(node, key, start, end)) break;
      slot = (slot + 1) & mask;
      node = slots[slot * SLOT_WORDS + 1]!;
    }
    this.slot = slot;
    return node;
  }

  /** Adds the node of the key that the `find` just before did not find. */
  insert(hash: number, node: number): void {
    this.slots[this.slot * SLOT_WORDS] = hash;
    this.slots[this.slot * SLOT_WORDS + 1] = node;
    this.used++;
    if (this.used > this.mask * LOAD_MAX) this.grow();
  }

  private holds(node: number, key: Uint8Array, start: number, end: number): boolean {
    const length = end - start;
    if (this.arena.words[node + KEY_LENGTH] !== length) return false;
    const bytes = this.arena.bytes;
    const nodeStart = keyStartOf(node);
    for (let index = 0; index < length; index++) {
      if (bytes[nodeStart + index] !== key[start + index]) return false;
    }
    return true;
  }

  private grow(): void {
    const old = this.slots;
    const slots = new Int32Array(old.length * 2);
    const mask = slots.length / SLOT_WORDS - 1;
    for (let at = 0; at < old.length; at += SLOT_WORDS) {
      const node = old[at + 1]!;
      if (node === 0) continue;
      const hash = old[at]!;
      let slot = hash & mask;
      while (slots[slot * SLOT_WORDS + 1] !== 0) slot = (slot + 1) & mask;
      slots[slot * SLOT_WORDS] = hash;
      slots[slot * SLOT_WORDS + 1] = node;
    }
    this.slots = slots;
    this.mask = mask;
  }
}
