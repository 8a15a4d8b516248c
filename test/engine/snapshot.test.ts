import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { MiniLsm } from "../../src/engine/mini-lsm.ts";
import { Snapshot } from "../../src/engine/snapshot.ts";
import { EngineDatabase, type OpenOptions, QUIET } from "../support/engine-database.ts";
import { REFERENCE_STRATEGIES } from "../support/engine-golden.ts";
import { rawContent, writeBatch } from "../support/versions.ts";

const MVCC: OpenOptions = { ...QUIET, format: "mvcc" };
const coded = (code: string) => expect.objectContaining({ code });

/** All a snapshot shows, as `a=1 b=2`; `get`, `has` and `getMany` must agree with it. */
function shown(snapshot: Snapshot, range: Parameters<Snapshot["scan"]>[0] = {}): string {
  const entries = [...snapshot.scan({ ...range, as: "utf8" })];
  for (const [key, value] of entries) {
    expect([snapshot.get(key, { as: "utf8" }), snapshot.has(key)]).toEqual([value, true]);
    expect(snapshot.getMany([key, "nobody"]).map((found) => found && Buffer.from(found).toString())).toEqual([
      value,
      undefined,
    ]);
  }
  expect([...snapshot.keys({ ...range, reverse: true, as: "utf8" })].reverse()).toEqual(entries.map(([key]) => key));
  expect([...snapshot.values({ ...range, as: "utf8" })]).toEqual(entries.map(([, value]) => value));
  return entries.map(([key, value]) => `${key}=${value}`).join(" ");
}

/** Steps apart by `;`, with a snapshot after each; and what each of them sees. */
const HISTORY: readonly (readonly [steps: string, seen: string])[] = [
  ["", ""],
  ["a=1 b=1", "a=1 b=1"],
  ["a=2 -b", "a=2"],
  ["c=1 FREEZE", "a=2 c=1"],
  ["-a b=3", "b=3 c=1"],
  ["a=4 -c -b", "a=4"],
  ["-a FREEZE", ""],
  ["d=9", "d=9"],
];

const OPTIONS: Readonly<Record<string, OpenOptions>> = {
  "only in memory": MVCC,
  "with a log": { ...MVCC, durability: "process" },
  "in tiny blocks": { ...MVCC, blockSizeBytes: 16 },
  "under the simple strategy": { ...MVCC, compaction: REFERENCE_STRATEGIES.simple },
  "under the tiered strategy": { ...MVCC, compaction: REFERENCE_STRATEGIES.tiered },
  "under the leveled strategy": { ...MVCC, compaction: REFERENCE_STRATEGIES.leveled },
};

describe("snapshots see what was there when they were made", () => {
  test.each(
    Object.keys(OPTIONS).flatMap((name) => [
      [name, "freeze"],
      [name, "flush"],
      [name, "compact"],
    ]),
  )("%s, with a %s in the middle", async (name, how) => {
    const db = EngineDatabase.open(OPTIONS[name]);
    const snapshots: Snapshot[] = [];
    for (const [steps] of HISTORY) {
      await db.run(steps.replace(" FREEZE", ""));
      if (steps.includes("FREEZE")) {
        if (how === "freeze") db.engine.writer.freeze();
        else await db.run(how === "flush" ? "flush" : "flush compact");
      }
      snapshots.push(new Snapshot(db.engine));
    }
    const expected = HISTORY.map(([, seen]) => seen);
    expect(snapshots.map((snapshot) => shown(snapshot))).toEqual(expected);
    await db.run("flush flush compact");
    await db.settled();
    expect(snapshots.map((snapshot) => shown(snapshot))).toEqual(expected);
    expect(snapshots.map((snapshot) => shown(snapshot, { gt: "a", lt: "c" }))).toEqual(
      expected.map((seen) =>
        seen
          .split(" ")
          .filter((entry) => entry.startsWith("b"))
          .join(" "),
      ),
    );

    // The others go on while one after the other is closed, whichever is the oldest.
    for (const closed of [3, 0, 1, 7, 5]) {
      snapshots[closed]?.close();
      await db.run("z=1 -z flush compact");
      for (const [index, snapshot] of snapshots.entries()) {
        if (index === closed || !isOpen(snapshot)) continue;
        expect(`${index}: ${shown(snapshot)}`).toBe(`${index}: ${expected[index]}`);
      }
    }
    expect(db.scan()).toBe("d=9");
    expect(db.faults).toEqual([]);
  });

  test.each(["flush", "flush compact"])("between bounds of every kind, after %s", async (steps) => {
    const db = EngineDatabase.open(MVCC);
    await db.run("a=1 b=1 c=1");
    const snapshot = new Snapshot(db.engine);
    await db.run(`a=2 -b c=2 aa=2 ${steps}`);
    const keys = (range: Parameters<Snapshot["scan"]>[0]) => [...snapshot.keys({ ...range, as: "utf8" })].join("");
    expect(keys({ gte: "a", lte: "c" })).toBe("abc");
    expect(keys({ gte: "a", lt: "c" })).toBe("ab");
    expect(keys({ gt: "a", lte: "c" })).toBe("bc");
    expect(keys({ gt: "a", lt: "c" })).toBe("b");
    expect(keys({ gte: "a", lte: "a" })).toBe("a");
    expect(keys({ prefix: "a" })).toBe("a");
    expect(keys({ reverse: true, limit: 2 })).toBe("cb");
  });
});

function isOpen(snapshot: Snapshot): boolean {
  try {
    snapshot.has("a");
    return true;
  } catch {
    return false;
  }
}

describe("a snapshot", () => {
  test("has the timestamp of the newest write it sees", () => {
    const db = EngineDatabase.open(MVCC);
    expect(new Snapshot(db.engine).timestamp).toBe(0);
    writeBatch(db, "a=1 b=1");
    db.put("c", "1");
    expect(new Snapshot(db.engine).timestamp).toBe(2);
  });

  test("throws SNAPSHOT_CLOSED once it was closed, and closing again does nothing", () => {
    const db = EngineDatabase.open(MVCC);
    db.put("a", "1");
    const snapshot = new Snapshot(db.engine);
    const other = new Snapshot(db.engine);
    snapshot.close();
    snapshot.close();
    const calls = [
      () => snapshot.get("a"),
      () => snapshot.has("a"),
      () => snapshot.getMany(["a"]),
      () => snapshot.cursor(),
      () => [...snapshot.scan()],
    ];
    for (const call of calls) expect(call).toThrow(coded("SNAPSHOT_CLOSED"));
    expect(shown(other)).toBe("a=1");
  });

  test("may be closed before its cursors, which go on", async () => {
    const db = EngineDatabase.open(MVCC);
    await db.run("a=1 b=1 c=1 flush");
    const snapshot = new Snapshot(db.engine);
    const cursor = snapshot.cursor();
    snapshot.close();
    await db.run("a=2 b=2 c=2 flush compact");
    const seen: string[] = [];
    for (; cursor.valid; cursor.next())
      seen.push(Buffer.from(cursor.valueBuffer).toString("latin1", cursor.valueStart, cursor.valueEnd));
    expect(seen).toEqual(["1", "1", "1"]);
    expect(db.engine.core.readers.timestampCount).toBe(0);
  });

  test("throws DATABASE_CLOSED after the database was closed, and can be closed", async () => {
    const db = EngineDatabase.open(MVCC);
    db.put("a", "1");
    const snapshot = new Snapshot(db.engine);
    await db.close();
    expect(() => snapshot.get("a")).toThrow(coded("DATABASE_CLOSED"));
    expect(() => snapshot.cursor()).toThrow(coded("DATABASE_CLOSED"));
    snapshot.close();
    expect(() => new Snapshot(db.engine)).toThrow(coded("DATABASE_CLOSED"));
  });

  test("of a database that was opened read-only sees all of it", async () => {
    const db = EngineDatabase.open(MVCC);
    await db.run("a=1 b=2 flush");
    await db.close();
    const snapshot = new Snapshot(EngineDatabase.open({ ...QUIET, readOnly: true }, db.fs).engine);
    expect([shown(snapshot), snapshot.timestamp]).toEqual(["a=1 b=2", 2]);
  });
});

describe("the watermark of a database", () => {
  test("is the oldest snapshot's timestamp, and without one that of the newest write", () => {
    const db = EngineDatabase.open(MVCC);
    const snapshots: Snapshot[] = [];
    for (let write = 1; write <= 3; write++) {
      db.put("a", "1");
      snapshots.push(new Snapshot(db.engine));
    }
    db.put("a", "1");
    for (const expected of [1, 2, 3]) {
      expect(db.engine.watermark).toBe(expected);
      snapshots.shift()?.close();
    }
    expect(db.engine.watermark).toBe(4);
  });

  test("waits for open cursors, and moves on when they come to their end or are closed", async () => {
    const db = EngineDatabase.open(MVCC);
    await db.run("a=1 b=1");
    const [drained, closed] = [db.cursor(), db.cursor()];
    await db.run("a=2");
    expect(db.engine.watermark).toBe(2);
    drained.next();
    drained.next();
    expect(db.engine.watermark).toBe(2);
    closed.close();
    closed.close();
    expect(db.engine.watermark).toBe(3);
    expect(db.cursor("[x, )").valid).toBe(false);
    expect(db.engine.core.readers.timestampCount).toBe(0);
  });
});

describe("compactions drop versions", () => {
  test("as soon as the last snapshot that may see them is closed", async () => {
    const db = EngineDatabase.open(MVCC);
    const snapshots = [new Snapshot(db.engine)];
    for (const batch of ["a=1 b=1", "a=2 d=2", "a=3 -d", "c=4 -a"]) {
      writeBatch(db, batch);
      snapshots.push(new Snapshot(db.engine));
    }
    snapshots.pop()?.close();
    await db.run("flush compact");
    const all = "-a@4 a@3=3 a@2=2 a@1=1 b@1=1 c@4=4 -d@3 d@2=2";
    expect(rawContent(db)).toBe(all);
    for (const expected of [all, "-a@4 a@3=3 a@2=2 b@1=1 c@4=4 -d@3 d@2=2", "-a@4 a@3=3 b@1=1 c@4=4", "b@1=1 c@4=4"]) {
      snapshots.shift()?.close();
      await db.run("compact");
      expect(rawContent(db)).toBe(expected);
    }
  });

  test("not at all while a snapshot is older than everything", async () => {
    const db = EngineDatabase.open(MVCC);
    const snapshot = new Snapshot(db.engine);
    await db.run("0=v1 flush 0=v2 1=v2 2=v2 flush -0 -2 flush");
    const six = "-0@5 0@2=v2 0@1=v1 1@3=v2 -2@6 2@4=v2";
    expect(rawContent(db)).toBe(six);
    await db.run("compact");
    expect([rawContent(db), db.tree.level0]).toEqual([six, []]);
    await db.run("0=v3 2=v3 flush -1 flush");
    const nine = "0@7=v3 -0@5 0@2=v2 0@1=v1 -1@9 1@3=v2 2@8=v3 -2@6 2@4=v2";
    expect(rawContent(db)).toBe(nine);
    await db.run("compact");
    expect(rawContent(db)).toBe(nine);
    expect(shown(snapshot)).toBe("");
    snapshot.close();
    await db.run("compact");
    expect(rawContent(db)).toBe("0@7=v3 2@8=v3");
  });

  test("from files that a reader still has, only once it has gone", async () => {
    const db = EngineDatabase.open(MVCC);
    await db.run("a=1 b=1 flush");
    const cursor = db.cursor();
    await db.run("a=2 flush compact");
    expect(rawContent(db)).toBe("a@3=2 a@1=1 b@2=1");
    cursor.close();
    await db.run("compact");
    expect(rawContent(db)).toBe("a@3=2 b@2=1");
    expect(db.files).toEqual(db.expectedFiles);
  });
});

describe("compaction filters", () => {
  test("drop what their prefixes begin, up to the watermark", async () => {
    const db = EngineDatabase.open(MVCC);
    await db.run("table1_a=1 table1_b=1 table1_c=1 table2_a=1 table2_b=1 table2_c=1 flush");
    const snapshot = new Snapshot(db.engine);
    await db.run("table1_a=2 -table1_b table2_a=2 -table2_b flush");
    db.engine.addCompactionFilter(Buffer.from("table2_"));
    await db.run("compact");
    expect(rawContent(db)).toBe(
      "table1_a@7=2 table1_a@1=1 -table1_b@8 table1_b@2=1 table1_c@3=1 table2_a@9=2 -table2_b@10",
    );
    snapshot.close();
    db.engine.addCompactionFilter(Buffer.from("table1_c"));
    await db.run("compact");
    expect(rawContent(db)).toBe("table1_a@7=2");
  });

  test("end with the handle", async () => {
    const db = EngineDatabase.open(MVCC);
    db.engine.addCompactionFilter(Buffer.from("a"));
    await db.run("a=1 b=1");
    await db.close();
    const again = EngineDatabase.open(MVCC, db.fs);
    await again.run("a=2 flush compact");
    expect(again.scan()).toBe("a=2 b=1");
  });
});

test("a delete that a compaction takes to the bottom keeps hiding what it deleted (leveled, versions of one key in neighbouring tables)", async () => {
  const db = EngineDatabase.open({
    format: "mvcc",
    compaction: REFERENCE_STRATEGIES.leveled,
    memtableLimit: 50,
    memtableStop: 64,
  });
  let epoch = 0;
  const fill = (from: number, to: number) => {
    for (let number = from; number <= to; number++) db.put(`${number}`, `value${number}@${epoch}`);
    epoch++;
  };
  const flush = async () => {
    await db.run("flush");
    await db.settled();
    epoch++;
  };
  for (const [from, to] of [
    [5, 7],
    [6, 7],
    [1, 1],
  ] as const) {
    fill(from, to);
    await flush();
  }
  fill(3, 3);
  db.delete("5");
  expect(db.get("5")).toBeUndefined();
  await flush();
  await db.settled();
  expect(db.get("5")).toBeUndefined();
  expect(db.scan()).toBe("1=value1@4 3=value3@6 6=value6@2 7=value7@2");
  expect(db.stats.counters.compactions).toBe(2);
  expect(db.faults).toEqual([]);
});

describe("the public handle", () => {
  async function withDatabase(format: "plain" | "mvcc", use: (db: MiniLsm) => Promise<void> | void): Promise<void> {
    const directory = mkdtempSync(join(tmpdir(), "mini-lsm-"));
    try {
      await using db = await MiniLsm.open(directory, { format });
      expect(db.format).toBe(format);
      await use(db);
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  }

  test("of a plain database refuses snapshots and compaction filters, and says what to do", () =>
    withDatabase("plain", (db) => {
      for (const call of [() => db.snapshot(), () => db.addCompactionFilter({ prefix: "a" })]) {
        expect(call).toThrow(coded("UNSUPPORTED"));
        expect(call).toThrow("a plain database keeps no versions on disk; convert it to mvcc");
      }
    }));

  test("of a versioned one gives snapshots, closed by `using`, and filters", () =>
    withDatabase("mvcc", async (db) => {
      db.write([
        { type: "put", key: "a", value: "1" },
        { type: "put", key: "b", value: "1" },
      ]);
      {
        using snapshot = db.snapshot();
        db.put("a", "2");
        expect([snapshot.timestamp, shown(snapshot)]).toEqual([1, "a=1 b=1"]);
      }
      db.addCompactionFilter({ prefix: "b" });
      await db.flush();
      await db.compact();
      expect([...db.scan({ as: "utf8" })]).toEqual([["a", "2"]]);
    }));
});
