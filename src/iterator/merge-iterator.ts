/**
 * Many cursors as one: all their entries in order, each once.
 *
 * The current source is kept out of the tournament of the others. While its next entry still comes before the best of
 * the others, which is the rule when sources hold runs of keys, a step costs one comparison; when no other is left, none.
 */
import { assert } from "../errors.ts";
import { LoserTree, NOBODY } from "./loser-tree.ts";
import type { Direction, MergeOrder } from "./merge-order.ts";
import { SourceHeads } from "./source-heads.ts";
import type { BidirectionalIterator, StorageIterator } from "./storage-iterator.ts";

const NO_BYTES: Uint8Array = new Uint8Array(0);

/**
 * Merges sources that are already placed; a smaller index is newer, and of several sources on the same entry the newest
 * one's is shown. The others are moved past it by the next `next`.
 *
 * A descending merge goes from the largest entry to the smallest: its sources stand on their last entries, and its `next`
 * moves them by `previous`.
 *
 * A source that throws is never asked again: the error comes out of `next`, and the merge is invalid from then on.
 */
export class MergeIterator implements StorageIterator {
  valid = false;
  keyBuffer: Uint8Array = NO_BYTES;
  keyStart = 0;
  keyEnd = 0;
  timestamp = 0;
  kind = 0;
  valueBuffer: Uint8Array = NO_BYTES;
  valueStart = 0;
  valueEnd = 0;

  private readonly sources: readonly StorageIterator[];
  private readonly direction: Direction;
  /** By source: whether it still counts. Sources are let go when they are exhausted or fail, except a last current one. */
  private readonly held: boolean[];
  private readonly heads: SourceHeads;
  private readonly rivals: LoserTree;
  private current: number;
  /** Whether the best rival stands on the entry that is shown. */
  private tied = false;

  constructor(sources: readonly StorageIterator[], order: MergeOrder, direction?: "ascending");
  constructor(sources: readonly BidirectionalIterator[], order: MergeOrder, direction: Direction);
  constructor(sources: readonly StorageIterator[], order: MergeOrder, direction: Direction = "ascending") {
    this.sources = sources;
    this.direction = direction;
    this.heads = new SourceHeads(sources.length, order, direction);
    this.held = sources.map((source) => source.valid);
    const live = [...sources.keys()].filter((index) => this.held[index]);
    for (const index of live) this.heads.load(index, sources[index]!);
    this.current = live.reduce((best, index) => (this.heads.precedes(index, best) ? index : best), live[0] ?? NOBODY);
    this.rivals = new LoserTree(
      this.heads,
      live.filter((index) => index !== this.current),
    );
    if (this.current !== NOBODY) this.showCurrent();
    else if (sources.length > 0) this.held[sources.length - 1] = true;
  }

  get activeIterators(): number {
    let count = 0;
    for (const [index, source] of this.sources.entries()) {
      if (this.held[index]) count += source.activeIterators;
    }
    return count;
  }

  next(): void {
    assert(this.valid, "a cursor is moved only while it is valid");
    // Valid again once the step is done: a source that throws leaves the merge invalid.
    this.valid = false;
    if (this.tied) this.passDuplicates();
    const source = this.sources[this.current]!;
    this.move(source);
    const best = this.rivals.best;
    if (!source.valid) {
      this.replaceExhausted(best);
    } else if (best === NOBODY) {
      this.show(source);
    } else {
      this.heads.load(this.current, source);
      this.chooseAgainst(best);
    }
  }

  private move(source: StorageIterator): void {
    if (this.direction === "ascending") source.next();
    else (source as BidirectionalIterator).previous();
  }

  /** Moves every rival past the entry that is shown. */
  private passDuplicates(): void {
    let rival = this.rivals.best;
    while (rival !== NOBODY && this.heads.same(rival, this.current)) {
      const source = this.sources[rival]!;
      this.held[rival] = false;
      this.move(source);
      if (source.valid) {
        this.held[rival] = true;
        this.heads.load(rival, source);
        this.rivals.replaceBest(rival);
      } else {
        this.rivals.removeBest();
      }
      rival = this.rivals.best;
    }
    this.tied = false;
  }

  private replaceExhausted(best: number): void {
    if (best === NOBODY) return;
    this.held[this.current] = false;
    this.current = best;
    this.rivals.removeBest();
    this.showCurrent();
  }

  /** Goes on with the current source, or with the best rival when that comes before it. */
  private chooseAgainst(best: number): void {
    const current = this.current;
    const difference = this.heads.compare(current, best);
    if (difference < 0 || (difference === 0 && current < best)) {
      this.tied = difference === 0;
      this.show(this.sources[current]!);
      return;
    }
    this.current = best;
    this.rivals.replaceBest(current);
    this.showCurrent();
  }

  private showCurrent(): void {
    const rival = this.rivals.best;
    this.tied = rival !== NOBODY && this.heads.same(rival, this.current);
    this.show(this.sources[this.current]!);
  }

  private show(source: StorageIterator): void {
    this.keyBuffer = source.keyBuffer;
    this.keyStart = source.keyStart;
    this.keyEnd = source.keyEnd;
    this.timestamp = source.timestamp;
    this.kind = source.kind;
    this.valueBuffer = source.valueBuffer;
    this.valueStart = source.valueStart;
    this.valueEnd = source.valueEnd;
    this.valid = true;
  }
}
