import { CorruptionError, LsmError } from "../errors.ts";
import { Announced } from "../manifest/announced.ts";
import type { TableTree } from "../manifest/edit-log.ts";
import type { ManifestRecord } from "../manifest/manifest-frame.ts";
import { taskInputs } from "../manifest/task-inputs.ts";
import type { NewTable } from "../sstable/table-output.ts";
import { treeOf } from "../state/described-tree.ts";
import type { Tree } from "../state/tree.ts";
import { TreeEditor } from "../state/tree-editor.ts";

const NO_TABLES: TableTree = { level0: [], levels: [] };

/** Applies the edits of a manifest in order, in time that grows with what they change and not with what there is. */
export class EditReplay {
  /** Those of `tree`, each with what the manifest says of it, which is nothing in that of the reference. */
  readonly tables: Map<number, NewTable | undefined> = new Map();
  readonly announced: Announced = new Announced();
  readonly #path: string;
  readonly #editor: TreeEditor;

  /** `path` is the manifest's, for errors. Begins with no table, or with those that are described. */
  constructor(path: string, begun: TableTree = NO_TABLES) {
    this.#path = path;
    for (const tables of [begun.level0, ...begun.levels.map((level) => level.tables)]) {
      for (const table of tables) this.tables.set(table.id, table);
    }
    this.#editor = new TreeEditor(treeOf(begun), (id) => this.tables.has(id));
  }

  /** As the edits made it: `arrangeFor` gives it the form of the strategy. */
  get tree(): Tree {
    return this.#editor.tree;
  }

  /** Throws CorruptionError, with the offset of the record, for one that does not fit what came before. */
  apply({ offset, edit }: ManifestRecord): void {
    this.atRecord(offset, () => {
      this.#editor.apply(edit);
      this.announced.apply(edit);
    });
    if (edit.kind === "flush") this.tables.set(edit.id, edit.table);
    if (edit.kind !== "compaction") return;
    for (const id of taskInputs(edit.task)) this.tables.delete(id);
    for (const [index, id] of edit.outputs.entries()) this.tables.set(id, edit.tables?.[index]);
  }

  /** Names the place in the file where something is wrong. */
  atRecord(offset: number, apply: () => void): void {
    try {
      apply();
    } catch (error) {
      if (!(error instanceof LsmError)) throw error;
      throw new CorruptionError(this.#path, offset, error.message);
    }
  }
}
