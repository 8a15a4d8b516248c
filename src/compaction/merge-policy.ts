import type { StorageIterator } from "../iterator/storage-iterator.ts";
import type { DatabaseFormat } from "../options.ts";
import type { MergeRules } from "./merge-rules.ts";
import { PlainPolicy } from "./plain-policy.ts";
import { VersionPolicy } from "./version-policy.ts";

/** Chooses what of a merge is written. It is asked about every entry once, in internal key order. */
export interface MergePolicy {
  keeps(entry: StorageIterator): boolean;
  /** Whether a new table may begin with the entry that was kept last. */
  readonly mayBeginTable: boolean;
}

export function mergePolicy(format: DatabaseFormat, rules: MergeRules): MergePolicy {
  return format === "plain" ? new PlainPolicy(rules.reachesBottom) : new VersionPolicy(rules);
}
