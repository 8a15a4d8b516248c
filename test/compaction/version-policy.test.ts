import { describe, expect, test } from "vitest";
import type { MergeRules } from "../../src/compaction/merge-rules.ts";
import { VersionPolicy } from "../../src/compaction/version-policy.ts";
import { ENTRY_KIND } from "../../src/key.ts";
import { bytes, compareEntries, type Entry, entries, textOf } from "../support/entries.ts";
import { MockIterator } from "../support/mock-iterator.ts";
import { randomOf } from "../support/random.ts";

function rulesOf({ watermark = 5, bottom = false, drop = "" } = {}): MergeRules {
  const droppedPrefixes = drop.split(" ").filter(Boolean).map(bytes);
  return { reachesBottom: bottom, watermark, droppedPrefixes };
}

/** What is kept; a `/` stands before an entry with which a table may begin. */
function kept(given: string | readonly Entry[], rules: MergeRules): string {
  const policy = new VersionPolicy(rules);
  const list = typeof given === "string" ? entries(given) : given;
  const shown: string[] = [];
  const cursor = new MockIterator(list);
  for (const entry of list) {
    if (policy.keeps(cursor)) shown.push(`${policy.mayBeginTable ? "/ " : ""}${textOf([entry])}`);
    cursor.next();
  }
  return shown.join(" ");
}

describe("of the versions of a key a merge keeps", () => {
  test.each([
    ["all above the watermark, and the newest that is not", "a@8=8 a@7=7 a@5=5 a@4=4 a@1=1", "/ a@8=8 a@7=7 a@5=5"],
    ["the newest when all are above", "a@9=9 -a@8 a@7=7", "/ a@9=9 -a@8 a@7=7"],
    ["one of each key when all are below", "a@3=3 a@2=2 b@1=1", "/ a@3=3 / b@1=1"],
    ["a delete, which may hide what lies below", "-a@3 a@2=2 b@4=4", "/ -a@3 / b@4=4"],
    ["the empty key like any other", "@9=9 @3=3 @2=2 a@2=2", "/ @9=9 @3=3 / a@2=2"],
    ["keys apart of which one begins with the other", "a@3=3 aa@3=3 aa@2=2 aaa@1=1", "/ a@3=3 / aa@3=3 / aaa@1=1"],
  ])("%s", (_, given, expected) => {
    expect(kept(given, rulesOf())).toBe(expected);
  });
});

describe("where nothing lies below, a merge drops", () => {
  test.each([
    ["a delete that is the newest version, with all it hides", "-a@3 a@2=2 -a@1 b@1=1", "/ b@1=1"],
    ["no delete above the watermark", "-a@6 a@2=2", "/ -a@6 a@2=2"],
    ["no delete under a version that some reader may not see yet", "a@6=6 -a@3 a@2=2", "/ a@6=6 -a@3"],
    ["a delete exactly at the watermark", "-a@5 a@4=4", ""],
    ["deletes of neighbouring keys, each for itself", "-a@3 a@1=1 -b@4 b@2=2 c@1=1 -d@1", "/ c@1=1"],
  ])("%s", (_, given, expected) => {
    expect(kept(given, rulesOf({ bottom: true }))).toBe(expected);
  });
});

describe("compaction filters", () => {
  test.each([
    ["drop what lies at or below the watermark", "k@4=4 k@3=3 l@5=5 m@2=2", "k", "/ l@5=5 / m@2=2"],
    ["leave versions above it", "k@7=7 k@6=6 k@5=5 k@1=1 l@1=1", "k", "/ k@7=7 k@6=6 / l@1=1"],
    ["are additive", "a@1=1 b@1=1 c@1=1", "a c", "/ b@1=1"],
    ["match prefixes of bytes, not longer keys", "k@1=1 key@1=1 keys@1=1 l@1=1", "key", "/ k@1=1 / l@1=1"],
    ["drop deletes as well", "-k@3 k@2=2 l@1=1", "k", "/ l@1=1"],
  ])("%s", (_, given, drop, expected) => {
    expect(kept(given, rulesOf({ drop }))).toBe(expected);
  });

  test("with an empty prefix match every key", () => {
    expect(kept("a@7=7 a@1=1 b@2=2", { ...rulesOf(), droppedPrefixes: [new Uint8Array(0)] })).toBe("/ a@7=7");
  });
});

/** The reference's rules, written down as its description has them. */
function reference(list: readonly Entry[], { watermark, reachesBottom, droppedPrefixes }: MergeRules): Entry[] {
  let last: string | undefined;
  let firstBelow = false;
  return list.filter((entry) => {
    const key = Buffer.from(entry.key).toString("latin1");
    const same = key === last;
    if (!same) firstBelow = true;
    if (reachesBottom && !same && entry.timestamp <= watermark && entry.kind === ENTRY_KIND.delete) {
      last = key;
      firstBelow = false;
      return false;
    }
    if (entry.timestamp <= watermark) {
      if (!firstBelow) return false;
      firstBelow = false;
      if (droppedPrefixes.some((prefix) => key.startsWith(Buffer.from(prefix).toString("latin1")))) return false;
    }
    last = key;
    return true;
  });
}

/** What a reader sees: the newest version of each key up to its timestamp, deletes hidden. */
function seenAt(list: readonly Entry[], timestamp: number): string {
  const seen = new Map<string, Entry>();
  for (const entry of list) {
    const key = Buffer.from(entry.key).toString("latin1");
    if (entry.timestamp <= timestamp && !seen.has(key)) seen.set(key, entry);
  }
  return textOf([...seen.values()].filter((entry) => entry.kind === ENTRY_KIND.put));
}

describe("random versions", () => {
  const random = randomOf(4);
  const cases = Array.from({ length: 400 }, () => {
    const versions = new Map<string, Entry>();
    for (let count = random(60); count > 0; count--) {
      const key = ["a", "aa", "ab", "b", "bbbb".repeat(20), "c"][random(6)]!;
      const timestamp = 1 + random(12);
      const kind = random(3) === 0 ? ENTRY_KIND.delete : ENTRY_KIND.put;
      const value = bytes(kind === ENTRY_KIND.put ? `${timestamp}` : "");
      versions.set(`${key}@${timestamp}`, { key: bytes(key), timestamp, kind, value });
    }
    return [...versions.values()].sort(compareEntries);
  });

  test("are kept as the reference keeps them", () => {
    for (const list of cases) {
      const drop = ["", "a", "b aa"][random(3)]!;
      const rules = rulesOf({ watermark: random(14), bottom: random(2) === 0, drop });
      expect(kept(list, rules).replaceAll("/ ", "")).toBe(textOf(reference(list, rules)));
    }
  });

  test("look the same afterwards to every reader at the watermark or above", () => {
    for (const list of cases) {
      const watermark = random(14);
      const result = entries(kept(list, rulesOf({ watermark, bottom: true })).replaceAll("/ ", ""));
      for (let timestamp = watermark; timestamp <= 13; timestamp++) {
        expect(seenAt(result, timestamp)).toBe(seenAt(list, timestamp));
      }
    }
  });
});
