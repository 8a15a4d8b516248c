import { type AbstractLevel, AbstractSnapshot } from "abstract-level";
import type { Snapshot } from "../../engine/snapshot.ts";
import type { Format } from "./encoding.ts";
import { LevelError } from "./errors.ts";

/** What abstract-level gives a snapshot: the database, or the sublevel of it, that closes the snapshot with itself. */
export type SnapshotOptions = { readonly owner: AbstractLevel<Format> };

/** The constructor is for implementations only, and not in the package's types. */
const Base = AbstractSnapshot as unknown as new (options: SnapshotOptions) => AbstractSnapshot;

/** An explicit snapshot, over one of the engine's. */
export class LevelSnapshot extends Base {
  readonly reads: Snapshot;
  readonly database: object;

  constructor(options: SnapshotOptions, reads: Snapshot, database: object) {
    super(options);
    this.reads = reads;
    this.database = database;
  }

  async _close(): Promise<void> {
    this.reads.close();
  }
}

/** Throws when the snapshot is another database's, which would answer with that one's entries. */
export function readsOf(snapshot: AbstractSnapshot, database: object): Snapshot {
  if (snapshot instanceof LevelSnapshot && snapshot.database === database) return snapshot.reads;
  throw new LevelError("LEVEL_NOT_SUPPORTED", "The snapshot was made by another database");
}
