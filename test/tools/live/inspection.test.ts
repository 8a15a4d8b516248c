import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { MiniLsm } from "../../../src/engine/mini-lsm.ts";
import { tableFileName } from "../../../src/fs/file-names.ts";
import { nodeFileSystem } from "../../../src/fs/node-file-system.ts";
import { type Answer, answerTable } from "../../../src/tools/live/answers.ts";
import type { BlockInspection, TableInspection } from "../../../src/tools/live/inspection.ts";
import { randomOf } from "../../support/random.ts";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "mini-lsm-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** The value of an answer that there is. */
function valueAt<Value>(path: string): Value {
  return (ask(path) as Answer).value as Value;
}

function ask(path: string): Answer | undefined {
  return answerTable({ fs: nodeFileSystem, directory }, new URL(`http://127.0.0.1/api/tables/${path}`));
}

describe.each(["plain", "mvcc", "native"] as const)("a table in %s", (format) => {
  beforeEach(async () => {
    await using db = await MiniLsm.open(directory, { format, blockSizeBytes: 256, useThread: false });
    for (let number = 100; number < 300; number++) db.put(`key ${number}`, `value ${number}`);
    db.delete("key 150");
    await db.flush();
  });

  test("is told with its parts, its index and its filter", () => {
    expect(ask("0")?.status).toBe(200);
    const { blocks, blockCount, parts, sizeBytes, faults, filter } = valueAt<TableInspection>("0");
    expect(faults).toEqual([]);
    expect(blocks.length).toBe(blockCount);
    expect(blocks[0]?.firstKey).toBe("key 100");
    // Parts lie one behind the other, and blocks in theirs.
    for (const [index, { start }] of parts.entries()) expect(start).toBeGreaterThanOrEqual(parts[index - 1]?.end ?? 0);
    expect(parts.at(-1)?.end).toBeLessThanOrEqual(sizeBytes);
    const data = parts.find(({ name }) => name === "blocks");
    expect(blocks.reduce((sum, block) => sum + block.sizeBytes, 0)).toBe((data?.end ?? 0) - (data?.start ?? 0));
    expect(filter?.setBits).toBeGreaterThan(0);
    expect(filter?.density.length).toBeGreaterThan(0);
  });

  test("shows every entry, block by block, deletes too", () => {
    const { blockCount } = valueAt<TableInspection>("0");
    const entries = Array.from({ length: blockCount }, (_, block) => {
      return valueAt<BlockInspection>(`0/blocks/${block}`).entries;
    }).flat();
    expect(new Set(entries.map(({ key }) => key)).size).toBe(200);
    expect(entries.filter(({ isDelete }) => isDelete).map(({ key }) => key)).toEqual(["key 150"]);
    expect(entries.find(({ key }) => key === "key 160")?.value).toBe("value 160");
    expect(ask(`0/blocks/${blockCount}`)?.status).toBe(404);
  });

  test("is asked by its filter for keys", () => {
    expect(valueAt("0/filter?key=key%20120")).toEqual({ mayContain: true });
    const absent = Array.from({ length: 200 }, (_, number) => {
      return valueAt<{ mayContain: boolean }>(`0/filter?key=other%20${number}`).mayContain;
    });
    expect(absent.filter(Boolean).length).toBeLessThan(20);
  });

  test("that is damaged is answered for, wherever it is", () => {
    const path = join(directory, tableFileName(0));
    const sound = readFileSync(path);
    const random = randomOf(17);
    const damaged: Uint8Array[] = [new Uint8Array(0), sound.subarray(0, 5), sound.subarray(0, sound.length - 1)];
    for (let count = 0; count < 150; count++) {
      const bytes = Uint8Array.from(sound);
      const at = count < 60 ? sound.length - 1 - count : random(sound.length);
      bytes[at] = (bytes[at] ?? 0) ^ (1 << random(8));
      damaged.push(bytes);
    }
    for (const bytes of damaged) {
      writeFileSync(path, bytes);
      const answers = ["0", "0/blocks/0", "0/blocks/9", "0/filter?key=a"].map(ask);
      for (const answer of answers) expect([200, 404, 500]).toContain(answer?.status);
    }
  });
});

test("a table that is gone is not found, and other paths are not answered", () => {
  expect(ask("7")).toMatchObject({ status: 404 });
  expect(ask("../MANIFEST")).toBeUndefined();
  expect(ask("0/blocks/-1")).toBeUndefined();
  expect(ask("0/other")).toBeUndefined();
});
