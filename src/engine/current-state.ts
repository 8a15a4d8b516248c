import { assert } from "../errors.ts";
import type { CurrentState } from "../manifest/edit-log.ts";
import type { SSTable } from "../sstable/sstable.ts";
import type { NewTable } from "../sstable/table-output.ts";
import { describeTree } from "../state/described-tree.ts";
import { type LsmState, tableOf } from "../state/lsm-state.ts";

/** A state of a `native` database as its manifest tells it. */
export function currentState(state: LsmState): CurrentState {
  const { memtable, immutableMemtables, tree, tables } = state;
  return {
    tables: describeTree(tree, (id) => descriptionOf(tableOf(tables, id))),
    memtableIds: new Set([memtable.id, ...immutableMemtables.map((frozen) => frozen.id)]),
  };
}

function descriptionOf(table: SSTable): NewTable {
  const { id, sizeBytes, entryCount, deleteCount, rangeDeleteCount, firstKey, lastKey, maxTimestamp } = table;
  assert(entryCount !== undefined && deleteCount !== undefined, "a table of native says how many entries it has");
  return { id, sizeBytes, entryCount, deleteCount, rangeDeleteCount, firstKey, lastKey, maxTimestamp };
}
