import { expect, test } from "vitest";
import { MemoryFileSystem } from "../../src/fs/memory-file-system.ts";
import { EngineDatabase, type OpenOptions, QUIET } from "../support/engine-database.ts";
import { withSlowSyncs } from "../support/slow-syncs.ts";

const FULL = "f".repeat(1024);

test.each<[string, OpenOptions, (db: EngineDatabase) => void]>([
  ["a durable batch", { durability: "process" }, (db) => db.writeBatch([{ key: "b", value: "2" }], true)],
  [
    "a durable write",
    { durability: "power" },
    (db) => {
      // Asynchronous, so that nobody waits for it before the log is full.
      void db.writeGrouped([{ key: "a", value: FULL }], false);
      db.put("b", "2");
    },
  ],
])("%s makes durable what was written before it, also into the log before", (_, options, write) => {
  const fs = withSlowSyncs(new MemoryFileSystem());
  const db = EngineDatabase.open({ ...QUIET, ...options }, fs);
  if (options.durability === "process") db.put("a", FULL);
  write(db);
  expect(db.stats.counters.freezes).toBe(1);
  expect(EngineDatabase.open({ ...QUIET, ...options }, fs.crash("none")).scan()).toBe(`a=${FULL} b=2`);
});

test("a sync that fails in a log that is full fails the write that needs it, and every later one", () => {
  const fs = withSlowSyncs(new MemoryFileSystem());
  const db = EngineDatabase.open({ ...QUIET, durability: "process" }, fs);
  db.put("a", FULL);
  fs.beforeCall = ({ operation, path }) => (operation === "sync" && path.endsWith("00000.wal") ? "EIO" : undefined);
  expect(() => db.writeBatch([{ key: "b", value: "2" }], true)).toThrow("EIO");
  expect(() => db.put("c", "3")).toThrow("EIO");
  expect(db.get("b")).toBeUndefined();
});
