import { MemoryFileSystem } from "../../../src/fs/memory-file-system.ts";
import type { DatabaseFormat } from "../../../src/options.ts";
import { EngineDatabase, QUIET } from "../../support/engine-database.ts";

/**
 * A database in `/db` as a killed process left it: tables in L0 and below, logs of a frozen memtable and of the current one,
 * a manifest with records of each kind. Each of them is a few hundred bytes.
 */
export async function sampleDatabase(format: DatabaseFormat): Promise<MemoryFileSystem> {
  const fs = new MemoryFileSystem();
  const options = { ...QUIET, formatOfNew: format, durability: "process", blockSizeBytes: 64 } as const;
  const database = EngineDatabase.open(options, fs);
  await database.run("a=1 b=2 c=33 k1=v k2=w flush b=4 -c zz=end flush compact a=5 k5=x flush -k1 aa=7 flush");
  database.freeze("d=8888888888888888");
  await database.run("e=9 -a k5=y");
  const left = fs.killed();
  await database.close();
  return left;
}
