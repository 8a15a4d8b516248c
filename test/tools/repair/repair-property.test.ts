import { readFileSync, rmSync, writeFileSync } from "node:fs";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { MiniLsm } from "../../../src/engine/mini-lsm.ts";
import { nodeFileSystem } from "../../../src/fs/node-file-system.ts";
import { DATABASE_FORMATS, type DatabaseFormat } from "../../../src/options.ts";
import { FileBytes } from "../../../src/tools/anatomy/file-bytes.ts";
import { tableSpans } from "../../../src/tools/inspect/table-spans.ts";
import { repairDatabase } from "../../../src/tools/repair/repair.ts";
import { bytes, quietWatch, text, Workspace } from "../../support/conversions.ts";

let space: Workspace;
beforeAll(() => {
  space = new Workspace();
});
afterAll(() => space[Symbol.dispose]());

/** A block of a sound table: where it lies, and the keys of its entries. */
type BlockContent = { readonly start: number; readonly end: number; readonly keys: readonly string[] };

const TABLE = "00000.sst";

/** One table with some dozens of blocks, deletes among the entries, and values of all lengths. */
async function make(
  format: DatabaseFormat,
): Promise<{ readonly written: Map<string, string>; readonly entries: Map<string, string>; readonly table: Buffer }> {
  const database = await MiniLsm.open(space.at(format), {
    format,
    useThread: false,
    durability: "none",
    blockSizeBytes: 1024,
    compaction: { strategy: "none" },
  });
  const written = new Map<string, string>();
  const deleted = new Set<string>();
  for (let index = 0; index < 800; index++) {
    const [key, value] = [`key ${String(index * 7).padStart(5, "0")}`, "v".repeat(1 + ((index * 13) % 90)) + index];
    database.put(bytes(key), bytes(value));
    written.set(key, value);
    if (index % 50 === 49) {
      database.delete(key);
      deleted.add(key);
    }
  }
  await database.close();
  expect(space.names(format).filter((name) => name.endsWith(".sst"))).toEqual([TABLE]);
  const entries = new Map([...written].filter(([key]) => !deleted.has(key)));
  return { written, entries, table: readFileSync(space.at(`${format}/${TABLE}`)) };
}

function blocksOf(format: DatabaseFormat): BlockContent[] {
  using file = FileBytes.open(nodeFileSystem, space.at(`${format}/${TABLE}`));
  const blocks: { start: number; end: number; keys: string[] }[] = [];
  for (const { what, offset, sizeBytes, facts } of tableSpans(file, format, "entries", (...fault) =>
    expect(fault).toBeUndefined(),
  )) {
    if (what === "block") blocks.push({ start: offset, end: offset + sizeBytes, keys: [] });
    if (what === "put" || what === "delete") blocks.at(-1)?.keys.push(text(facts.key as Uint8Array));
  }
  return blocks;
}

describe("whatever bytes of a table change", () => {
  test.each(DATABASE_FORMATS)("repair brings back every entry of the blocks they are not in: %s", async (format) => {
    const { written, entries, table } = await make(format);
    const blocks = blocksOf(format);
    expect(blocks.length).toBeGreaterThan(20);
    expect(blocks.reduce((sum, { keys }) => sum + keys.length, 0)).toBeGreaterThanOrEqual(entries.size);
    const place = fc.oneof(
      fc.nat({ max: table.length - 1 }),
      // The parts behind the blocks are small, and say where the blocks are.
      fc.integer({ min: blocks.at(-1)?.end ?? 0, max: table.length - 1 }),
      fc.integer({ min: table.length - 60, max: table.length - 1 }),
    );
    const changes = fc.array(fc.tuple(place, fc.integer({ min: 1, max: 255 })), { minLength: 1, maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(changes, async (flips) => {
        const damaged = Buffer.from(table);
        for (const [at, mask] of new Map(flips)) damaged[at] = (damaged[at] ?? 0) ^ mask;
        writeFileSync(space.at(`${format}/${TABLE}`), damaged);
        await repairDatabase({ from: space.at(format), to: space.at("new"), order: "time" }, quietWatch());
        const found = new Map(await space.read("new"));
        rmSync(space.at("new"), { recursive: true });
        const isWhole = ({ start, end }: BlockContent): boolean => flips.every(([at]) => at < start || at >= end);
        const lost = new Set(blocks.filter((block) => !isWhole(block)).flatMap(({ keys }) => keys));
        for (const key of blocks.filter(isWhole).flatMap(({ keys }) => keys)) {
          // Of a key whose delete was lost its older version is what was whole.
          if (!lost.has(key)) expect([key, found.get(key)]).toEqual([key, entries.get(key)]);
        }
        for (const [key, value] of found) expect([key, value]).toEqual([key, written.get(key)]);
      }),
      { numRuns: 50 },
    );
  });
});
