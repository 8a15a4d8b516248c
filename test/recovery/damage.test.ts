import { beforeAll, describe, expect, test } from "vitest";
import { CorruptionError, LsmError } from "../../src/errors.ts";
import { MemoryFileSystem } from "../../src/fs/memory-file-system.ts";
import { EngineDatabase, QUIET } from "../support/engine-database.ts";
import { readFile, writeFile } from "../support/engine-golden.ts";

const ANSWERS = "a=1 b=2 c=3 e=5";

async function smallDatabase(): Promise<MemoryFileSystem> {
  const fs = new MemoryFileSystem();
  const db = EngineDatabase.open({ ...QUIET, blockSizeBytes: 32 }, fs);
  await db.run("a=1 b=0 flush b=2 d=4 flush compact c=3 flush -d e=5 flush");
  await db.close();
  return fs;
}

/** Every file with its bytes. */
function contents(fs: MemoryFileSystem): Record<string, string> {
  const names = fs.list("/db").sort();
  return Object.fromEntries(names.map((name) => [name, Buffer.from(readFile(fs, `/db/${name}`)).toString("latin1")]));
}

/** A copy in which one file has other bytes, or is missing. */
function withFile(fs: MemoryFileSystem, name: string, bytes: Uint8Array | undefined): MemoryFileSystem {
  const copy = fs.killed();
  if (bytes === undefined) copy.remove(`/db/${name}`);
  else writeFile(copy, `/db/${name}`, bytes);
  return copy;
}

/** What a process that opens the directory gets: the answers, or the error. Its events come with the answers. */
function outcome(fs: MemoryFileSystem): {
  readonly error?: LsmError;
  readonly answers?: string;
  readonly db?: EngineDatabase;
} {
  try {
    const db = EngineDatabase.open(QUIET, fs);
    return { answers: db.scan(), db };
  } catch (error) {
    if (!(error instanceof LsmError)) throw error;
    return { error };
  }
}

let sound: MemoryFileSystem;
beforeAll(async () => {
  sound = await smallDatabase();
  expect(outcome(sound.killed()).answers).toBe(ANSWERS);
});

describe("a manifest that says nothing", () => {
  test.each([
    ["missing beside tables", undefined],
    ["empty beside tables", new Uint8Array(0)],
    ["torn in its first record beside tables", Buffer.from([0, 0, 0, 0, 0, 0, 0, 20, 123])],
    ["full of zeros beside tables", new Uint8Array(100)],
  ])("%s is refused, and nothing is changed", (_, bytes) => {
    const fs = withFile(sound, "MANIFEST", bytes);
    const before = contents(fs);
    const { error } = outcome(fs);
    expect(error).toBeInstanceOf(CorruptionError);
    expect(error).toMatchObject({ file: "/db/MANIFEST", offset: 0 });
    expect(error?.message).toMatch(/tables stand beside it/);
    expect(contents(fs)).toEqual(before);
    expect(fs.openFiles).toBe(0);
  });

  test.each([undefined, new Uint8Array(0)])("is refused beside a log with bytes in it", (manifest) => {
    const fs = new MemoryFileSystem();
    fs.makeDirectory("/db");
    if (manifest !== undefined) writeFile(fs, "/db/MANIFEST", manifest);
    writeFile(fs, "/db/00000.wal", Buffer.from("records"));
    const before = contents(fs);
    expect(outcome(fs).error).toMatchObject({ code: "CORRUPTION", file: "/db/MANIFEST" });
    expect(contents(fs)).toEqual(before);
  });

  test.each([undefined, new Uint8Array(0), new Uint8Array(9)])(
    "is a crash during creation when nothing stands beside it but empty logs",
    (manifest) => {
      const fs = new MemoryFileSystem();
      fs.makeDirectory("/db");
      if (manifest !== undefined) writeFile(fs, "/db/MANIFEST", manifest);
      writeFile(fs, "/db/00000.wal", new Uint8Array(0));
      const { db } = outcome(fs);
      expect(db?.files).toEqual(["MANIFEST"]);
      expect(db?.scan()).toBe("");
    },
  );
});

/** Where each frame of a manifest starts. */
function frameOffsets(manifest: Uint8Array): number[] {
  const view = new DataView(manifest.buffer, manifest.byteOffset, manifest.length);
  const offsets: number[] = [];
  for (let offset = 0; offset < manifest.length; offset += 12 + view.getUint32(offset + 4)) offsets.push(offset);
  return offsets;
}

describe("a manifest cut at any byte", () => {
  test("opens with the records before the cut, or is refused; no file is deleted when a tail was cut off", () => {
    const manifest = readFile(sound, "/db/MANIFEST");
    const starts = frameOffsets(manifest);
    const tables = sound.list("/db").filter((name) => name.endsWith(".sst"));
    let [opened, refused] = [0, 0];
    for (let length = 0; length < manifest.length; length++) {
      const fs = withFile(sound, "MANIFEST", manifest.subarray(0, length));
      const { error, db } = outcome(fs);
      if (error !== undefined) {
        refused++;
        continue;
      }
      opened++;
      const isTorn = !starts.includes(length);
      expect(db?.eventsOf("warning").length).toBe(isTorn ? 1 : 0);
      // Tables that the cut-off records named are newer than every id that is left, and go only after a clean replay.
      if (isTorn) expect(db?.files).toEqual(expect.arrayContaining(tables));
      expect(db?.faults).toEqual([]);
    }
    expect(opened).toBeGreaterThan(refused / 4);
    expect(refused).toBeGreaterThan(0);
  });

  test("is refused where it names tables that are no longer there", () => {
    const manifest = readFile(sound, "/db/MANIFEST");
    // Before the compaction the tree was tables 0 and 1, which are gone.
    const compaction = Buffer.from(manifest).indexOf("Compaction");
    const start = frameOffsets(manifest).findLast((offset) => offset < compaction) ?? 0;
    const { error } = outcome(withFile(sound, "MANIFEST", manifest.subarray(0, start)));
    expect(error?.message).toContain("/db/00001.sst");
  });
});

describe("a manifest with one bit flipped", () => {
  test("is refused, or gives the same answers", () => {
    const manifest = readFile(sound, "/db/MANIFEST");
    const accepted: string[] = [];
    for (let bit = 0; bit < manifest.length * 8; bit++) {
      const flipped = Uint8Array.from(manifest);
      flipped[bit >> 3]! ^= 1 << (bit & 7);
      const fs = withFile(sound, "MANIFEST", flipped);
      const { error, answers } = outcome(fs);
      if (error === undefined) {
        accepted.push(`byte ${bit >> 3} bit ${bit & 7}: ${answers}`);
        continue;
      }
      expect(error.code).toBe("CORRUPTION");
      expect((error as CorruptionError).file).toBe("/db/MANIFEST");
    }
    // One checksum for the JSON and none for the length: yet no single bit is taken for a torn tail.
    expect(accepted).toEqual([]);
  });

  test("changes nothing in the directory", () => {
    const manifest = readFile(sound, "/db/MANIFEST");
    for (let at = 0; at < manifest.length; at += 7) {
      const flipped = Uint8Array.from(manifest);
      flipped[at]! ^= 0x40;
      const fs = withFile(sound, "MANIFEST", flipped);
      const before = contents(fs);
      expect(outcome(fs).error?.code).toBe("CORRUPTION");
      expect(contents(fs)).toEqual(before);
      expect(fs.openFiles).toBe(0);
    }
  });
});

describe("a table that is damaged", () => {
  const tables = () => sound.list("/db").filter((name) => name.endsWith(".sst"));

  test("by any cut is refused at opening, naming the file and an offset; nothing is changed", () => {
    for (const name of tables()) {
      const bytes = readFile(sound, `/db/${name}`);
      for (let length = 0; length < bytes.length; length++) {
        const fs = withFile(sound, name, bytes.subarray(0, length));
        const before = contents(fs);
        const { error } = outcome(fs);
        expect(error).toMatchObject({ code: "CORRUPTION", file: `/db/${name}` });
        expect((error as CorruptionError).offset).toBeLessThanOrEqual(length);
        expect(contents(fs)).toEqual(before);
        expect(fs.openFiles).toBe(0);
      }
    }
  });

  test("by any flipped bit is refused when it is opened or read, naming the file", () => {
    for (const name of tables()) {
      const bytes = readFile(sound, `/db/${name}`);
      for (let bit = 0; bit < bytes.length * 8; bit++) {
        const flipped = Uint8Array.from(bytes);
        flipped[bit >> 3]! ^= 1 << (bit & 7);
        const { error, answers } = outcome(withFile(sound, name, flipped));
        // What was read before the damage was met is not an answer: a scan either ends or throws.
        if (error === undefined) expect(`${name} bit ${bit}: ${answers}`).toBe(`${name} bit ${bit}: refused`);
        expect(error).toMatchObject({ code: "CORRUPTION", file: `/db/${name}` });
      }
    }
  });

  test("by being missing is refused, naming the file; nothing is changed", () => {
    for (const name of tables()) {
      const fs = withFile(sound, name, undefined);
      const before = contents(fs);
      expect(outcome(fs).error?.message).toContain(`/db/${name}`);
      expect(contents(fs)).toEqual(before);
      expect(fs.openFiles).toBe(0);
    }
  });

  test("in one block leaves the keys of others readable", async () => {
    const fs = new MemoryFileSystem();
    const writer = EngineDatabase.open({ ...QUIET, blockSizeBytes: 32 }, fs);
    await writer.run("a=1 b=2 c=3 d=4 e=5 f=6 g=7 h=8 flush");
    await writer.close();
    const bytes = Uint8Array.from(readFile(fs, "/db/00000.sst"));
    bytes[2]! ^= 1;
    const db = EngineDatabase.open(QUIET, withFile(fs, "00000.sst", bytes));
    expect(() => db.get("a")).toThrow(expect.objectContaining({ code: "CORRUPTION", offset: 0 }));
    expect(db.get("h")).toBe("8");
    const cursor = db.cursor("[h, )");
    expect(cursor.valid).toBe(true);
    cursor.close();
    expect(() => db.scan()).toThrow(expect.objectContaining({ code: "CORRUPTION" }));
    expect(db.stats.pinnedStates).toBe(0);
  });
});
