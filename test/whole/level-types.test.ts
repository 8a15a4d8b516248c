import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const PROJECT = fileURLToPath(new URL("../../", import.meta.url));
const TSC = join(PROJECT, "node_modules/typescript/bin/tsc");

/** Nothing is passed over: a fault in our declarations is a fault of whoever imports them. */
const SETTINGS = {
  compilerOptions: {
    target: "es2022",
    lib: ["es2023", "esnext.disposable"],
    types: ["node"],
    strict: true,
    exactOptionalPropertyTypes: true,
    noEmit: true,
    skipLibCheck: false,
  },
};

/** What a program may rely on: the lines marked as errors must be errors, and no others. */
const PROGRAM = `
type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
function same<A, B>(_: Equal<A, B>): void {}

type User = { name: string };

export async function main(): Promise<void> {
  // Without options keys and values are strings.
  const db = new MiniLevel("db");
  same<typeof db, MiniLevel<string, string>>(true);
  same<typeof db.location, string>(true);
  const text = await db.get("a");
  same<typeof text, string | undefined>(true);
  // @ts-expect-error a key is a string
  await db.get(1);
  // @ts-expect-error the location has to be given
  new MiniLevel();
  // @ts-expect-error an unknown option
  new MiniLevel("db", { colour: "red" });

  const users = new MiniLevel<number, User>("db", {
    keyEncoding: "json",
    valueEncoding: "json",
    cacheSize: 1024,
    engine: { durability: "power", recovery: "tail" },
  });
  await users.open({ createIfMissing: false, blockSize: 4096 });
  await users.put(1, { name: "ada" }, { sync: true });
  await users.del(1, { sync: true });
  await users.batch([{ type: "put", key: 1, value: { name: "ada" } }, { type: "del", key: 2 }], { sync: true });
  await users.batch().put(1, { name: "ada" }).del(2).write({ sync: true });
  // @ts-expect-error a value of another type
  await users.put(1, { age: 36 });
  // @ts-expect-error the engine's format is not to be chosen
  new MiniLevel("db", { engine: { format: "plain" } });

  const user = users.getSync(1);
  same<typeof user, User | undefined>(true);
  const bytes = await users.get<number, Buffer>(1, { valueEncoding: "buffer" });
  same<typeof bytes, Buffer | undefined>(true);
  const many = await users.getMany([1, 2]);
  same<typeof many, (User | undefined)[]>(true);

  for await (const [key, value] of users.iterator({ gte: 1, reverse: true, highWaterMarkBytes: 100 })) {
    same<typeof key, number>(true);
    same<typeof value, User>(true);
  }
  const keys: number[] = await users.keys({ lt: 9, signal: new AbortController().signal }).all();
  const values = await users.values<number, string>({ valueEncoding: "utf8", highWaterMarkBytes: 9 }).nextv(keys.length);
  same<typeof values, string[]>(true);

  await using snapshot = users.snapshot();
  await users.get(1, { snapshot });
  await users.clear({ gt: 1, snapshot });

  const sublevel = users.sublevel<string, User>("people", { valueEncoding: "json" });
  await users.batch([{ type: "put", sublevel, key: 1, value: { name: "ada" } }]);

  const size: number = await users.approximateSize(1, 2);
  await users.compactRange("1", "2", { keyEncoding: "utf8" });
  await users.flush();
  const { tables, tableBytes } = users.stats();
  same<typeof tables, number>(true);
  console.log(size, tableBytes);

  const tx = users.transaction({ isolation: "serializable" });
  same<typeof tx, LevelTransaction<number, User>>(true);
  const seen: User | undefined = await tx.get(1);
  await tx.put(2, seen ?? { name: "alan" });
  await tx.commit({ sync: true });
  const raw = users.transaction<string, Buffer>({ keyEncoding: "utf8", valueEncoding: "buffer" });
  same<typeof raw, LevelTransaction<string, Buffer>>(true);
  await raw.rollback();
  // @ts-expect-error no such isolation
  users.transaction({ isolation: "none at all" });

  // Whatever takes any database takes this one, and a transaction of it.
  await takesAny(db, users, tx);
  await MiniLevel.destroy("db");
  await MiniLevel.repair("db");
  await users[Symbol.asyncDispose]();

  const options: DatabaseOptions<string, string> = { errorIfExists: true };
  const given: [OpenOptions, PutOptions<string, string>, IteratorOptions<string, string>] = [options, { sync: true }, {}];
  console.log(given);
  // @ts-expect-error what belongs to abstract-level alone is not shown
  users._get(1, {});
}

async function takesAny(...databases: AbstractLevel<string | Buffer | Uint8Array, any, any>[]): Promise<void> {
  for (const database of databases) await database.close();
}
`;

const AS_MODULE = `import type { AbstractLevel } from "abstract-level";
import { type DatabaseOptions, type IteratorOptions, LevelTransaction, MiniLevel, type OpenOptions, type PutOptions } from "mini-lsm-cli/level";
`;
const AS_COMMON_JS = `import abstractLevel = require("abstract-level");
import level = require("mini-lsm-cli/level");
import MiniLevel = level.MiniLevel;
import LevelTransaction = level.LevelTransaction;
type AbstractLevel<F, K, V> = abstractLevel.AbstractLevel<F, K, V>;
type DatabaseOptions<K, V> = level.DatabaseOptions<K, V>;
type IteratorOptions<K, V> = level.IteratorOptions<K, V>;
type OpenOptions = level.OpenOptions;
type PutOptions<K, V> = level.PutOptions<K, V>;
`;

/** The other entry shares its declarations, and is looked at as closely. */
const LIBRARY = `
import { Cursor, MiniLsm, Snapshot, type Stats } from "mini-lsm-cli";
import { MiniLevel } from "mini-lsm-cli/level";

export async function main(): Promise<Stats> {
  await using db = await MiniLsm.open("db", { format: "native" });
  const snapshot: Snapshot = db.snapshot();
  const cursor: Cursor = snapshot.cursor({ prefix: "a" });
  cursor.close();
  const level = new MiniLevel("other");
  const stats: Stats = level.stats();
  db.on("flush", ({ entries }) => console.log(entries));
  return stats;
}
`;

describe("the declarations of the package", () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "mini-lsm-types-"));
    const installed = join(folder, "node_modules/mini-lsm-cli");
    mkdirSync(join(folder, "node_modules/@types"), { recursive: true });
    cpSync(join(PROJECT, "dist"), join(installed, "dist"), { recursive: true });
    cpSync(join(PROJECT, "package.json"), join(installed, "package.json"));
    for (const name of ["abstract-level", "@types/node"]) {
      symlinkSync(join(PROJECT, "node_modules", name), join(folder, "node_modules", name), "junction");
    }
    writeFileSync(join(folder, "package.json"), '{ "private": true }');
    writeFileSync(join(folder, "module.mts"), AS_MODULE + PROGRAM);
    writeFileSync(join(folder, "common.cts"), AS_COMMON_JS + PROGRAM);
    writeFileSync(join(folder, "library.mts"), LIBRARY);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** What the compiler says about a file of the folder. */
  function check(file: string, options: object): string {
    const settings = { compilerOptions: { ...SETTINGS.compilerOptions, ...options }, files: [file] };
    const config = join(folder, `tsconfig.${file}.json`);
    writeFileSync(config, JSON.stringify(settings));
    const { stdout, stderr, status } = spawnSync(process.execPath, [TSC, "-p", config], { encoding: "utf8" });
    return `${status}${stdout}${stderr}`;
  }

  test.each([
    ["an ES module", "module.mts", { module: "nodenext" }],
    ["a CommonJS module", "common.cts", { module: "nodenext" }],
    ["what a bundler is given", "module.mts", { module: "esnext", moduleResolution: "bundler" }],
    ["a user of both entries", "library.mts", { module: "nodenext" }],
  ])("are right for %s", (_, file, options) => {
    expect(check(file, options)).toBe("0");
  });

  test("are checked in earnest: an error that is not expected is found", () => {
    writeFileSync(join(folder, "wrong.mts"), `${AS_MODULE}${PROGRAM}\nconst wrong: number = "text";\n`);
    expect(check("wrong.mts", { module: "nodenext" })).toContain("wrong.mts");
  });
});
