import { expect, test } from "vitest";
import { Transaction } from "../../src/engine/transaction.ts";
import { MemoryFileSystem } from "../../src/fs/memory-file-system.ts";
import type { Isolation } from "../../src/mvcc/conflict.ts";
import { EngineDatabase, type OpenOptions } from "../support/engine-database.ts";
import { batchOf, writeBatch } from "../support/versions.ts";

/** Frozen when it holds 1024 bytes; never flushed by itself. */
const SMALL: OpenOptions = { format: "mvcc", memtableSizeBytes: 1024, memtableLimit: 2, memtableStop: 2 };
const CONFLICT = expect.objectContaining({ code: "TRANSACTION_CONFLICT" });
const FULL = "v".repeat(1100);

/** Lets a freeze fail, so that the memtable is full when the next write comes. */
function fillWithoutFreeze(db: EngineDatabase, fs: MemoryFileSystem): void {
  fs.beforeCall = ({ operation, path }) => (operation === "append" && path.endsWith("MANIFEST") ? "ENOSPC" : undefined);
  db.put("full", FULL);
  fs.beforeCall = undefined;
}

/** What makes a commit tell listeners of something before its own write. */
const BEFORE_THE_WRITE: Readonly<Record<string, (db: EngineDatabase, fs: MemoryFileSystem) => void>> = {
  "an asynchronous batch that waits": (db) => void db.engine.writer.writeGrouped(batchOf(`full=${FULL}`), false),
  "a memtable that is full": fillWithoutFreeze,
  "a memtable that is full while others wait for their flush": (db, fs) => {
    db.put("one", FULL);
    db.put("two", FULL);
    fillWithoutFreeze(db, fs);
  },
};

const HOWS = {
  "at once": (db: EngineDatabase) => writeBatch(db, "a=9"),
  "in a transaction": (db: EngineDatabase) => {
    const other = new Transaction(db.engine, { isolation: "none" });
    other.put("a", "9");
    other.commit();
  },
};

for (const isolation of ["snapshot", "serializable"] satisfies Isolation[]) {
  for (const [what, prepare] of Object.entries(BEFORE_THE_WRITE)) {
    test.each(Object.entries(HOWS))(
      `a commit under ${isolation} meets what a listener wrote %s to make room for it, for: ${what}`,
      (_, write) => {
        const fs = new MemoryFileSystem();
        const db = EngineDatabase.open(SMALL, fs);
        db.put("a", "1");
        const transaction = new Transaction(db.engine, { isolation });
        transaction.put("a", `${transaction.get("a", { as: "utf8" })}1`);
        prepare(db, fs);
        const states: string[] = [];
        db.engine.core.emitter.on("freeze", () => {
          if (states.push(transaction.state) > 1) return;
          expect(() => transaction.put("late", "1")).toThrow("the transaction is being committed");
          write(db);
        });
        expect(() => transaction.commit()).toThrow(CONFLICT);
        expect(states[0]).toBe("committing");
        expect(transaction.state).toBe("rolledBack");
        expect([db.get("a"), db.get("late")]).toEqual(["9", undefined]);
        expect(db.engine.core.readers.timestampCount).toBe(0);
        expect(db.engine.writer.committed.isRecording).toBe(false);
      },
    );
  }
}

test("a commit that no listener spoils goes in after the freeze that made room for it", () => {
  const fs = new MemoryFileSystem();
  const db = EngineDatabase.open(SMALL, fs);
  const transaction = new Transaction(db.engine, { isolation: "serializable" });
  transaction.put("a", String(transaction.has("b")));
  fillWithoutFreeze(db, fs);
  db.engine.core.emitter.on("freeze", () => db.put("c", "1"));
  transaction.commit();
  expect(db.scan("[a, d)")).toBe("a=false c=1");
});

test("a memtable that listeners fill while a freeze waits for room is frozen once", async () => {
  const db = EngineDatabase.open({ ...SMALL, memtableStop: 2 });
  db.put("one", FULL);
  db.put("two", FULL);
  let writes = 0;
  db.engine.core.emitter.on("stall", () => {
    if (writes++ === 0) db.put("four", FULL);
  });
  db.put("three", FULL);
  expect(writes).toBeGreaterThan(0);
  expect(db.engine.core.states.current.immutableMemtables.every((memtable) => !memtable.isEmpty)).toBe(true);
  await db.run("a=1 flush flush flush flush");
  expect(db.scan()).toBe(`a=1 four=${FULL} one=${FULL} three=${FULL} two=${FULL}`);
});
