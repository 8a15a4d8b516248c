import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { MemoryFileSystem } from "../../../src/fs/memory-file-system.ts";
import { EMPTY_TREE } from "../../../src/state/tree-views.ts";
import { tableIds } from "../../../src/tools/live/history.ts";
import { readManifestHistory } from "../../../src/tools/live/manifest-history.ts";
import { GoldenDatabase, goldenNames, hasGolden } from "../../support/engine-golden.ts";

describe.skipIf(!hasGolden)("the history that a manifest of the reference tells", () => {
  test.each(goldenNames(""))("%s ends at the tables that are there, and says what they are", (name) => {
    const fs = new GoldenDatabase(name).copy();
    const directory = "/db";
    const { history, format } = readManifestHistory(fs, directory);
    expect(history.sceneAfter(0).tree).toEqual(EMPTY_TREE);
    const { tree } = history.sceneAfter(history.newestNumber);
    const files = fs.list(directory).filter((file) => file.endsWith(".sst"));
    const named = tableIds(tree).map((id) => `${String(id).padStart(5, "0")}.sst`);
    expect(named.filter((file) => !files.includes(file))).toEqual([]);
    if (named.length > 0) expect(format).toBe(name.startsWith("mvcc") ? "mvcc" : "plain");
    for (const id of tableIds(tree)) {
      const { sizeBytes, keys } = history.tables.get(id) ?? {};
      expect(sizeBytes).toBe(fs.stat(join(directory, `${String(id).padStart(5, "0")}.sst`))?.sizeBytes);
      expect(keys).toBeDefined();
    }
  });
});

test("a directory without a manifest has no history", () => {
  const fs = new MemoryFileSystem();
  expect(() => readManifestHistory(fs, "/nowhere")).toThrow(expect.objectContaining({ code: "DATABASE_MISSING" }));
});
