import { describe, expect, test } from "vitest";
import { MemoryFileSystem } from "../../src/fs/memory-file-system.ts";
import { readManifest } from "../../src/manifest/manifest-log.ts";
import { readNativeManifest } from "../../src/manifest/read-native-manifest.ts";
import { replay } from "../../src/recovery/replay.ts";
import { replayNative } from "../../src/recovery/replay-native.ts";
import { type CopiedDatabase, writeManifest } from "../../src/recovery/write-manifest.ts";
import { describeTree } from "../../src/state/described-tree.ts";
import { DATABASE_ID, describedTable } from "../support/native-manifest.ts";
import { parseTree, showTree } from "../support/tree-notation.ts";

const PATH = "/copy/MANIFEST";

function written(copy: CopiedDatabase): MemoryFileSystem {
  const fs = new MemoryFileSystem();
  fs.makeDirectory("/copy");
  writeManifest(fs, "/copy", copy);
  expect(fs.list("/copy")).toEqual(["MANIFEST"]);
  expect(fs.openFiles).toBe(0);
  return fs.crash("none");
}

const log = (id: number) => ({ id, hasLog: true, syncedBytes: 70 });

describe("the manifest of a copy", () => {
  test.each(["L0: 9 7 | L1: 1 2 | L2: | L3: 3", "T9: 9 | T5: 5 6 | T1: 1 2", "L1:"])(
    "of native tells %s",
    (notation) => {
      const tables = describeTree(parseTree(notation).tree, (id) => describedTable(id, "a-c"));
      const fs = written({
        format: "native",
        databaseId: DATABASE_ID,
        tables,
        lastTimestamp: 500,
        liveMemtables: [log(12)],
      });
      const contents = readNativeManifest(fs, PATH);
      const { tree, announced } = replayNative(contents, PATH);
      expect(showTree(tree)).toBe(notation);
      expect(contents.databaseId).toEqual(DATABASE_ID);
      expect(announced).toMatchObject({ nextId: 13, lastTimestamp: 500, liveMemtables: [log(12)] });
    },
  );

  test.each([
    ["leveled", "L0: 9 7 | L1: 1 2 | L2: | L3: 3"],
    ["simple", "L0: 9 7 | L1: 1 2 | L2: | L3: 3"],
    ["none", "L0: 9 7 | L1: 1 2"],
    ["tiered", "T9: 9 8 | T5: 5 6 | T1: 1 2"],
  ] as const)("of the reference under %s tells %s", (strategy, notation) => {
    const { tree } = parseTree(notation);
    const fs = written({ format: "mvcc", tree, strategy, liveMemtables: [log(12)] });
    const replayed = replay(readManifest(fs, PATH).records, PATH);
    expect(showTree(replayed.tree)).toBe(notation);
    expect(replayed.liveMemtables).toEqual([12]);
    expect(replayed.maxId).toBeGreaterThan(11);
    expect(
      [...tree.level0, ...tree.levels.flatMap((level) => level.tables)].filter((id) => replayed.replacedTables.has(id)),
    ).toEqual([]);
  });

  test("of an empty database of the reference says that it is one", () => {
    const fs = written({ format: "plain", tree: { level0: [], levels: [] }, strategy: "none", liveMemtables: [] });
    expect(readManifest(fs, PATH).records).toHaveLength(1);
  });

  test("is there whole or not at all", () => {
    const fs = new MemoryFileSystem();
    fs.makeDirectory("/copy");
    const left: MemoryFileSystem[] = [];
    fs.beforeCall = () => {
      left.push(
        fs.killed(),
        fs.crash("none"),
        fs.crash("all"),
        fs.crash((below) => (left.length * 7919) % below),
      );
      return undefined;
    };
    const { tree } = parseTree("L0: 9 7 | L1: 1 2");
    writeManifest(fs, "/copy", { format: "plain", tree, strategy: "none", liveMemtables: [] });
    const counts = left
      .filter((after) => after.stat(PATH) !== undefined)
      .map((after) => readManifest(after, PATH).records.length);
    expect(new Set(counts)).toEqual(new Set([5]));
  });
});
