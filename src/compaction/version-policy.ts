import { compareBytes, copyBytes } from "../codec/bytes.ts";
import type { StorageIterator } from "../iterator/storage-iterator.ts";
import { ENTRY_KIND } from "../key.ts";
import type { MergeRules } from "./merge-rules.ts";

const KEY_SIZE_AT_FIRST = 64;
/** Unlike that of any key: one may be empty. */
const NO_KEY_LENGTH = -1;

/**
 * For files with versions. Kept are all versions above the watermark, and of those at or below it the newest of each key,
 * which every reader sees that sees none of the former. That one goes, too, when it is the newest of all, a delete, and
 * nothing older lies below; or when its key has a dropped prefix.
 *
 * All versions of a key stay in one table, however large it becomes: tables of a level must not share a key.
 */
export class VersionPolicy {
  /** Set by `keeps`: the entry is the first of its key. */
  mayBeginTable = true;
  readonly #rules: MergeRules;
  /** The key of the last entry that was kept, or of a delete that went with all that is older. */
  #key: Uint8Array = new Uint8Array(KEY_SIZE_AT_FIRST);
  #keyLength = NO_KEY_LENGTH;
  /** Whether no version at or below the watermark was met of the current key. */
  #isNewestBelow = false;

  constructor(rules: MergeRules) {
    this.#rules = rules;
  }

  keeps(entry: StorageIterator): boolean {
    const { watermark, reachesBottom } = this.#rules;
    const isSameKey = this.#isSameKey(entry);
    if (!isSameKey) this.#isNewestBelow = true;
    if (entry.timestamp <= watermark) {
      if (!this.#isNewestBelow) return false;
      if (reachesBottom && !isSameKey && entry.kind === ENTRY_KIND.delete) {
        this.#remember(entry);
        this.#isNewestBelow = false;
        return false;
      }
      this.#isNewestBelow = false;
      // The key is not remembered: each of its older versions is taken for the first one, and goes the same way.
      if (this.#isDropped(entry)) return false;
    }
    if (!isSameKey) this.#remember(entry);
    this.mayBeginTable = !isSameKey;
    return true;
  }

  #isSameKey({ keyBuffer, keyStart, keyEnd }: StorageIterator): boolean {
    const length = this.#keyLength;
    if (keyEnd - keyStart !== length) return false;
    return compareBytes(this.#key, 0, length, keyBuffer, keyStart, keyEnd) === 0;
  }

  #remember({ keyBuffer, keyStart, keyEnd }: StorageIterator): void {
    const length = keyEnd - keyStart;
    if (length > this.#key.length) this.#key = new Uint8Array(Math.max(length, this.#key.length * 2));
    copyBytes(keyBuffer, keyStart, keyEnd, this.#key, 0);
    this.#keyLength = length;
  }

  #isDropped({ keyBuffer, keyStart, keyEnd }: StorageIterator): boolean {
    for (const prefix of this.#rules.droppedPrefixes) {
      const end = keyStart + prefix.length;
      if (end <= keyEnd && compareBytes(keyBuffer, keyStart, end, prefix, 0, prefix.length) === 0) return true;
    }
    return false;
  }
}
