/**
 * Sorting key nodes by key: radix sort on the four bytes after the keys' common prefix, then each run of equal four
 * bytes on what follows (the idea of multikey quicksort, Bentley and Sedgewick 1997, with words for characters).
 *
 * A word that reaches past a key's end is padded with zeros, so it cannot tell "a" from "a\0". Runs in which that may
 * matter, and recursion past a bound, are left to a comparison sort.
 */
import type { Arena } from "./arena.ts";
import { BYTES_PER_WORD } from "./arena.ts";
import { compareNodes, KEY_HEADER_WORDS, KEY_LENGTH, keyStartOf } from "./node.ts";

const RADIX_FROM_NODES = 48;
const ROUNDS_MAX = 64;
const DIGIT_BITS = 8;
const DIGITS = 4;
const BUCKETS: number = 1 << DIGIT_BITS;
const DIGIT_MASK: number = BUCKETS - 1;

/** Working memory for one sort, indexed like the range that is sorted. */
type Scratch = {
  readonly counts: Int32Array;
  nodes: Int32Array;
  otherNodes: Int32Array;
  words: Int32Array;
  otherWords: Int32Array;
};

/** Sorts nodes[from, to) by key. The keys are distinct. */
export function sortNodes(arena: Arena, nodes: Int32Array, from: number, to: number): void {
  const count = to - from;
  if (count < RADIX_FROM_NODES) {
    sortByInsertion(arena, nodes, from, to);
    return;
  }
  const scratch: Scratch = {
    counts: new Int32Array(DIGITS * BUCKETS),
    nodes: new Int32Array(count),
    otherNodes: new Int32Array(count),
    words: new Int32Array(count),
    otherWords: new Int32Array(count),
  };
  sortByWords(arena, nodes, from, to, ROUNDS_MAX, scratch);
}

function sortByWords(
  arena: Arena,
  nodes: Int32Array,
  from: number,
  to: number,
  roundsLeft: number,
  scratch: Scratch,
): void {
  if (to - from < RADIX_FROM_NODES) {
    sortByInsertion(arena, nodes, from, to);
    return;
  }
  if (roundsLeft === 0) {
    sortByComparison(arena, nodes, from, to);
    return;
  }
  sortByWordAt(arena, nodes, from, to, commonPrefixLengthOf(arena, nodes, from, to), scratch);
  // A run's words are read to its end before the run is sorted, because its own rounds reuse the scratch memory.
  const count = to - from;
  const words = scratch.words.slice(0, count);
  let runFrom = 0;
  while (runFrom < count) {
    let runTo = runFrom + 1;
    while (runTo < count && words[runTo] === words[runFrom]) runTo++;
    // A run that is everything has only shown that padding is all there is to see; another round would see no more.
    const rounds = runTo - runFrom === count ? 0 : roundsLeft - 1;
    if (runTo - runFrom > 1) sortByWords(arena, nodes, from + runFrom, from + runTo, rounds, scratch);
    runFrom = runTo;
  }
}

/** Stable least-significant-digit radix sort of nodes[from, to) by the word at byte `offset` of each key; leaves the sorted words in scratch.words. */
function sortByWordAt(
  arena: Arena,
  nodes: Int32Array,
  from: number,
  to: number,
  offset: number,
  scratch: Scratch,
): void {
  const count = to - from;
  const counts = scratch.counts.fill(0);
  let sourceNodes = scratch.nodes;
  let targetNodes = scratch.otherNodes;
  let sourceWords = scratch.words;
  let targetWords = scratch.otherWords;
  for (let index = 0; index < count; index++) {
    const node = nodes[from + index]!;
    const word = wordAt(arena, node, offset);
    sourceNodes[index] = node;
    sourceWords[index] = word;
    for (let digit = 0; digit < DIGITS; digit++) {
      const bucket = digit * BUCKETS + ((word >>> (digit * DIGIT_BITS)) & DIGIT_MASK);
      counts[bucket] = counts[bucket]! + 1;
    }
  }
  for (let digit = 0; digit < DIGITS; digit++) {
    const shift = digit * DIGIT_BITS;
    const first = digit * BUCKETS;
    // All keys share this digit: the pass would copy everything to its own place.
    if (counts[first + ((sourceWords[0]! >>> shift) & DIGIT_MASK)] === count) continue;
    let position = 0;
    for (let bucket = first; bucket < first + BUCKETS; bucket++) {
      const size = counts[bucket]!;
      counts[bucket] = position;
      position += size;
    }
    for (let index = 0; index < count; index++) {
      const word = sourceWords[index]!;
      const bucket = first + ((word >>> shift) & DIGIT_MASK);
      const target = counts[bucket]!;
      counts[bucket] = target + 1;
      targetWords[target] = word;
      targetNodes[target] = sourceNodes[index]!;
    }
    [sourceNodes, targetNodes] = [targetNodes, sourceNodes];
    [sourceWords, targetWords] = [targetWords, sourceWords];
  }
  for (let index = 0; index < count; index++) nodes[from + index] = sourceNodes[index]!;
  scratch.nodes = sourceNodes;
  scratch.otherNodes = targetNodes;
  scratch.words = sourceWords;
  scratch.otherWords = targetWords;
}

/** The four key bytes from `offset` on as a big-endian number, zeros past the end. */
function wordAt(arena: Arena, node: number, offset: number): number {
  const bytes = arena.bytes;
  const at = keyStartOf(node) + offset;
  const left = arena.words[node + KEY_LENGTH]! - offset;
  if (left >= BYTES_PER_WORD) {
    return (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
  }
  let word = 0;
  for (let index = 0; index < left; index++) word |= bytes[at + index]! << (24 - index * 8);
  return word;
}

/** How many leading bytes all keys share. */
function commonPrefixLengthOf(arena: Arena, nodes: Int32Array, from: number, to: number): number {
  const { words, bytes } = arena;
  const first = nodes[from]!;
  let shared = words[first + KEY_LENGTH]!;
  for (let index = from + 1; index < to && shared > 0; index++) {
    const node = nodes[index]!;
    const length = Math.min(shared, words[node + KEY_LENGTH]!);
    let word = 0;
    const wholeWords = length >>> 2;
    while (word < wholeWords && words[first + KEY_HEADER_WORDS + word] === words[node + KEY_HEADER_WORDS + word])
      word++;
    let byte = word * BYTES_PER_WORD;
    while (byte < length && bytes[keyStartOf(first) + byte] === bytes[keyStartOf(node) + byte]) byte++;
    shared = byte;
  }
  return shared;
}

function sortByInsertion(arena: Arena, nodes: Int32Array, from: number, to: number): void {
  for (let next = from + 1; next < to; next++) {
    const node = nodes[next]!;
    let place = next;
    while (place > from && compareNodes(arena, nodes[place - 1]!, node) > 0) {
      nodes[place] = nodes[place - 1]!;
      place--;
    }
    nodes[place] = node;
  }
}

function sortByComparison(arena: Arena, nodes: Int32Array, from: number, to: number): void {
  nodes.subarray(from, to).sort((a, b) => compareNodes(arena, a, b));
}
