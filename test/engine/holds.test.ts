import { setImmediate as nextTurn } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { Snapshot } from "../../src/engine/snapshot.ts";
import { Transaction } from "../../src/engine/transaction.ts";
import { MemoryFileSystem } from "../../src/fs/memory-file-system.ts";
import { DelayedReads } from "../support/delayed-reads.ts";
import { EngineDatabase, type OpenOptions, QUIET } from "../support/engine-database.ts";
import { collectGarbage } from "../support/garbage.ts";
import { LiveReads } from "../support/live-reads.ts";

const MVCC: OpenOptions = { ...QUIET, format: "mvcc" };

describe("the oldest reader", () => {
  test("is nobody, then whoever began first, and its age grows", async () => {
    const db = EngineDatabase.open(MVCC);
    await db.run("a=1 b=2");
    expect(db.stats.oldestReader).toBeUndefined();
    const snapshot = new Snapshot(db.engine);
    await db.run("c=3");
    const transaction = new Transaction(db.engine);
    const cursor = db.cursor();
    expect(db.stats.oldestReader).toMatchObject({ kind: "snapshot", timestamp: 2 });
    const { ageMs } = db.stats.oldestReader ?? { ageMs: Number.NaN };
    expect(ageMs).toBeGreaterThanOrEqual(0);
    await nextTurn();
    expect(db.stats.oldestReader?.ageMs).toBeGreaterThan(ageMs);
    snapshot.close();
    expect(db.stats.oldestReader).toMatchObject({ kind: "transaction", timestamp: 3 });
    transaction.rollback();
    expect(db.stats.oldestReader).toMatchObject({ kind: "cursor", timestamp: 3 });
    cursor.close();
    expect(db.stats.oldestReader).toBeUndefined();
  });

  test("is found among thousands that came and went in one turn", async () => {
    const db = EngineDatabase.open(MVCC);
    await db.run("a=1");
    const first = db.cursor();
    for (let index = 0; index < 5000; index++) db.cursor().close();
    const last = new Snapshot(db.engine);
    expect(db.stats.oldestReader?.kind).toBe("cursor");
    first.close();
    expect(db.stats.oldestReader?.kind).toBe("snapshot");
    last.close();
    expect(db.stats).toMatchObject({ oldestReader: undefined, pinnedStates: 0 });
    expect(db.engine.core.readers.timestampCount).toBe(0);
  });
});

describe("a reader that was forgotten", () => {
  /** Collects garbage until the condition holds; the collector promises nothing, so the turns are bounded. */
  async function collectUntil(isDone: () => boolean): Promise<void> {
    for (let turns = 0; turns < 200 && !isDone(); turns++) {
      await nextTurn();
      collectGarbage();
    }
  }

  const FORGOTTEN: Readonly<Record<string, (db: EngineDatabase) => void>> = {
    cursor: (db) => void db.cursor(),
    "generator of a scan": (db) => void new Snapshot(db.engine).scan().next(),
    "cursor that waits for no disk": (db) => void new LiveReads(db.engine).cursorAsync(),
    "cursor of a snapshot that waits for no disk": (db) => void new Snapshot(db.engine).cursorAsync().nextv(1),
    snapshot: (db) => void new Snapshot(db.engine),
    transaction: (db) => new Transaction(db.engine, { isolation: "serializable" }).put("x", "1"),
  };

  test.each(Object.entries(FORGOTTEN))("(a %s) is let go of with a warning", async (_, forget) => {
    const db = EngineDatabase.open(MVCC);
    await db.run("a=1 b=2 freeze");
    forget(db);
    expect(db.engine.core.readers.timestampCount).toBeGreaterThan(0);
    await collectUntil(() => db.engine.core.readers.timestampCount === 0);
    expect(db.stats).toMatchObject({ pinnedStates: 0, oldestReader: undefined });
    expect(db.engine.writer.committed.isRecording).toBe(false);
    const [warning] = db.eventsOf("warning");
    expect(warning?.message).toMatch(/^a (cursor|snapshot|transaction) that nobody can reach any more was still open/);
  });

  test("keeps no table on disk any more", async () => {
    const db = EngineDatabase.open(MVCC);
    await db.run("a=1 flush");
    (() => db.cursor())();
    await db.run("a=2 flush compact");
    expect(db.files.length).toBeGreaterThan(db.expectedFiles.length);
    await collectUntil(() => db.stats.pinnedStates === 0);
    expect(db.files).toEqual(db.expectedFiles);
  });

  test("and waited for the disk is let go of once the read has ended", async () => {
    const fs = new MemoryFileSystem();
    const made = EngineDatabase.open(MVCC, fs);
    await made.run("a=1 b=2 flush");
    await made.close();
    const reads = new DelayedReads(fs);
    const db = EngineDatabase.open({ ...MVCC, durability: "process" }, fs);
    (() => void new LiveReads(db.engine).cursorAsync().nextv(1))();
    while (reads.underWay === 0) await nextTurn();
    expect(db.stats.pinnedStates).toBe(1);
    await collectUntil(() => {
      reads.endAll();
      return db.stats.pinnedStates === 0;
    });
    expect(db.stats.pinnedStates).toBe(0);
    expect(db.eventsOf("warning").at(-1)?.message).toMatch(/^a cursor that nobody can reach any more/);
    await reads.until(db.close());
  });

  test("of a closed database is nobody's business", async () => {
    const db = EngineDatabase.open(MVCC);
    await db.run("a=1");
    (() => db.cursor())();
    await nextTurn();
    await db.close();
    await collectUntil(() => db.engine.core.readers.timestampCount === 0);
    expect(db.engine.core.readers.timestampCount).toBe(0);
    expect(db.eventsOf("warning")).toEqual([]);
  });
});
