import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { decodeFrames } from "../../src/manifest/manifest-frame.ts";
import { applyEdit } from "../../src/state/apply-edit.ts";
import type { Tree } from "../../src/state/tree.ts";
import { EMPTY_TREE } from "../../src/state/tree-views.ts";

const goldenDatabases = new URL("../../../shared/golden/db/", import.meta.url);

const names = existsSync(goldenDatabases)
  ? readdirSync(goldenDatabases).filter((name) => existsSync(new URL(`${name}/db/MANIFEST`, goldenDatabases)))
  : [];

const tablesOf = (tree: Tree): readonly number[] =>
  [...tree.level0, ...tree.levels.flatMap((level) => level.tables)].toSorted((a, b) => a - b);

describe.skipIf(names.length === 0)("a manifest of the reference replays to the tables it left", () => {
  test.each(names)("%s", (name) => {
    const { records } = decodeFrames(readFileSync(new URL(`${name}/db/MANIFEST`, goldenDatabases)), "MANIFEST");
    const tree = records.reduce((before, { edit }) => applyEdit(before, edit), EMPTY_TREE);
    const files = readdirSync(new URL(`${name}/db/`, goldenDatabases)).filter((file) => file.endsWith(".sst"));
    // The cut took the record of table 3, whose file stayed behind.
    const orphans = name.includes("torn-manifest") ? [3] : [];
    const ids = files.map((file) => Number.parseInt(file, 10)).filter((id) => !orphans.includes(id));
    expect(tablesOf(tree)).toEqual(ids.toSorted((a, b) => a - b));
  });
});
