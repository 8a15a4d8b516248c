import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { encodeNativeHeader, NATIVE_FILE_KIND } from "../../src/codec/native-header.ts";
import { MiniLsm } from "../../src/engine/mini-lsm.ts";
import { LsmError } from "../../src/errors.ts";
import { logFileName, MANIFEST_NAME, tableFileName } from "../../src/fs/file-names.ts";
import { encodeHolder, thisHolder } from "../../src/fs/lock-holder.ts";
import { DATABASE_FORMATS, type DatabaseFormat } from "../../src/options.ts";
import { verifyDatabase } from "../../src/tools/verify/verify.ts";
import { quietWatch } from "../support/conversions.ts";
import { FaultyDatabase } from "../support/faulty-database.ts";

let parent: string;
let directory: string;

beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), "mini-lsm-hostile-"));
  directory = join(parent, "db");
});
afterEach(() => rmSync(parent, { recursive: true }));

/** Puts the files of a database made in memory on the disk. */
function place(
  { names, bytes }: Pick<FaultyDatabase, "names"> & { bytes(name: string): Buffer },
  at = directory,
): void {
  mkdirSync(at);
  for (const name of names) writeFileSync(join(at, name), bytes(name));
}

async function planted(format: DatabaseFormat, plant: (db: FaultyDatabase) => void): Promise<FaultyDatabase> {
  const db = await FaultyDatabase.make(format);
  plant(db);
  place({ names: db.names, bytes: (name) => db.bytes(name) });
  return db;
}

/** Every file with what it holds, links not followed. */
function contents(): Record<string, string> {
  const files = readdirSync(directory, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  return Object.fromEntries(
    files.map((file) => [file.name, file.isFile() ? readFileSync(join(directory, file.name), "latin1") : "no file"]),
  );
}

/** The error of opening and reading everything; undefined when all of it could be read. */
async function refusal(): Promise<LsmError | undefined> {
  try {
    const database = await MiniLsm.open(directory, { useThread: false });
    try {
      for (const [key] of database.scan()) database.get(key);
    } finally {
      await database.close();
    }
    return undefined;
  } catch (error) {
    if (error instanceof LsmError) return error;
    throw error;
  }
}

/** What verify says, one line each, whether it finds it or cannot begin. */
async function findings(): Promise<string[]> {
  try {
    const { faults } = await verifyDatabase(directory, quietWatch());
    return faults.map(({ file, problem }) => `${file}: ${problem}`);
  } catch (error) {
    if (error instanceof LsmError) return [error.message];
    throw error;
  }
}

type Plant = (db: FaultyDatabase) => void;

const ALL = DATABASE_FORMATS;
const REFERENCE: readonly DatabaseFormat[] = ["plain", "mvcc"];
const NATIVE: readonly DatabaseFormat[] = ["native"];

/** A forged manifest, a table whose checksums are right, or a file in a wrong place. */
const KINDS: readonly (readonly [string, readonly DatabaseFormat[], Plant])[] = [
  [
    "an index of 4 294 967 295 blocks",
    ALL,
    (db) =>
      db.forge(db.deep, (table) => {
        table.bytes.writeUInt32BE(0xffff_ffff, table.index.start);
        table.sealIndex();
      }),
  ],
  [
    "a key of 65 535 bytes in an index of a few",
    ALL,
    (db) =>
      db.forge(db.deep, (table) => {
        table.bytes.writeUInt16BE(0xffff, (table.indexKeys[0] ?? 0) - 2);
        table.sealIndex();
      }),
  ],
  [
    "a block with 65 535 entries",
    ALL,
    (db) =>
      db.forge(db.deep, (table) => {
        table.bytes.writeUInt16BE(0xffff, table.firstBlock.end - 6);
        table.seal(table.firstBlock);
      }),
  ],
  [
    "a bloom filter without a byte",
    REFERENCE,
    (db) =>
      db.forge(db.deep, (table) => {
        table.bytes.writeUInt32BE(table.filter.end - 4, table.filter.end);
      }),
  ],
  [
    "an index whose blocks are in another order",
    REFERENCE,
    (db) =>
      db.forge(db.deep, (table) => {
        const at = table.indexKeys[0] ?? 0;
        table.bytes.fill(0x7a, at, at + 3);
        table.sealIndex();
      }),
  ],
  [
    "one table in the place of its neighbour",
    ALL,
    (db) => db.write(tableFileName(db.deep), db.bytes(tableFileName(db.deepest))),
  ],
  ["a log in the place of the manifest", ALL, (db) => db.write(MANIFEST_NAME, db.bytes(db.log))],
  ["the manifest in the place of a log", NATIVE, (db) => db.write(db.log, db.bytes(MANIFEST_NAME))],
  ["a table without a byte", ALL, (db) => db.write(tableFileName(db.deep), Buffer.alloc(0))],
  [
    "a manifest that names a table twice",
    ALL,
    (db) =>
      db.remanifest((edits) => ({ edits: [...edits, ...edits.filter(({ kind }) => kind === "compaction").slice(-1)] })),
  ],
];

describe.each(KINDS)("%s", (_, formats, plant) => {
  test.each(formats)("is refused in one line, by opening and by verify, and nothing is deleted: %s", async (format) => {
    await planted(format, plant);
    const before = contents();
    const found = await findings();
    expect(found.length).toBeGreaterThan(0);
    expect(contents()).toEqual(before);
    const error = await refusal();
    expect(error?.message).toMatch(/^[^\n]+$/);
    expect(error?.code).toBe("CORRUPTION");
    expect(Object.keys(contents())).toEqual(expect.arrayContaining(Object.keys(before)));
  });
});

describe("a level of tables that overlap", () => {
  test.each(REFERENCE)("is refused, and repaired by nobody behind one's back: %s", async (format) => {
    await planted(format, (db) => {
      db.rewrite(db.deep, (entries) => [
        ...entries,
        { ...(entries.at(-1) as (typeof entries)[0]), key: Buffer.from("zz") },
      ]);
    });
    const before = contents();
    expect(await refusal()).toMatchObject({ code: "CORRUPTION", file: join(directory, MANIFEST_NAME) });
    expect((await findings()).join()).toContain("does not start behind the end of table");
    expect(contents()).toEqual(before);
  });
});

describe("files of two native databases", () => {
  const other = "other";

  /** The same database twice, but for the id. */
  async function two(): Promise<FaultyDatabase> {
    const db = await planted("native", () => {});
    const fresh = await MiniLsm.open(join(parent, other), { format: "native", useThread: false });
    for (let number = 0; number < 100; number++) fresh.put(`other${number}`, "value");
    await fresh.flush();
    fresh.put("logged", "value");
    await fresh.close();
    return db;
  }

  const filesOf = (suffix: string): string[] =>
    readdirSync(join(parent, other)).filter((name) => name.endsWith(suffix));

  test.each(["table", "log"])("are told apart where one has a %s of the other", async (kind) => {
    const db = await two();
    const [theirs = ""] = filesOf(kind === "table" ? ".sst" : ".wal");
    const ours = kind === "table" ? tableFileName(db.deep) : db.log;
    writeFileSync(join(directory, ours), readFileSync(join(parent, other, theirs)));
    const before = Object.keys(contents());
    expect((await findings()).length).toBeGreaterThan(0);
    expect(await refusal()).toMatchObject({ code: "CORRUPTION", file: join(directory, ours) });
    expect(Object.keys(contents())).toEqual(expect.arrayContaining(before));
  });
  test("are told apart where one has the manifest of the other", async () => {
    await two();
    writeFileSync(join(directory, MANIFEST_NAME), readFileSync(join(parent, other, MANIFEST_NAME)));
    const before = contents();
    expect((await findings()).length).toBeGreaterThan(0);
    expect(await refusal()).toMatchObject({ code: "CORRUPTION" });
    expect(contents()).toEqual(before);
  });
  test("stay apart: a table of the other that nobody named is kept, said, and not overwritten", async () => {
    await two();
    const [theirs = ""] = filesOf(".sst");
    const stranger = join(directory, "00099.sst");
    writeFileSync(stranger, readFileSync(join(parent, other, theirs)));
    const before = readFileSync(stranger);
    const { notes, faults } = await verifyDatabase(directory, quietWatch());
    expect(faults).toEqual([]);
    expect(notes).toContainEqual({ file: "00099.sst", text: "left alone: it belongs to another database" });

    const warnings: string[] = [];
    const database = await MiniLsm.open(directory, { useThread: false }, (events) => {
      events.on("warning", ({ message }) => warnings.push(message));
    });
    for (let round = 0; round < 3; round++) {
      database.put(`key${round}`, "value");
      await database.flush();
    }
    await database.close();
    expect(warnings).toEqual([`00099.sst in ${directory} is left alone: it belongs to another database`]);
    expect(readFileSync(stranger)).toEqual(before);
    expect(Object.keys(contents())).toContain("00100.sst");
  });
});

describe("a link in the directory", () => {
  const NAMES = [
    ["the manifest", "IO_ERROR", () => MANIFEST_NAME],
    ["a table", "IO_ERROR", (db: FaultyDatabase) => tableFileName(db.deep)],
    ["a log", "IO_ERROR", (db: FaultyDatabase) => db.log],
    ["LOCK", "LOCKED", () => "LOCK"],
  ] as const;

  test.each(NAMES)("in the place of %s is not followed", async (_, code, nameIn) => {
    const db = await planted("native", () => {});
    const name = nameIn(db);
    const target = join(parent, "target");
    if (existsSync(join(directory, name))) renameSync(join(directory, name), target);
    else writeFileSync(target, "somebody's");
    symlinkSync(target, join(directory, name));
    const before = [Object.keys(contents()), readFileSync(target, "latin1")];
    expect((await findings()).join()).toContain(name);
    expect([Object.keys(contents()), readFileSync(target, "latin1")]).toEqual(before);
    const error = await refusal();
    expect(error).toMatchObject({ code, message: expect.stringMatching(/^[^\n]+$/) });
    expect(error?.message).toContain(join(directory, name));
    expect(readlinkSync(join(directory, name))).toBe(target);
    expect(readFileSync(target, "latin1")).toBe(before[1]);
  });

  test.each(ALL)("that nobody named stays, and so does what it leads to: %s", async (format) => {
    await planted(format, () => {});
    const target = join(parent, "target");
    writeFileSync(target, "somebody's");
    symlinkSync(target, join(directory, "00088.sst"));
    symlinkSync(join(parent, "nowhere"), join(directory, "00089.sst"));
    mkdirSync(join(directory, "00087.sst"));
    expect(await refusal()).toBeUndefined();
    expect(readdirSync(directory)).toEqual(expect.arrayContaining(["00087.sst", "00088.sst", "00089.sst"]));
    expect(readFileSync(target, "latin1")).toBe("somebody's");
    expect(existsSync(join(parent, "nowhere"))).toBe(false);
  });
});

describe("names that are no ids", () => {
  const NAMES = [
    "7.sst",
    "000007.sst",
    "00007.SST",
    "0x007.sst",
    "-0007.wal",
    "99999999999999999999.sst",
    "MANIFEST~",
    "a\nb",
  ];

  test.each(ALL)("are somebody else's: not read, not deleted: %s", async (format) => {
    await planted(format, () => {});
    for (const name of NAMES) writeFileSync(join(directory, name), "somebody's");
    expect(await refusal()).toBeUndefined();
    const { faults } = await verifyDatabase(directory, quietWatch());
    expect(faults).toEqual([]);
    for (const name of NAMES) expect(readFileSync(join(directory, name), "latin1")).toBe("somebody's");
  });
  test("and an id that no counter reaches does not use up the ids", async () => {
    await planted("native", () => {});
    const last = { kind: NATIVE_FILE_KIND.table, databaseId: new Uint8Array(16), fileId: 1 };
    const name = tableFileName(Number.MAX_SAFE_INTEGER);
    writeFileSync(join(directory, name), encodeNativeHeader(last));
    expect(await refusal()).toBeUndefined();
    expect(existsSync(join(directory, name))).toBe(true);
    expect(existsSync(join(directory, logFileName(Number.MAX_SAFE_INTEGER)))).toBe(false);
  });
});

describe("a LOCK whose claims go in a circle", () => {
  test("is refused in words instead of being followed for ever", async () => {
    await planted("native", () => {});
    const gone = { ...thisHolder({ token: "0123456789abcdef", socket: null, directoryInode: "1" }), pid: 2 ** 30 };
    for (const name of ["LOCK", `LOCK.${gone.token}.claim.tmp`]) {
      writeFileSync(join(directory, name), encodeHolder(gone));
    }
    expect(await refusal()).toMatchObject({ code: "LOCKED", message: expect.stringContaining("a claim on itself") });
  });
});
