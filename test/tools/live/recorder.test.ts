import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Emitter } from "../../../src/engine/emitter.ts";
import type { EngineEvents } from "../../../src/engine/events.ts";
import { MiniLsm } from "../../../src/engine/mini-lsm.ts";
import type { Options } from "../../../src/options.ts";
import { arranged } from "../../../src/tools/live/arranged.ts";
import { amplificationIn } from "../../../src/tools/live/figures.ts";
import { Recorder, type WatchedDatabase } from "../../../src/tools/live/recorder.ts";
import { REFERENCE_STRATEGIES } from "../../support/engine-golden.ts";
import { randomOf } from "../../support/random.ts";
import { showTree } from "../../support/tree-notation.ts";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "mini-lsm-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const SMALL: Partial<Options> = {
  memtableSizeBytes: 2048,
  tableSizeBytes: 4096,
  blockSizeBytes: 256,
  memtableLimit: 2,
  memtableStop: 4,
  level0Stop: 6,
  useThread: false,
};

function newestTree(recorder: Recorder, compaction: Options["compaction"]): string {
  const { history } = recorder;
  return showTree(arranged(history.sceneAfter(history.newestNumber).tree, history.tables, compaction));
}

describe.each(["plain", "mvcc", "native"] as const)("a database in %s", (format) => {
  test.each(Object.entries(REFERENCE_STRATEGIES))("under %s is followed change by change", async (_, compaction) => {
    await using db = await MiniLsm.open(directory, { ...SMALL, format, compaction });
    const recorder = new Recorder(db, Date.now);
    const random = randomOf(3);
    for (let step = 0; step < 4000; step++) {
      db.put(`key ${random(3000)}`, `value ${step}`.repeat(3));
      if (step % 50 === 0) await nextTurn();
      if (step % 400 === 0) {
        const stats = recorder.look();
        expect(newestTree(recorder, compaction)).toBe(showTree(db.structure()));
        expect(recorder.history.newest.frozenCount).toBe(stats.immutableMemtables);
      }
    }
    await db.flush();
    await db.compact();
    recorder.look();
    expect(newestTree(recorder, compaction)).toBe(showTree(db.structure()));
    const changes = recorder.history.momentsAfter(0).map(({ change }) => change.kind);
    // Events alone tell it: no second look had to set anything right.
    expect(changes).not.toContain("state");
    expect(new Set(changes)).toEqual(new Set(changes).add("freeze").add("flush").add("compactionEnd"));
    for (const id of db.structure().levels.flatMap((level) => level.tables)) {
      const { keys, sizeBytes } = recorder.history.tables.get(id) ?? {};
      const told = db.describeTable(id);
      expect({ keys, sizeBytes }).toEqual({
        keys: { first: told?.firstKey, last: told?.lastKey },
        sizeBytes: told?.sizeBytes,
      });
    }
  });
});

/** A database at rest, and events that a test makes up. */
function withEvents(db: MiniLsm): { readonly database: WatchedDatabase; readonly emitter: Emitter } {
  const emitter = new Emitter();
  const database: WatchedDatabase = {
    options: db.options,
    structure: () => db.structure(),
    describeTable: (id) => db.describeTable(id),
    stats: () => db.stats(),
    inspect: () => db.inspect(),
    on: (name, listener) => emitter.on(name, listener),
    off: (name, listener) => emitter.off(name, listener),
  };
  return { database, emitter };
}

describe("a recorder", () => {
  test("begins with what there is", async () => {
    await using db = await MiniLsm.open(directory, { ...SMALL, memtableLimit: 9, memtableStop: 9 });
    db.put("a", "1");
    await db.flush();
    for (let step = 0; db.stats().immutableMemtables < 3; step++) db.put(`k${step}`, "value");
    const recorder = new Recorder(db, Date.now);
    const scene = recorder.history.sceneAfter(0);
    expect(showTree(scene.tree)).toBe(showTree(db.structure()));
    expect(scene.frozen.map(({ id }) => id)).toEqual(
      db
        .inspect()
        .layout()
        .memtables.slice(1)
        .map(({ id }) => id),
    );
    await db.flush();
    recorder.look();
    expect(recorder.history.newest.frozenCount).toBe(db.stats().immutableMemtables);
    expect(recorder.history.momentsAfter(0).map(({ change }) => change.kind)).not.toContain("state");
  });

  test("looks anew where events do not lead to what there is", async () => {
    await using db = await MiniLsm.open(directory, SMALL);
    const recorder = new Recorder(db, Date.now);
    db.put("a", "1");
    recorder.stop();
    await db.flush();
    recorder.look();
    const { history } = recorder;
    expect(history.momentsAfter(0).map(({ change }) => change.kind)).toEqual(["state"]);
    expect(showTree(history.sceneAfter(1).tree)).toBe(showTree(db.structure()));
    recorder.look();
    expect(history.newestNumber).toBe(1);
  });

  test("sees that a compaction has ended without a result", async () => {
    await using db = await MiniLsm.open(directory, SMALL);
    const { database, emitter } = withEvents(db);
    const recorder = new Recorder(database, () => 0);
    const event: EngineEvents["compactionBegin"] = {
      task: { strategy: "full", level0: [], level1: [] },
      reason: undefined,
      tree: database.structure(),
    };
    emitter.emit("compactionBegin", event);
    recorder.look();
    expect(recorder.history.momentsAfter(0).map(({ change }) => change.kind)).toEqual([
      "compactionBegin",
      "compactionGivenUp",
    ]);
  });

  test("notes the same trouble once, however often it is met", async () => {
    await using db = await MiniLsm.open(directory, SMALL);
    const { database, emitter } = withEvents(db);
    const recorder = new Recorder(database, () => 0);
    const error = new Error("no space left");
    for (let time = 0; time < 5; time++) emitter.emit("backgroundError", { activity: "flush", error });
    expect(recorder.history.momentsAfter(0).map(({ change }) => change)).toEqual([
      { kind: "trouble", message: "flush failed: no space left" },
    ]);
  });

  test("keeps a point a second, and of many the newest", async () => {
    await using db = await MiniLsm.open(directory, SMALL);
    let nowMs = 0;
    const recorder = new Recorder(db, () => nowMs);
    for (; nowMs < 900_000; nowMs += 250) recorder.look();
    expect(recorder.points.length).toBe(600);
    expect(recorder.points.at(-1)?.atMs).toBe(899_000);
    expect(recorder.points[0]?.atMs).toBe(300_000);
  });

  test("counts what was written, frozen or not", async () => {
    await using db = await MiniLsm.open(directory, SMALL);
    db.put("before", "not counted");
    const recorder = new Recorder(db, Date.now);
    const begun = db.stats().memtableBytes;
    for (let step = 0; step < 1000; step++) db.put(`key ${step}`, "value");
    const frozen = db.stats().counters.freezes * (SMALL.memtableSizeBytes ?? 0);
    const written = recorder.writtenBytes(recorder.look());
    expect(written).toBeGreaterThan(frozen - begun);
    expect(written).toBeLessThan(frozen + 3 * (SMALL.memtableSizeBytes ?? 0));
  });
});

test("amplification of a moment counts the places that the engine's own figures count", async () => {
  const compaction = REFERENCE_STRATEGIES.leveled;
  await using db = await MiniLsm.open(directory, { ...SMALL, compaction });
  const recorder = new Recorder(db, Date.now);
  const random = randomOf(5);
  for (let step = 0; step < 2000; step++) {
    db.put(`key ${random(3000)}`, `value ${step}`.repeat(3));
    if (step % 100 > 0) continue;
    const { read } = recorder.look().amplification;
    const { history } = recorder;
    expect(amplificationIn(history.sceneAfter(history.newestNumber), history.tables, 1).read).toBe(read);
    await nextTurn();
  }
});
