import { describe, expect, test } from "vitest";
import type { CrashChoice } from "../../src/fs/crash-states.ts";
import { MemoryFileSystem } from "../../src/fs/memory-file-system.ts";
import { Announced } from "../../src/manifest/announced.ts";
import type { Edit } from "../../src/manifest/edit.ts";
import type { CurrentState } from "../../src/manifest/edit-log.ts";
import { NativeManifest, REWRITE_FROM_BYTES } from "../../src/manifest/native-manifest.ts";
import { isNativeManifest, readNativeManifest } from "../../src/manifest/read-native-manifest.ts";
import { readFile, writeFile } from "../support/engine-golden.ts";
import { DATABASE_ID, describedTable, nativeEdit } from "../support/native-manifest.ts";
import { randomOf } from "../support/random.ts";

const PATH = "/db/MANIFEST";
const EDITS: readonly Edit[] = ["memtable 0", "synced 0 90", "memtable 1", "flush 0 a-f", "memtable 2"].map(nativeEdit);

function emptyDirectory(): MemoryFileSystem {
  const fs = new MemoryFileSystem();
  fs.makeDirectory("/db");
  return fs;
}

function written(edits: readonly Edit[] = EDITS): { fs: MemoryFileSystem; manifest: NativeManifest } {
  const fs = emptyDirectory();
  const manifest = NativeManifest.create(fs, PATH, DATABASE_ID);
  for (const edit of edits) manifest.append(edit);
  return { fs, manifest };
}

function resume(fs: MemoryFileSystem, kept: readonly number[] = []): NativeManifest {
  const contents = readNativeManifest(fs, PATH);
  return NativeManifest.resume(fs, PATH, contents, announcedBy(contents), new Set(kept));
}

function announcedBy(contents: ReturnType<typeof readNativeManifest>): Announced {
  const announced = new Announced();
  const { level0, levels } = contents.state.tables;
  announced.begin({ ...contents.state, tables: [...level0, ...levels.flatMap((level) => level.tables)] });
  for (const { edit } of contents.records) announced.apply(edit);
  return announced;
}

const sizeOf = (fs: MemoryFileSystem): number => fs.stat(PATH)?.sizeBytes ?? 0;

const editsIn = (fs: MemoryFileSystem): Edit[] => readNativeManifest(fs, PATH).records.map((record) => record.edit);

/** What `EDITS` made of the database: table 0, and memtables 1 and 2, of which 1 turned out to hold nothing. */
const CURRENT: CurrentState = {
  tables: { level0: [describedTable(0, "a-f")], levels: [] },
  memtableIds: new Set([2]),
};

/** What a manifest says, in one line, so that two of them can be compared. */
function summary(fs: MemoryFileSystem): string {
  const contents = readNativeManifest(fs, PATH);
  const { nextId, lastTimestamp, liveMemtables } = announcedBy(contents);
  const flushed = contents.records.flatMap(({ edit }) => (edit.kind === "flush" ? [edit.id] : []));
  const tables = [...flushed.reverse(), ...contents.state.tables.level0.map((table) => table.id)];
  return `tables ${tables}, memtables ${liveMemtables.map(({ id }) => id)}, next ${nextId}, last ${lastTimestamp}`;
}

describe("the manifest of native", () => {
  test("gives back what was appended, over several openings", () => {
    const { fs, manifest } = written(EDITS.slice(0, 3));
    manifest.close();
    for (const edit of EDITS.slice(3)) {
      const again = resume(fs);
      again.append(edit);
      again.close();
    }
    expect(editsIn(fs)).toEqual(EDITS);
    expect(fs.openFiles).toBe(0);
    expect(fs.list("/db")).toEqual(["MANIFEST"]);
  });

  test("syncs every edit", () => {
    const { fs, manifest } = written([]);
    const calls: string[] = [];
    fs.beforeCall = ({ operation }) => {
      calls.push(operation);
      return undefined;
    };
    for (const edit of EDITS) manifest.append(edit);
    expect(calls).toEqual(EDITS.flatMap(() => ["append", "sync"]));
  });

  test("is known by its first bytes, even when one bit of them is wrong", () => {
    const { fs } = written();
    const bytes = readFile(fs, PATH);
    for (let bit = 0; bit < 64; bit++) {
      const flipped = Uint8Array.from(bytes);
      flipped[bit >> 3]! ^= 1 << (bit & 7);
      writeFile(fs, PATH, flipped);
      expect(isNativeManifest(fs, PATH)).toBe(true);
      expect(() => readNativeManifest(fs, PATH)).toThrow(expect.objectContaining({ code: "CORRUPTION", offset: 0 }));
    }
    for (const other of ["", "00000000", "0000000000000011 7b22", "00000000000000896d6c736d0d0a1a"]) {
      writeFile(fs, PATH, Buffer.from(other.replace(" ", ""), "hex"));
      expect(isNativeManifest(fs, PATH)).toBe(false);
    }
  });

  test("reports a torn tail and leaves it, until it is resumed", () => {
    const { fs, manifest } = written();
    manifest.close();
    const whole = readFile(fs, PATH);
    writeFile(fs, PATH, whole.subarray(0, whole.length - 3));
    const { warning, sizeBytes } = readNativeManifest(fs, PATH);
    expect(warning).toBe(
      `ignoring incomplete manifest frame at byte offset ${sizeBytes} of ${PATH}: 23 bytes up to the end of the file, left by an append that did not finish`,
    );
    expect(readFile(fs, PATH)).toHaveLength(whole.length - 3);

    resume(fs).close();
    expect(readFile(fs, PATH)).toHaveLength(sizeBytes);
    expect(editsIn(fs)).toEqual(EDITS.slice(0, -1));
    expect(readNativeManifest(fs, PATH).warning).toBeUndefined();
  });

  test("makes durable what a killed process left to the operating system", () => {
    const { fs, manifest } = written(EDITS.slice(0, 1));
    let next = fs;
    fs.beforeCall = ({ operation }) => {
      if (operation === "sync") next = fs.killed();
      return undefined;
    };
    manifest.append(EDITS[1] as Edit);
    expect(editsIn(next)).toHaveLength(2);
    expect(editsIn(next.crash("none"))).toHaveLength(1);
    resume(next).close();
    expect(editsIn(next.crash("none"))).toHaveLength(2);
  });
});

describe("what is known of logs", () => {
  const sizes = (...given: [number, number][]) => given.map(([id, sizeBytes]) => ({ id, sizeBytes }));

  test("is noted in one frame, and only where it is news", () => {
    const { fs, manifest } = written(EDITS.filter((edit) => edit.kind === "newMemtable"));
    manifest.noteSynced(sizes([0, 90], [1, 40], [7, 80]));
    const { sizeBytes } = readNativeManifest(fs, PATH);
    manifest.noteSynced(sizes([0, 90], [1, 40]));
    expect(readNativeManifest(fs, PATH).sizeBytes).toBe(sizeBytes);
    manifest.noteSynced(sizes([1, 30]));

    const records = readNativeManifest(fs, PATH).records.slice(3);
    expect(records.map(({ edit }) => edit)).toEqual(["synced 0 90", "synced 1 40", "synced 1 30"].map(nativeEdit));
    expect(records[0]?.offset).toBe(records[1]?.offset);
    expect(records[2]?.offset).toBe(sizeBytes);
  });

  test("is not asked of a memtable without a log", () => {
    const { fs, manifest } = written([nativeEdit("memtable 0 -")]);
    manifest.noteSynced(sizes([0, 90]));
    expect(editsIn(fs)).toHaveLength(1);
  });

  test("seals what stands before it, even when there is none", () => {
    const { fs, manifest } = written();
    const { sizeBytes } = readNativeManifest(fs, PATH);
    manifest.seal([]);
    manifest.close();
    const bytes = readFile(fs, PATH);
    expect(bytes.length).toBe(sizeBytes + 16);
    expect(editsIn(fs)).toEqual(EDITS);
    bytes[sizeBytes - 1]! ^= 1;
    writeFile(fs, PATH, bytes);
    expect(() => readNativeManifest(fs, PATH)).toThrow(expect.objectContaining({ code: "CORRUPTION" }));
  });
});

describe("a rewritten manifest", () => {
  test("says the same in one state, but for memtables that hold nothing, and goes on", () => {
    const { fs, manifest } = written();
    expect(summary(fs)).toBe("tables 0, memtables 1,2, next 3, last 100");
    manifest.rewrite(CURRENT);
    expect(summary(fs)).toBe("tables 0, memtables 2, next 3, last 100");
    expect(editsIn(fs)).toEqual([]);

    manifest.append(nativeEdit("memtable 5"));
    manifest.append(nativeEdit("flush 5 2"));
    manifest.close();
    expect(summary(fs)).toBe("tables 5,0, memtables , next 6, last 105");
    expect(fs.list("/db")).toEqual(["MANIFEST"]);
    expect(fs.openFiles).toBe(0);
  });

  test("keeps the memtables that it was told to keep", () => {
    const { fs, manifest } = written();
    manifest.close();
    resume(fs, [1]).rewrite({ ...CURRENT, memtableIds: new Set() });
    expect(summary(fs)).toBe("tables 0, memtables 1, next 3, last 100");
  });

  test("keeps the ids and the timestamp of tables that are gone, and what is durable of logs", () => {
    const { fs, manifest } = written([
      ...EDITS,
      nativeEdit("synced 2 70"),
      {
        kind: "compaction",
        task: { strategy: "full", level0: [0], level1: [] },
        outputs: [8],
        tables: [describedTable(8, "a-b", { maxTimestamp: 3 })],
      },
      { kind: "compaction", task: { strategy: "full", level0: [], level1: [8] }, outputs: [], tables: [] },
    ]);
    manifest.rewrite({ ...CURRENT, tables: { level0: [], levels: [] } });
    expect(readNativeManifest(fs, PATH).state).toMatchObject({
      nextId: 9,
      lastTimestamp: 100,
      liveMemtables: [{ id: 2, hasLog: true, syncedBytes: 70 }],
    });
  });

  test("is written when it is large and mostly history", () => {
    const { fs, manifest } = written([]);
    const key = Buffer.alloc(1000, "k");
    let before = sizeOf(fs);
    let rewrites = 0;
    for (let id = 0; rewrites < 2; id++) {
      manifest.rewriteIfGrown(() => ({
        tables: { level0: [describedTable(id - 1, "a-z")], levels: [] },
        memtableIds: new Set(),
      }));
      if (sizeOf(fs) < before) {
        expect(before).toBeGreaterThan(REWRITE_FROM_BYTES);
        expect(before).toBeLessThan(REWRITE_FROM_BYTES + 3000);
        rewrites++;
      }
      manifest.append(nativeEdit(`memtable ${id}`));
      const table = describedTable(id, "a-z", { firstKey: key, lastKey: key });
      manifest.append({ kind: "flush", id, olderMemtables: [], table });
      before = sizeOf(fs);
    }
  });

  test("is not written again before it is four times what it has to say", () => {
    const { fs, manifest } = written([]);
    const wide = Buffer.alloc(60_000, "k");
    const level0 = Array.from({ length: 10 }, (_, id) => describedTable(id, "a-z", { lastKey: wide }));
    manifest.rewrite({ tables: { level0, levels: [] }, memtableIds: new Set() });
    const { stateEnd } = readNativeManifest(fs, PATH);
    expect(stateEnd).toBeGreaterThan(600_000);
    for (let id = 10; sizeOf(fs) <= 4 * stateEnd; id++) {
      manifest.rewriteIfGrown(() => expect.unreachable());
      manifest.append(nativeEdit(`memtable ${id}`));
      const table = describedTable(id, "a-z", { lastKey: wide });
      manifest.append({ kind: "flush", id, olderMemtables: [], table });
    }
    manifest.rewriteIfGrown(() => CURRENT);
    expect(sizeOf(fs)).toBeLessThan(1000);
  });
});

/** Every state that a crash at any effect of `act` may leave. */
function crashesOf(make: () => MemoryFileSystem, act: (fs: MemoryFileSystem) => void): MemoryFileSystem[] {
  const left: MemoryFileSystem[] = [];
  const random = randomOf(11);
  const choices: CrashChoice[] = ["none", "all", random, random, random, random];
  const fs = make();
  const keep = () => left.push(fs.killed(), ...choices.map((choice) => fs.crash(choice)));
  fs.beforeCall = () => {
    keep();
    return undefined;
  };
  act(fs);
  keep();
  return left;
}

describe("after a crash", () => {
  test("during creation there is no manifest, or a whole one", () => {
    const make = () => {
      const fs = emptyDirectory();
      fs.syncDirectory("/");
      return fs;
    };
    const left = crashesOf(make, (fs) => NativeManifest.create(fs, PATH, DATABASE_ID));
    const found = left.map((fs) => (fs.stat(PATH) === undefined ? "none" : summary(fs)));
    expect(new Set(found)).toEqual(new Set(["none", "tables , memtables , next 0, last 0"]));
    expect(found[0]).toBe("none");
    expect(found.at(-1)).toMatch(/^tables/);
  });

  test("during an append the edit is there, or there is at most a torn tail", () => {
    const last = EDITS.at(-1) as Edit;
    const make = () => written(EDITS.slice(0, -1)).fs;
    const left = crashesOf(make, (fs) => resume(fs).append(last));
    const counts = left.map((fs) => {
      const before = readNativeManifest(fs, PATH);
      resume(fs).close();
      expect(readNativeManifest(fs, PATH).warning).toBeUndefined();
      expect(readNativeManifest(fs, PATH).sizeBytes).toBe(before.sizeBytes);
      return editsIn(fs).length;
    });
    expect(new Set(counts)).toEqual(new Set([EDITS.length - 1, EDITS.length]));
    expect(counts.slice(-7)).toEqual(Array(7).fill(EDITS.length));
  });

  test("during a rewrite either the old manifest is there or the new one, whole", () => {
    const make = () => written().fs;
    const left = crashesOf(make, (fs) => {
      const manifest = resume(fs);
      manifest.rewrite(CURRENT);
      manifest.append(nativeEdit("memtable 9"));
    });
    const found = left.map((fs) => {
      expect(readNativeManifest(fs, PATH).warning === undefined || summary(fs).endsWith("next 3, last 100")).toBe(true);
      return summary(fs);
    });
    expect(new Set(found)).toEqual(
      new Set([
        "tables 0, memtables 1,2, next 3, last 100",
        "tables 0, memtables 2, next 3, last 100",
        "tables 0, memtables 2,9, next 10, last 100",
      ]),
    );
    expect(new Set(found.slice(-7))).toEqual(new Set(["tables 0, memtables 2,9, next 10, last 100"]));
  });
});

/** Lets the nth call of `act` fail, for every n, and answers what is wrong afterwards with `check`. */
function failEachCall(
  act: (manifest: NativeManifest) => void,
  check: (fs: MemoryFileSystem, manifest: NativeManifest, call: string) => void,
): string[] {
  const calls: string[] = [];
  for (let nth = 1; ; nth++) {
    const { fs, manifest } = written();
    let count = 0;
    let failed: string | undefined;
    fs.beforeCall = ({ operation, path }) => {
      if (++count !== nth) return undefined;
      failed = `${operation} ${path}`;
      return "EIO";
    };
    let error: unknown;
    try {
      act(manifest);
    } catch (caught) {
      error = caught;
    }
    if (failed === undefined) return calls;
    calls.push(failed);
    fs.beforeCall = undefined;
    expect(error, failed).toMatchObject({ code: "IO_ERROR" });
    check(fs, manifest, failed);
    manifest.close();
    expect(fs.openFiles, failed).toBe(0);
  }
}

describe("after an error", () => {
  test("of an append, the edit is not there, and the manifest goes on unless nobody knows what is on disk", () => {
    const edit = nativeEdit("memtable 9");
    const calls = failEachCall(
      (manifest) => manifest.append(edit),
      (fs, manifest, call) => {
        if (call.startsWith("append")) {
          expect(manifest.failure).toBeUndefined();
          manifest.append(edit);
          expect(editsIn(fs)).toEqual([...EDITS, edit]);
          return;
        }
        expect(manifest.failure).toBeDefined();
        expect(() => manifest.append(edit)).toThrow(manifest.failure);
        expect(() => manifest.rewrite(CURRENT)).toThrow(manifest.failure);
        expect(() => manifest.seal([])).toThrow(manifest.failure);
        expect(editsIn(fs)).toEqual([...EDITS, edit]);
      },
    );
    expect(calls).toEqual([`append ${PATH}`, `sync ${PATH}`]);
  });

  test("of a rewrite, the old manifest goes on, but after the rename none", () => {
    const calls = failEachCall(
      (manifest) => manifest.rewrite(CURRENT),
      (fs, manifest, call) => {
        if (/^(create|append|sync|rename) /.test(call)) {
          expect(manifest.failure, call).toBeUndefined();
          expect(fs.list("/db")).toEqual(["MANIFEST"]);
          manifest.append(nativeEdit("memtable 9"));
          expect(summary(fs.crash("none"))).toBe("tables 0, memtables 1,2,9, next 10, last 100");
          return;
        }
        expect(manifest.failure, call).toBeDefined();
        expect(() => manifest.append(nativeEdit("memtable 9"))).toThrow(manifest.failure);
        expect(summary(fs)).toBe("tables 0, memtables 2, next 3, last 100");
      },
    );
    expect(calls).toEqual([
      `create ${PATH}.tmp`,
      `append ${PATH}.tmp`,
      `sync ${PATH}.tmp`,
      `rename ${PATH}.tmp`,
      "syncDirectory /db",
      `open ${PATH}`,
    ]);
  });

  test("of a rename that happened all the same, none goes on", () => {
    const { fs, manifest } = written();
    fs.beforeCall = ({ operation }) => {
      if (operation !== "rename") return undefined;
      fs.beforeCall = undefined;
      fs.rename(`${PATH}.tmp`, PATH);
      return "EIO";
    };
    expect(() => manifest.rewrite(CURRENT)).toThrow("EIO");
    expect(() => manifest.append(nativeEdit("memtable 9"))).toThrow(manifest.failure);
    expect(summary(fs)).toBe("tables 0, memtables 2, next 3, last 100");
  });

  test("of a rewrite, the next one waits until there is twice as much", () => {
    const { fs, manifest } = written([]);
    const wide = Buffer.alloc(60_000, "k");
    let id = 0;
    const grow = () => {
      manifest.append(nativeEdit(`memtable ${id}`));
      manifest.append({ kind: "flush", id, olderMemtables: [], table: describedTable(id, "a-z", { lastKey: wide }) });
      id++;
    };
    while (sizeOf(fs) <= REWRITE_FROM_BYTES) grow();
    const current = () => ({ tables: { level0: [], levels: [] }, memtableIds: new Set<number>() });
    fs.beforeCall = ({ operation }) => (operation === "create" ? "ENOSPC" : undefined);
    expect(() => manifest.rewriteIfGrown(current)).toThrow("ENOSPC");
    fs.beforeCall = undefined;
    const { sizeBytes } = readNativeManifest(fs, PATH);
    while (sizeOf(fs) <= 2 * sizeBytes) {
      manifest.rewriteIfGrown(() => expect.unreachable());
      grow();
    }
    manifest.rewriteIfGrown(current);
    expect(sizeOf(fs)).toBeLessThan(1000);
  });
});
