import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { SSTableIterator } from "../../src/sstable/sstable-iterator.ts";
import { compareEntries, drain, TableFixture } from "../support/tables.ts";

const GOLDEN = new URL("../../../shared/golden/db/", import.meta.url);
const isPresent = existsSync(GOLDEN);

type GoldenTable = { readonly name: string; readonly blockSizeBytes: number; readonly url: URL };

/** Every table of the databases that the reference wrote, with the block size they were written with. */
function goldenTables(): GoldenTable[] {
  return readdirSync(GOLDEN).flatMap((database) => {
    const description = readFileSync(new URL(`${database}/DESCRIPTION.md`, GOLDEN), "utf8");
    const blockSizeBytes = Number(/block_size=(\d+)/.exec(description)?.[1]);
    const directory = new URL(`${database}/db/`, GOLDEN);
    return readdirSync(directory)
      .filter((file) => file.endsWith(".sst"))
      .map((file) => ({ name: `${database}/${file}`, blockSizeBytes, url: new URL(file, directory) }));
  });
}

describe.skipIf(!isPresent)("tables written by the reference", () => {
  const tables = isPresent ? goldenTables() : [];

  test("are found, in both formats", () => {
    expect(tables.filter(({ name }) => name.startsWith("plain")).length).toBeGreaterThan(20);
    expect(tables.filter(({ name }) => name.startsWith("mvcc")).length).toBeGreaterThan(20);
  });
  test.each(tables)(
    "$name is told apart, read in order, and written again byte for byte",
    ({ name, blockSizeBytes, url }) => {
      const bytes = new Uint8Array(readFileSync(url));
      const fixture = new TableFixture();
      fixture.put(1, bytes);
      const table = fixture.open(1);
      expect(table.format).toBe(name.startsWith("mvcc") ? "mvcc" : "plain");
      const cursor = new SSTableIterator(table);
      cursor.seekToFirst();
      const found = drain(cursor);
      expect(found.length).toBeGreaterThan(0);
      expect(found.findIndex((entry, at) => at > 0 && compareEntries(found[at - 1]!, entry) >= 0)).toBe(-1);
      expect(Buffer.compare(fixture.write(2, table.format, blockSizeBytes, found), bytes)).toBe(0);
    },
  );
});
