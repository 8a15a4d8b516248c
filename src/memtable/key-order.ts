/**
 * A memtable's key nodes in key order, made only as far as someone asks for it.
 *
 *   nodes  [ sorted: 0 .. sortedCount )[ tail, in order of arrival: sortedCount .. count )
 *
 * Keys that arrive in ascending order extend the sorted part at once. `sort` sorts the tail and merges it in, which
 * moves nodes to other positions and says so in `version`; positions are stable while `version` is.
 */

import { compareBytes } from "../codec/bytes.ts";
import type { Arena } from "./arena.ts";
import { compareNodes, KEY_LENGTH, keyStartOf } from "./node.ts";
import { sortNodes } from "./sort-nodes.ts";

const CAPACITY_MIN = 1024;
const EXPECTED_KEYS_MAX = 1024 * 1024;

export class KeyOrder {
  nodes: Int32Array;
  sortedCount = 0;
  version = 0;
  count = 0;
  private readonly arena: Arena;

  /** Room for `keysExpected` is made at once, within bounds; what comes beyond is grown into. */
  constructor(arena: Arena, keysExpected: number) {
    this.arena = arena;
    this.nodes = new Int32Array(Math.min(Math.max(keysExpected, CAPACITY_MIN), EXPECTED_KEYS_MAX));
  }

  /** An order over the nodes of another one, which stay as they are there. */
  static over(arena: Arena, nodes: Int32Array, sortedCount: number): KeyOrder {
    const order = new KeyOrder(arena, 0);
    order.nodes = nodes;
    order.count = nodes.length;
    order.sortedCount = sortedCount;
    return order;
  }

  get memoryBytes(): number {
    return this.nodes.byteLength;
  }

  /** Adds the node of a new key. */
  append(node: number): void {
    const count = this.count;
    if (count === this.nodes.length) this.grow();
    if (this.sortedCount === count && (count === 0 || compareNodes(this.arena, this.nodes[count - 1]!, node) < 0)) {
      this.sortedCount = count + 1;
    }
    this.nodes[count] = node;
    this.count = count + 1;
  }

  /** Afterwards every node added so far is in the sorted part. */
  sort(): void {
    const { count, sortedCount } = this;
    if (sortedCount === count) return;

    if (count - sortedCount === 1) {
      this.insertLast();
    } else {
      sortNodes(this.arena, this.nodes, sortedCount, count);
      this.mergeTail();
    }
    this.sortedCount = count;
    this.version++;
  }

  /** The first position of the sorted part whose key is at or after key[start, end); `sortedCount` when there is none. */
  lowerBound(key: Uint8Array, start: number, end: number): number {
    const { words, bytes } = this.arena;
    const nodes = this.nodes;
    let low = 0;
    let high = this.sortedCount;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const node = nodes[middle]!;
      const nodeStart = keyStartOf(node);
      if (compareBytes(bytes, nodeStart, nodeStart + words[node + KEY_LENGTH]!, key, start, end) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** The position of a node of the sorted part, and where it belongs when it is not in it. */
  positionOf(node: number): number {
    return this.positionWithin(node, 0, this.sortedCount);
  }

  private positionWithin(node: number, from: number, to: number): number {
    let low = from;
    let high = to;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compareNodes(this.arena, this.nodes[middle]!, node) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  private insertLast(): void {
    const last = this.count - 1;
    const node = this.nodes[last]!;
    const position = this.positionWithin(node, 0, last);
    this.nodes.copyWithin(position + 1, position, last);
    this.nodes[position] = node;
  }

  /**
   * Merges the sorted tail into the sorted part from the back. Each tail node finds its place by steps that double, so
   * that a short tail costs a few comparisons per node and a long one about two.
   */
  private mergeTail(): void {
    const nodes = this.nodes;
    const tail = nodes.slice(this.sortedCount, this.count);
    let end = this.sortedCount;
    for (let left = tail.length; left > 0; left--) {
      const node = tail[left - 1]!;
      const place = this.lastPlaceBefore(node, end);
      if (place < end) nodes.copyWithin(place + left, place, end);
      nodes[place + left - 1] = node;
      end = place;
    }
  }

  /** Where `node` belongs within nodes[0, end), searched from the end. */
  private lastPlaceBefore(node: number, end: number): number {
    let step = 1;
    let high = end;
    while (step <= end && compareNodes(this.arena, this.nodes[end - step]!, node) > 0) {
      high = end - step;
      step *= 2;
    }
    return this.positionWithin(node, step <= end ? end - step + 1 : 0, high);
  }

  private grow(): void {
    const nodes = new Int32Array(this.nodes.length * 2);
    nodes.set(this.nodes);
    this.nodes = nodes;
  }
}
