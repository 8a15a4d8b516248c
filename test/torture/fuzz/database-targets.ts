import { SIZE_DATABASE_ID } from "../../../src/codec/native-header.ts";
import { LsmError } from "../../../src/errors.ts";
import { LOCK_NAME, MANIFEST_NAME, parseFileName } from "../../../src/fs/file-names.ts";
import type { MemoryFileSystem } from "../../../src/fs/memory-file-system.ts";
import { type DatabaseFormat, resolveOptions } from "../../../src/options.ts";
import { recover } from "../../../src/recovery/recover.ts";
import { BlockCache } from "../../../src/sstable/block-cache.ts";
import { SSTable } from "../../../src/sstable/sstable.ts";
import { TableCache } from "../../../src/sstable/table-cache.ts";
import { inspectDatabase } from "../../../src/tools/inspect/inspect-database.ts";
import { checkDatabase } from "../../../src/tools/verify/check-database.ts";
import type { Verification } from "../../../src/tools/verify/findings.ts";
import { EngineDatabase } from "../../support/engine-database.ts";
import { readFile, writeFile } from "../../support/engine-golden.ts";
import { ForgedTable } from "../../support/forged-table.ts";
import { type FuzzTarget, faultOfRefusal } from "./fuzz-target.ts";
import { changedNativeManifest, changedReferenceManifest } from "./manifest-targets.ts";
import { mutated, pick, type Random } from "./mutate.ts";
import { sampleDatabase } from "./sample-database.ts";
import { alterPart } from "./table-targets.ts";

const DIRECTORY = "/db";
const FORMATS: readonly DatabaseFormat[] = ["plain", "mvcc", "native"];

/**
 * A whole small database of which a file has changed, or stands in the place of another. It is opened and read as the
 * engine does, verified and inspected. Who refuses deletes nothing, and what `verify` finds no fault in can be read.
 */
async function databaseTarget(format: DatabaseFormat): Promise<FuzzTarget> {
  const sound = await sampleDatabase(format);
  const names = sound.list(DIRECTORY).filter((name) => name !== LOCK_NAME);
  return {
    name: `database ${format}`,
    attempt: (random) => {
      const fs = sound.killed();
      const name = pick(random, names);
      writeFile(fs, `${DIRECTORY}/${name}`, damaged(random, sound, format, name, pick(random, names)));
      inspectDatabase(fs, DIRECTORY);
      const { faults } = verification(fs);
      refuseLoss(fs);
      try {
        readAll(fs);
      } catch (error) {
        if (faults.length > 0 || faultOfRefusal(error) !== undefined) throw error;
        throw new Error("verify found nothing wrong", { cause: error });
      }
    },
  };
}

/** What is to stand under `name`: its own bytes changed, with checksums that are right or not, or those of `other`. */
function damaged(
  random: Random,
  fs: MemoryFileSystem,
  format: DatabaseFormat,
  name: string,
  other: string,
): Uint8Array {
  const bytes = Uint8Array.from(readFile(fs, `${DIRECTORY}/${name}`));
  const way = random(5);
  if (way === 0) return readFile(fs, `${DIRECTORY}/${other}`);
  if (way === 1) return mutated(random, bytes);
  if (name === MANIFEST_NAME) {
    return format === "native" ? changedNativeManifest(random, bytes) : changedReferenceManifest(random, bytes);
  }
  if (parseFileName(name).kind !== "table") return mutated(random, bytes);
  const table = new ForgedTable(bytes, format);
  alterPart(random, table);
  return table.bytes;
}

function verification(fs: MemoryFileSystem): Verification {
  const walk = checkDatabase(fs, DIRECTORY);
  for (;;) {
    const step = walk.next();
    if (step.done === true) return step.value;
  }
}

/** Opens a copy to write to it. Recovery that refuses must leave every file. */
function refuseLoss(fs: MemoryFileSystem): void {
  const copy = fs.killed();
  const tables = new TableCache(copy, DIRECTORY, 64);
  const host = { tables, blocks: new BlockCache(0), databaseId: undefined };
  try {
    const { manifest } = recover({
      fs: copy,
      directory: DIRECTORY,
      options: resolveOptions({ compaction: { strategy: "none" } }),
      openTable: (id, format, description) => SSTable.open(host, id, format, description),
      newDatabaseId: () => new Uint8Array(SIZE_DATABASE_ID),
    });
    manifest?.close();
  } catch (error) {
    if (!(error instanceof LsmError)) throw error;
    const lost = fs.list(DIRECTORY).filter((name) => copy.stat(`${DIRECTORY}/${name}`) === undefined);
    if (lost.length > 0) throw new Error(`refused, and deleted ${lost.join(", ")}`, { cause: error });
  } finally {
    tables.closeAll();
  }
}

function readAll(fs: MemoryFileSystem): void {
  const database = EngineDatabase.open({ readOnly: true }, fs);
  for (const key of ["a", "k5", "zz"]) database.get(key);
  database.scan();
  database.scan("(, )", { direction: "descending" });
}

export const DATABASE_TARGETS: readonly FuzzTarget[] = await Promise.all(FORMATS.map(databaseTarget));
