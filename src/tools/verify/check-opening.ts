import { LsmError } from "../../errors.ts";
import type { FileSystem } from "../../fs/file-system.ts";
import { Memtable } from "../../memtable/memtable.ts";
import { resolveOptions } from "../../options.ts";
import { recover } from "../../recovery/recover.ts";
import { BlockCache } from "../../sstable/block-cache.ts";
import { SSTable } from "../../sstable/sstable.ts";
import { TableCache } from "../../sstable/table-cache.ts";
import { checkInvariants } from "../../state/check-invariants.ts";
import { buildState } from "../../state/lsm-state.ts";

const OPEN_FILES_MAX = 64;
const OPTIONS = resolveOptions({ readOnly: true, compaction: { strategy: "none" } });

/**
 * Opens the database as the engine does, without writing, and checks what must hold of every state. Answers what is wrong,
 * one sentence each. `databaseId` is that of a `native` database.
 */
export function checkOpening(fs: FileSystem, directory: string, databaseId: Uint8Array | undefined): string[] {
  const tables = new TableCache(fs, directory, OPEN_FILES_MAX);
  const host = { tables, blocks: new BlockCache(0), databaseId };
  try {
    const {
      tree,
      tables: opened,
      immutableMemtables,
      memtableId,
    } = recover({
      fs,
      directory,
      options: OPTIONS,
      openTable: (id, format, description) => SSTable.open(host, id, format, description),
      newDatabaseId: () => new Uint8Array(0),
    });
    return checkInvariants(
      buildState(new Memtable(memtableId, { entryOverheadBytes: 0 }), immutableMemtables, tree, opened),
    );
  } catch (error) {
    if (!(error instanceof LsmError) || error.code === "UNSUPPORTED") throw error;
    return [error.message];
  } finally {
    tables.closeAll();
  }
}
