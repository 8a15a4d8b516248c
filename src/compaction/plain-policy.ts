import type { StorageIterator } from "../iterator/storage-iterator.ts";
import { ENTRY_KIND } from "../key.ts";

/** For files with one version per key: deletes have done their work where nothing older lies below. */
export class PlainPolicy {
  readonly mayBeginTable = true;
  readonly #reachesBottom: boolean;

  constructor(reachesBottom: boolean) {
    this.#reachesBottom = reachesBottom;
  }

  keeps(entry: StorageIterator): boolean {
    return !(this.#reachesBottom && entry.kind === ENTRY_KIND.delete);
  }
}
