import { describe, expect, test } from "vitest";
import { isHidden } from "../../src/compaction/hidden-tables.ts";
import { RangeDeletePolicy } from "../../src/compaction/range-delete-policy.ts";
import { VersionPolicy } from "../../src/compaction/version-policy.ts";
import { bytes, entries, textOf } from "../support/entries.ts";
import { MockIterator } from "../support/mock-iterator.ts";
import { rangeDeletes } from "../support/range-deletes.ts";

const WATERMARK = 5;

/** What is kept; a `/` stands before an entry with which a table may begin. */
function kept(given: string, deleted: string, reachesBottom = false): string {
  const rules = { reachesBottom, watermark: WATERMARK, droppedPrefixes: [] };
  const policy = new RangeDeletePolicy(rangeDeletes(deleted), WATERMARK, new VersionPolicy(rules));
  const list = entries(given);
  const cursor = new MockIterator(list);
  const shown: string[] = [];
  for (const entry of list) {
    if (policy.keeps(cursor)) shown.push(`${policy.mayBeginTable ? "/ " : ""}${textOf([entry])}`);
    cursor.next();
  }
  return shown.join(" ");
}

describe("a merge drops entries under a range delete", () => {
  test.each([
    ["that are older", "a@1=1 b@1=1 c@1=1 d@1=1", "[b,d)@3", "/ a@1=1 / d@1=1"],
    ["but not of the same batch, nor newer ones", "a@3=3 a@2=2 b@4=4 b@3=3 b@1=1", "[a,c)@3", "/ a@3=3 / b@4=4"],
    ["that is not above the watermark", "a@1=1 b@1=1", "[a,b)@6 [b,c)@5", "/ a@1=1"],
    ["that is the newest up to the watermark", "a@4=4 b@2=2", "[a,b)@9,3 [b,c)@9,3", "/ a@4=4"],
    ["and keeps the versions above the watermark", "a@9=9 a@8=8 a@4=4 a@1=1 b@9=9", "[a,b)@5", "/ a@9=9 a@8=8 / b@9=9"],
    ["deletes like puts", "-a@4 a@3=3 -b@9 -b@4", "[a,c)@5", "/ -b@9"],
    [
      "of neighbouring fragments and of gaps between them",
      "a@1=1 b@1=1 c@1=1 d@1=1 e@1=1",
      "[a,b)@3 [b,c)@4 [d,e)@2",
      "/ c@1=1 / e@1=1",
    ],
    ["under the empty key", "@1=1 \0@1=1", "[,\0)@2", "/ \0@1=1"],
  ])("%s", (_, given, deleted, expected) => {
    expect(kept(given, deleted)).toBe(expected);
  });

  test("at the bottom, too, where deletes go on their own", () => {
    expect(kept("-a@2 a@1=1 b@3=3 -c@4 c@3=3", "[b,c)@5", true)).toBe("");
  });
});

describe("a table is hidden", () => {
  const hidden = (text: string, deleted: string): boolean => {
    const [firstKey, lastKey, maxTimestamp] = text.split(" ") as [string, string, string];
    const range = { firstKey: bytes(firstKey), lastKey: bytes(lastKey), maxTimestamp: Number(maxTimestamp) };
    return isHidden(range, rangeDeletes(deleted), WATERMARK);
  };

  test.each([
    ["b d 3", "[a,e)@4"],
    ["b d 3", "[b,d\0)@4"],
    ["b d 3", "[a,c)@5 [c,e)@4"],
    ["b d 3", "[a,e)@9,4"],
    [" d 3", "[,e)@4"],
  ])("when its range and all its timestamps lie under range deletes: %s under %s", (table, deleted) => {
    expect(hidden(table, deleted)).toBe(true);
  });

  test.each([
    ["b d 3", ""],
    ["b d 3", "[a,d)@4"],
    ["b d 3", "[b\0,e)@4"],
    ["b d 3", "[a,c)@4 [c\0,e)@4"],
    ["b d 3", "[a,e)@3"],
    ["b d 3", "[a,e)@6"],
    ["b d 3", "[a,c)@4 [c,e)@3"],
  ])("not when something of it may be seen: %s under %s", (table, deleted) => {
    expect(hidden(table, deleted)).toBe(false);
  });
});
