import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { MiniLsm } from "../../src/index.ts";

const MIB = 1024 * 1024;

const directory = mkdtempSync(join(tmpdir(), "mini-lsm-large-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** No two stretches of it are alike. */
function largeValue(): Uint8Array {
  const value = new Uint8Array(256 * MIB);
  const words = new Uint32Array(value.buffer);
  for (let index = 0; index < words.length; index++) words[index] = Math.imul(index, 2654435761);
  return value;
}

test("a value of 256 MiB is kept by log, flush and compaction, with its neighbours", async () => {
  const value = largeValue();
  const isWhole = (db: MiniLsm): boolean => Buffer.compare(db.get("large") ?? new Uint8Array(0), value) === 0;

  const written = await MiniLsm.open(directory);
  written.put("a", "1");
  written.put("large", value);
  written.put("z", "2");
  expect(isWhole(written)).toBe(true);
  await written.close();

  const recovered = await MiniLsm.open(directory);
  expect(recovered.format).toBe("native");
  expect(isWhole(recovered)).toBe(true);
  while (recovered.stats().immutableMemtables > 0 || recovered.stats().memtableBytes > 0) await recovered.flush();
  expect(recovered.stats().tableBytes).toBeGreaterThan(256 * MIB);
  expect(isWhole(recovered)).toBe(true);
  recovered.put("b", "3");
  await recovered.flush();
  await recovered.compact();
  expect([...recovered.keys({ as: "utf8" })]).toEqual(["a", "b", "large", "z"]);
  await recovered.close();

  await using again = await MiniLsm.open(directory, { readOnly: true });
  expect(isWhole(again)).toBe(true);
  expect([again.get("a", { as: "utf8" }), again.get("z", { as: "utf8" })]).toEqual(["1", "2"]);
});
