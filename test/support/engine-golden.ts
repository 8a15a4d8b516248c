import { existsSync, readdirSync, readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import type { FileSystem } from "../../src/fs/file-system.ts";
import { MemoryFileSystem } from "../../src/fs/memory-file-system.ts";
import type { CompactionOptions, Options } from "../../src/options.ts";
import type { EngineDatabase } from "./engine-database.ts";

/** Databases written by the reference. They lie beside the project and need not be there. */
const GOLDEN = new URL("../../../shared/golden/db/", import.meta.url);
export const hasGolden: boolean = existsSync(GOLDEN);

/** Names of the databases whose name begins with `prefix`. */
export function goldenNames(prefix: string): string[] {
  return hasGolden ? readdirSync(GOLDEN).filter((name) => name.startsWith(prefix)) : [];
}

export const MIB: number = 1024 * 1024;

/** The strategies as the reference's shell sets them; `leveled1` has a base level of one MiB. */
export const REFERENCE_STRATEGIES: {
  readonly [name in "none" | "simple" | "tiered" | "leveled" | "leveled1"]: Strategy<
    name extends "leveled1" ? "leveled" : name
  >;
} = {
  none: { strategy: "none" },
  simple: { strategy: "simple", sizeRatioPercent: 200, level0FilesTrigger: 2, maxLevels: 4 },
  tiered: {
    strategy: "tiered",
    tiersTrigger: 3,
    maxSizeAmplificationPercent: 200,
    sizeRatioPercent: 1,
    minMergeWidth: 2,
    maxMergeWidth: undefined,
  },
  leveled: leveled(128),
  leveled1: leveled(1),
};

type Strategy<Name extends CompactionOptions["strategy"]> = Extract<CompactionOptions, { strategy: Name }>;

function leveled(baseMib: number): Strategy<"leveled"> {
  return {
    strategy: "leveled",
    level0FilesTrigger: 2,
    maxLevels: 4,
    baseLevelSizeBytes: baseMib * MIB,
    levelSizeMultiplier: 2,
  };
}

/** One golden database: its files, what a scan of it gives, and how it was made. */
export class GoldenDatabase {
  readonly name: string;
  readonly #description: string;

  constructor(name: string) {
    this.name = name;
    this.#description = this.#read("DESCRIPTION.md").toString();
  }

  /** The options that the description names. */
  get options(): Partial<Options> {
    const [, strategy, wal, blockSize, tableSize] =
      /open with compaction=(\w+) wal=(\w+) block_size=(\d+) target_sst_size=(\d+)/.exec(this.#description) ?? [];
    return {
      compaction: REFERENCE_STRATEGIES[strategy as keyof typeof REFERENCE_STRATEGIES],
      blockSizeBytes: Number(blockSize),
      tableSizeBytes: Number(tableSize),
      memtableSizeBytes: Number(tableSize),
      memtableLimit: 3,
      durability: wal === "true" ? "process" : "none",
    };
  }

  /** The shell commands that made it, without the final `scan` and `quit`. */
  get commands(): string[] {
    const [, block] = /^```\n(.*?)^```$/ms.exec(this.#description) ?? [];
    if (block === undefined) throw new Error(`${this.name} was not made by commands`);
    return block.trim().split("\n");
  }

  /** `key value` in hexadecimal, in key order. */
  get entries(): string[] {
    const isPacked = existsSync(this.#url("expected.hex.gz"));
    const text = isPacked ? gunzipSync(this.#read("expected.hex.gz")) : this.#read("expected.hex");
    return text.toString().split("\n").filter(Boolean);
  }

  get fileNames(): string[] {
    return readdirSync(this.#url("db")).sort();
  }

  file(name: string): Buffer {
    return this.#read(`db/${name}`);
  }

  /** A copy in memory, in `/db`. */
  copy(): MemoryFileSystem {
    const fs = new MemoryFileSystem();
    fs.makeDirectory("/db");
    for (const name of this.fileNames) writeFile(fs, `/db/${name}`, this.file(name));
    return fs;
  }

  #read(path: string): Buffer {
    return readFileSync(this.#url(path));
  }

  #url(path: string): URL {
    return new URL(`${this.name}/${path}`, GOLDEN);
  }
}

/** Runs commands of the reference's shell: each counts up the epoch that `fill` writes into values. */
export async function runCommands(
  db: EngineDatabase,
  commands: readonly string[],
  afterEach: (db: EngineDatabase) => Promise<void> = async () => {},
): Promise<void> {
  for (const [epoch, command] of commands.entries()) {
    const [verb, first, last] = command.split(" ");
    if (verb === "fill") {
      for (let number = Number(first); number <= Number(last); number++) db.put(`${number}`, `value${number}@${epoch}`);
    } else if (verb === "del") db.delete(first ?? "");
    else if (verb === "get") db.get(first ?? "");
    else if (verb === "flush") await db.engine.flush();
    else if (verb === "full_compaction") await db.engine.compact();
    else throw new Error(`unknown command: ${command}`);
    await afterEach(db);
  }
}

export function readFile(fs: FileSystem, path: string): Uint8Array {
  const file = fs.open(path, "read");
  const bytes = new Uint8Array(file.sizeBytes);
  file.read(bytes, 0, bytes.length, 0);
  file.close();
  return bytes;
}

export function writeFile(fs: FileSystem, path: string, bytes: Uint8Array): void {
  const file = fs.open(path, "create");
  file.append(bytes, 0, bytes.length);
  file.sync();
  file.close();
}
