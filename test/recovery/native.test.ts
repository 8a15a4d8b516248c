import { describe, expect, test } from "vitest";
import { crc32 } from "../../src/codec/crc32.ts";
import { SIZE_NATIVE_HEADER } from "../../src/codec/native-header.ts";
import type { MemoryFileSystem } from "../../src/fs/memory-file-system.ts";
import { readNativeManifest } from "../../src/manifest/read-native-manifest.ts";
import { writeFile } from "../support/engine-golden.ts";
import { NativeDirectory, shown } from "../support/native-directory.ts";
import { DATABASE_ID, describedTable, EMPTY_STATE, nativeEdit, nativeManifest } from "../support/native-manifest.ts";

const coded = (code: string) => expect.objectContaining({ code });
const corrupt = (file: string) => expect.objectContaining({ code: "CORRUPTION", file: `/db/${file}` });

/** Table 0 flushed, memtables 1 and 2 in logs. */
const sample = (): NativeDirectory =>
  new NativeDirectory()
    .log(1, "a=1 b=2")
    .log(2, "c=3")
    .manifest("memtable 0", "flush 0 a-f", "memtable 1", "memtable 2");

describe("a native database", () => {
  test("is opened by its manifest and its logs; no table is read", () => {
    const directory = sample();
    const recovered = directory.recover();
    expect(shown(recovered)).toBe("L0: 0 | L1:; memtables 2*1 1*2; next 4, last 2000; 0 warnings");
    expect(recovered).toMatchObject({ isNew: false, format: "native", databaseId: DATABASE_ID, memtableId: 3 });
    expect([...recovered.logsOnDisk]).toEqual([2, 1]);
    expect(recovered.tables.get(0)).toMatchObject({ ...describedTable(0, "a-f"), format: "native" });
    expect(directory.files).toBe("00000.sst 00001.wal 00002.wal MANIFEST");
  });

  test("writes down how much of its logs is durable, once", () => {
    const directory = sample();
    directory.outcome();
    const { records } = readNativeManifest(directory.fs, "/db/MANIFEST");
    const sizes = [1, 2].map((id) => directory.sizeOf(`0000${id}.wal`));
    expect(records.slice(-2).map(({ edit }) => edit)).toEqual([
      nativeEdit(`synced 1 ${sizes[0]}`),
      nativeEdit(`synced 2 ${sizes[1]}`),
    ]);
    directory.outcome();
    expect(directory.changes.filter((call) => /^append/.test(call))).toEqual([]);
  });

  test("is in the form of the strategy", () => {
    const tiered = {
      strategy: "tiered",
      tiersTrigger: 3,
      maxSizeAmplificationPercent: 200,
      sizeRatioPercent: 1,
      minMergeWidth: 2,
      maxMergeWidth: undefined,
    } as const;
    expect(sample().outcome({ compaction: tiered })).toMatch(/^T0: 0;/);
  });

  test("has a last timestamp that no table may show any more", () => {
    const full = { strategy: "full", level0: [0], level1: [] } as const;
    const directory = new NativeDirectory().manifest("memtable 0", "flush 0", {
      kind: "compaction",
      task: full,
      outputs: [],
      tables: [],
    });
    directory.file("00000.sst");
    expect(directory.outcome()).toBe("L1:; memtables ; next 2, last 100; 0 warnings");
    expect(directory.files).toBe("MANIFEST");
  });

  test("is made by a rename, and has an id of its own", () => {
    const directory = new NativeDirectory();
    const recovered = directory.recover({ format: "native" });
    recovered.manifest?.close();
    expect(recovered).toMatchObject({
      isNew: true,
      format: "native",
      databaseId: DATABASE_ID,
      memtableId: 0,
      nextId: 1,
    });
    expect(directory.files).toBe("MANIFEST");
    expect(directory.changes).toEqual([
      "syncDirectory ",
      "create MANIFEST.tmp",
      "append MANIFEST.tmp",
      "sync MANIFEST.tmp",
      "rename MANIFEST.tmp",
      "syncDirectory db",
    ]);
    expect(directory.outcome({ format: "native" })).toBe("L1:; memtables ; next 1, last 0; 0 warnings");
    expect(readNativeManifest(directory.fs, "/db/MANIFEST")).toMatchObject({
      databaseId: DATABASE_ID,
      state: EMPTY_STATE,
    });
  });

  test("flushed together memtables leave none of their logs", () => {
    const directory = new NativeDirectory();
    for (const id of [0, 1, 2]) directory.log(id, "a=1");
    directory.manifest("memtable 0", "memtable 1", "memtable 2", "flush 1 0");
    expect(directory.outcome()).toBe("L0: 1 | L1:; memtables 2*1; next 4, last 2000; 0 warnings");
    expect(directory.files).toBe("00001.sst 00002.wal MANIFEST");
  });
});

describe("what a crash left over", () => {
  const leftBehind = () => sample().file("MANIFEST.tmp").file("00009.sst.tmp").file("00007.sst").log(0, "a=0").log(3);

  test("goes at a clean opening: half-made files, and tables and logs that the manifest does not name", () => {
    const directory = leftBehind();
    expect(directory.outcome()).toMatch(/next 4, last 2000; 0 warnings$/);
    expect(directory.files).toBe("00000.sst 00001.wal 00002.wal MANIFEST");
  });

  test("stays after an opening that mended something", () => {
    const directory = leftBehind();
    directory.change("00002.wal", (bytes) => bytes.subarray(0, bytes.length - 1));
    const before = directory.files;
    expect(directory.outcome()).toBe("L0: 0 | L1:; memtables 1*2; next 4, last 1001; 1 warnings");
    expect(directory.files).toBe(before);
    expect(directory.sizeOf("00002.wal")).toBe(SIZE_NATIVE_HEADER);
    expect(directory.outcome()).toBe("L0: 0 | L1:; memtables 1*2; next 4, last 1001; 0 warnings");
    expect(directory.files).toBe("00000.sst 00001.wal MANIFEST");
  });

  test("is named when it cannot be deleted", () => {
    const directory = leftBehind();
    const recovered = directory.recover({}, ({ operation, path }) =>
      operation === "remove" && path.endsWith("00007.sst") ? "EACCES" : undefined,
    );
    expect(recovered.warnings).toEqual([
      "00007.sst stays although it is not needed: cannot remove /db/00007.sst: EACCES",
    ]);
  });

  test("is not missed: memtables that hold nothing are forgotten with their logs", () => {
    const directory = new NativeDirectory()
      .log(0)
      .log(2, "a=1")
      .manifest("memtable 0", "memtable 1 -", "memtable 2", "memtable 3 -");
    expect(directory.outcome()).toBe("L1:; memtables 2*1; next 5, last 2000; 0 warnings");
    expect(directory.files).toBe("00002.wal MANIFEST");
    const { state, records } = readNativeManifest(directory.fs, "/db/MANIFEST");
    expect(state).toMatchObject({
      nextId: 4,
      liveMemtables: [{ id: 2, hasLog: true, syncedBytes: directory.sizeOf("00002.wal") }],
    });
    expect(records).toEqual([]);
    directory.outcome();
    expect(directory.changes.filter((call) => !call.startsWith("sync") && !call.startsWith("truncate"))).toEqual([]);
  });

  test("stays where it may be all that is left of a memtable without a log", () => {
    const directory = new NativeDirectory()
      .file("00001.sst")
      .file("00002.sst")
      .manifest("memtable 0 -", "memtable 1 -")
      .file("00000.sst");
    for (let opening = 0; opening < 3; opening++) {
      expect(directory.outcome()).toBe("L1:; memtables ; next 3, last 0; 0 warnings");
      expect(directory.files).toBe("00000.sst 00001.sst MANIFEST");
    }
    directory.fs.remove("/db/00000.sst");
    directory.outcome();
    const { state, records } = readNativeManifest(directory.fs, "/db/MANIFEST");
    expect(state.liveMemtables).toEqual([{ id: 1, hasLog: false, syncedBytes: 0 }]);
    expect(records).toEqual([]);
  });

  test("may stay unmended: a manifest that cannot be written anew goes on as it is", () => {
    const directory = new NativeDirectory().log(0).manifest("memtable 0");
    const recovered = directory.recover({}, ({ operation }) => (operation === "create" ? "ENOSPC" : undefined));
    expect(recovered.warnings).toEqual([expect.stringContaining("goes on as it is")]);
    expect(directory.files).toBe("00000.wal MANIFEST");
    recovered.manifest?.append(nativeEdit("memtable 1 -"));
    recovered.manifest?.close();
    expect(readNativeManifest(directory.fs, "/db/MANIFEST").records).toHaveLength(3);
  });
});

describe("a torn tail", () => {
  test("of a log is cut off, and what is left is known to be durable", () => {
    const directory = sample().change("00001.wal", (bytes) => bytes.subarray(0, bytes.length - 1));
    expect(directory.outcome()).toBe("L0: 0 | L1:; memtables 2*1 1*1; next 4, last 2000; 1 warnings");
    const sizeBytes = directory.sizeOf("00001.wal");
    directory.change("00001.wal", (bytes) => {
      bytes[sizeBytes - 1]! ^= 1;
      return bytes;
    });
    expect(() => directory.recover()).toThrow(corrupt("00001.wal"));
  });

  test("of the manifest is cut off", () => {
    const directory = sample().change("MANIFEST", (bytes) => bytes.subarray(0, bytes.length - 1));
    directory.fs.remove("/db/00002.wal");
    directory.log(2);
    expect(directory.outcome()).toBe("L0: 0 | L1:; memtables 1*2; next 3, last 1001; 1 warnings");
    expect(directory.outcome()).toBe("L0: 0 | L1:; memtables 1*2; next 3, last 1001; 0 warnings");
  });
});

describe("damage is refused, and nothing is changed", () => {
  test.each<[string, (directory: NativeDirectory) => void, string]>([
    ["a missing table", ({ fs }) => fs.remove("/db/00000.sst"), "00000.sst"],
    ["a missing log", ({ fs }) => fs.remove("/db/00001.wal"), "00001.wal"],
    ["all logs missing", ({ fs }) => [1, 2].forEach((id) => void fs.remove(`/db/0000${id}.wal`)), "00001.wal"],
    ["a log with records that was never announced", (directory) => directory.log(3, "a=1"), "00003.wal"],
    [
      "a log of another database",
      (directory) => directory.change("00001.wal", (bytes) => withHeader(bytes, 20)),
      "00001.wal",
    ],
    ["a damaged manifest", (directory) => directory.change("MANIFEST", (bytes) => flipped(bytes, 100)), "MANIFEST"],
    ["a missing manifest", ({ fs }) => fs.remove("/db/MANIFEST"), "MANIFEST"],
    ["an empty manifest", (directory) => directory.change("MANIFEST", () => new Uint8Array(0)), "MANIFEST"],
  ])("%s", (_, damage, file) => {
    const directory = sample();
    damage(directory);
    const before = directory.files;
    expect(() => directory.recover()).toThrow(corrupt(file));
    expect(directory.changes).toEqual([]);
    expect(directory.files).toBe(before);
    expect(directory.fs.openFiles).toBe(0);
  });

  test("a log of a memtable that has none, if there are records in it", () => {
    const directory = new NativeDirectory().log(0, "a=1").manifest("memtable 0 -");
    expect(() => directory.recover()).toThrow(corrupt("00000.wal"));
  });

  test("in a log, among what the manifest knows to be durable; `tail` takes what stands before it", () => {
    const directory = sample();
    directory.outcome();
    directory.change("00001.wal", (bytes) => flipped(bytes, bytes.length - 1));
    expect(() => directory.recover()).toThrow(corrupt("00001.wal"));
    expect(directory.outcome({ recovery: "tail" })).toBe(
      "L0: 0 | L1:; memtables 2*1 1*1; next 4, last 2000; 1 warnings",
    );
    expect(directory.outcome()).toBe("L0: 0 | L1:; memtables 2*1 1*1; next 4, last 2000; 0 warnings");
  });

  test.each([
    [
      "a table that stands in the tree twice",
      { level0: [describedTable(1), describedTable(1)], levels: [] },
      [],
      "stands in the tree twice",
    ],
    [
      "levels with gaps",
      { level0: [], levels: [{ number: 2, tables: [describedTable(1)] }] },
      [],
      "neither as levels nor as tiers",
    ],
    [
      "tiers beside L0",
      { level0: [describedTable(5)], levels: [{ number: 4, tables: [describedTable(4)] }] },
      [],
      "neither as levels nor as tiers",
    ],
    [
      "tables of a level that overlap",
      { level0: [], levels: [{ number: 1, tables: [describedTable(1, "a-c"), describedTable(2, "c-d")] }] },
      [],
      "does not start behind the end",
    ],
    [
      "a table that ends before it starts",
      { level0: [describedTable(1, "c-a")], levels: [] },
      [],
      "ends before its first key",
    ],
    ["an id that was never given", { level0: [describedTable(9)], levels: [] }, [], "id 9 is not below"],
    [
      "an edit that does not fit",
      { level0: [describedTable(1)], levels: [] },
      ["memtable 1", "flush 1"],
      "table 1 exists already",
    ],
    [
      "a live memtable that is a table",
      { level0: [describedTable(1)], levels: [] },
      ["memtable 1"],
      "is a table already",
    ],
    ["a flush that was never announced", { level0: [], levels: [] }, ["flush 1"], "never announced"],
  ])("a manifest with %s", (_, tables, edits, message) => {
    const directory = new NativeDirectory();
    for (const id of [1, 2, 4, 5, 9]) directory.file(`0000${id}.sst`);
    const bytes = nativeManifest({ ...EMPTY_STATE, nextId: 9, tables }, edits.map(nativeEdit));
    writeFile(directory.fs, "/db/MANIFEST", bytes);
    expect(() => directory.recover()).toThrow(corrupt("MANIFEST"));
    expect(() => directory.recover()).toThrow(message);
  });

  test("ids that are used up", () => {
    const directory = new NativeDirectory();
    writeFile(directory.fs, "/db/MANIFEST", nativeManifest({ ...EMPTY_STATE, nextId: Number.MAX_SAFE_INTEGER }));
    expect(() => directory.recover()).toThrow(coded("UNSUPPORTED"));
    expect(directory.changes).toEqual([]);
  });
});

describe("options", () => {
  test.each(["plain", "mvcc"] as const)("asking for %s are refused", (format) => {
    const directory = sample();
    expect(() => directory.recover({ format })).toThrow(coded("FORMAT_MISMATCH"));
    expect(() => directory.recover({ format })).toThrow("holds a database of format native, and");
    expect(directory.changes).toEqual([]);
  });

  test("asking for native are refused by a database of the reference, and be there no table and no log", () => {
    const directory = new NativeDirectory();
    directory.recover({ format: "mvcc" }).manifest?.append({ kind: "newMemtable", id: 0 });
    expect(() => directory.recover({ format: "native" })).toThrow("holds a database of format plain or mvcc");
    expect(directory.recover({ format: "mvcc" }).format).toBe("mvcc");
  });

  test("errorIfExists refuses it", () => {
    expect(() => sample().recover({ errorIfExists: true })).toThrow(coded("DATABASE_EXISTS"));
  });

  test("readOnly reads it and changes nothing, be there much to mend", () => {
    const directory = sample()
      .file("00007.sst")
      .change("00001.wal", (bytes) => bytes.subarray(0, bytes.length - 1))
      .change("MANIFEST", (bytes) => Buffer.concat([bytes, new Uint8Array(30)]));
    expect(directory.outcome({ readOnly: true })).toBe("L0: 0 | L1:; memtables 2*1 1*1; next 4, last 2000; 2 warnings");
    expect(directory.changes).toEqual([]);
  });

  test("a newer version is refused in one sentence", () => {
    const directory = sample().change("MANIFEST", (bytes) => {
      bytes[9] = 2;
      return withHeader(bytes, 9, 2);
    });
    expect(() => directory.recover()).toThrow(
      expect.objectContaining({
        code: "UNSUPPORTED",
        message:
          "/db/MANIFEST has version 2 of the native format, and this program knows version 1: open it with a newer one",
      }),
    );
    expect(directory.changes).toEqual([]);
  });
});

describe("a crash at any point of an opening", () => {
  test("leaves a database that opens with the same content", () => {
    const make = () =>
      sample()
        .file("00007.sst")
        .log(0, "a=0")
        .change("00002.wal", (bytes) => Buffer.concat([bytes, new Uint8Array(9)]));
    const left: MemoryFileSystem[] = [];
    const first = make();
    for (const directory of [first, first]) {
      directory
        .recover({}, () => {
          left.push(
            directory.fs.killed(),
            directory.fs.crash("none"),
            directory.fs.crash("all"),
            directory.fs.crash((below) => (left.length * 7919) % below),
          );
          return undefined;
        })
        .manifest?.close();
    }
    expect(left.length).toBeGreaterThan(60);
    for (const fs of left) {
      const found = NativeDirectory.of(fs).outcome();
      expect(found).toMatch(/^L0: 0 \| L1:; memtables 2\*1 1\*2; next 4, last 2000; [01] warnings$/);
    }
  });

  test("that makes a database leaves none or that one", () => {
    const left: MemoryFileSystem[] = [];
    const directory = new NativeDirectory();
    directory
      .recover({ format: "native" }, () => {
        left.push(directory.fs.killed(), directory.fs.crash("none"), directory.fs.crash("all"));
        return undefined;
      })
      .manifest?.close();
    for (const fs of left) {
      const again = NativeDirectory.of(fs);
      if (fs.stat("/db") === undefined) continue;
      expect(again.outcome({ format: "native" })).toMatch(/^L1:; memtables ; next [12], last 0; 0 warnings$/);
      expect(again.files).toBe("MANIFEST");
    }
  });
});

function flipped(bytes: Uint8Array, at: number): Uint8Array {
  bytes[at]! ^= 1;
  return bytes;
}

/** Changes a byte of the header, and its checksum with it. */
function withHeader(bytes: Uint8Array, at: number, value = 0): Uint8Array {
  bytes[at] = value;
  new DataView(bytes.buffer).setUint32(SIZE_NATIVE_HEADER - 4, crc32(bytes, 0, SIZE_NATIVE_HEADER - 4));
  return bytes;
}
