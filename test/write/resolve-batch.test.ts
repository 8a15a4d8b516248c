import { describe, expect, test } from "vitest";
import { compareKeys } from "../../src/codec/bytes.ts";
import { ENTRY_KIND } from "../../src/key.ts";
import type { CheckedWrite } from "../../src/write/checked-write.ts";
import { resolveBatch } from "../../src/write/resolve-batch.ts";
import { bytes, latin1 } from "../support/entries.ts";
import { randomOf } from "../support/random.ts";

/** Writes apart by spaces: `a=1` puts, `-a` deletes, `[a,c)` deletes a range. */
function batch(text: string): CheckedWrite[] {
  return text
    .split(" ")
    .filter(Boolean)
    .map((word) => {
      const range = /^\[(.*),(.*)\)$/.exec(word);
      if (range) return { kind: ENTRY_KIND.rangeDelete, key: bytes(range[1]!), value: bytes(range[2]!) };
      const [, minus, key, value] = /^(-?)([^=]*)(?:=(.*))?$/.exec(word)!;
      return { kind: minus ? ENTRY_KIND.delete : ENTRY_KIND.put, key: bytes(key!), value: bytes(value ?? "") };
    });
}

function textOf(writes: readonly CheckedWrite[]): string {
  return writes
    .map(({ kind, key, value }) => {
      if (kind === ENTRY_KIND.rangeDelete) return `[${latin1(key)},${latin1(value)})`;
      return kind === ENTRY_KIND.delete ? `-${latin1(key)}` : `${latin1(key)}=${latin1(value)}`;
    })
    .join(" ");
}

describe("a resolved batch", () => {
  test.each([
    ["is the same without range deletes", "a=1 -b a=2", "a=1 -b a=2"],
    ["has no writes that a later range delete covers", "a=1 -b c=1 [a,c) d=1", "c=1 [a,c) d=1"],
    ["has those that come behind it", "[a,c) a=1 -b", "[a,c) a=1 -b"],
    ["has what one range delete spares and no other covers", "a=1 [a,c) b=2 [b,c) b=3 a=4", "[a,c) [b,c) b=3 a=4"],
    ["has no range delete of no key", "a=1 [b,b) [c,a)", "a=1"],
    ["may begin with the empty key", "=1 \0=1 [,\0)", "\0=1 [,\0)"],
    ["may be empty", "", ""],
  ])("%s", (_, given, expected) => {
    expect(textOf(resolveBatch(batch(given)))).toBe(expected);
  });

  test("is the batch itself without range deletes", () => {
    const writes = batch("a=1 b=2");
    expect(resolveBatch(writes)).toBe(writes);
  });

  test("says together, with range deletes first, what the batch says one by one", () => {
    const random = randomOf(11);
    const key = (): string => "abcdef"[random(6)]!;
    for (let round = 0; round < 500; round++) {
      const words = Array.from({ length: random(12) }, (_, index) =>
        random(3) === 0 ? `[${key()},${key()})` : random(4) === 0 ? `-${key()}` : `${key()}=${index}`,
      );
      const writes = batch(words.join(" "));
      const resolved = resolveBatch(writes);
      const isRange = ({ kind }: CheckedWrite): boolean => kind === ENTRY_KIND.rangeDelete;
      const reordered = [...resolved.filter(isRange), ...resolved.filter((write) => !isRange(write))];
      expect(applied(reordered)).toEqual(applied(writes));
    }
  });
});

/** What a database that held every letter holds afterwards. */
function applied(writes: readonly CheckedWrite[]): ReadonlyMap<string, string> {
  const content = new Map([..."abcdef"].map((letter) => [letter, "before"]));
  for (const { kind, key, value } of writes) {
    if (kind === ENTRY_KIND.put) content.set(latin1(key), latin1(value));
    else if (kind === ENTRY_KIND.delete) content.delete(latin1(key));
    else {
      for (const name of [...content.keys()]) {
        const isCovered = compareKeys(key, bytes(name)) <= 0 && compareKeys(bytes(name), value) < 0;
        if (isCovered) content.delete(name);
      }
    }
  }
  return new Map([...content].sort());
}
