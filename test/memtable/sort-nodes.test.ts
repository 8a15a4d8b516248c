import { describe, expect, test } from "vitest";
import { Arena, wordsFor } from "../../src/memtable/arena.ts";
import { KEY_HEADER_WORDS, KEY_LENGTH, keyStartOf } from "../../src/memtable/node.ts";
import { sortNodes } from "../../src/memtable/sort-nodes.ts";
import { randomOf } from "../support/random.ts";

/** The keys in the order in which their nodes come out, the first and the last left where they are, as hexadecimal text. */
function sorted(keys: readonly Uint8Array[]): string[] {
  const arena = new Arena(0);
  const nodes = Int32Array.from(keys, (key) => {
    const node = arena.allocate(KEY_HEADER_WORDS + wordsFor(key.length));
    arena.words[node + KEY_LENGTH] = key.length;
    arena.write(keyStartOf(node), key, 0, key.length);
    return node;
  });
  const outside = nodes.slice();
  sortNodes(arena, nodes, 1, nodes.length - 1);
  expect([nodes[0], nodes.at(-1)]).toEqual([outside[0], outside.at(-1)]);
  return [...nodes].map((node) => {
    const start = keyStartOf(node);
    return Buffer.from(arena.bytes.slice(start, start + arena.words[node + KEY_LENGTH]!)).toString("hex");
  });
}

function shuffled<Item>(items: readonly Item[], seed: number): Item[] {
  const random = randomOf(seed);
  const list = [...items];
  for (let left = list.length; left > 1; left--) {
    const at = random(left);
    [list[at], list[left - 1]] = [list[left - 1]!, list[at]!];
  }
  return list;
}

const decimal = (index: number): Uint8Array => Buffer.from(`user/${String(index).padStart(11, "0")}`);
const zeros = (length: number): Uint8Array => new Uint8Array(length);

/** 0, 00, 01, 000, … over bytes that all fall into one padded word. */
function nested(index: number): Uint8Array {
  return Uint8Array.from([...index.toString(2)].slice(1), Number);
}

describe("sorting nodes", () => {
  test.each<[string, number, (index: number) => Uint8Array]>([
    ["few keys", 20, decimal],
    ["numbers with a shared prefix", 5000, decimal],
    ["numbers with gaps in high digits", 5000, (index) => decimal(index * 1_234_567)],
    ["keys of zeros, which only their lengths tell apart", 700, zeros],
    ["every string of zeros and ones", 4000, (index) => nested(index + 2)],
    [
      "high bytes, which are negative as signed words",
      3000,
      (index) => Uint8Array.of(index >>> 4, (index << 4) | 0x0f),
    ],
    ["prefixes that each reach past a word", 400, (index) => Buffer.from(`${"abcd".repeat(index)}${index % 7}`)],
  ])("orders %s", (_, count, key) => {
    const [least, ...keys] = Array.from({ length: count }, (__, index) => key(index)).sort(Buffer.compare);
    const greatest = keys.pop()!;
    const expected = [greatest, ...keys, least!].map((content) => Buffer.from(content).toString("hex"));
    expect(sorted([greatest, ...shuffled(keys, count), least!])).toEqual(expected);
  });
});
