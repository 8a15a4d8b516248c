import { compareBytes, copyBytes } from "../../codec/bytes.ts";
import type { MergePolicy } from "../../compaction/merge-policy.ts";
import type { StorageIterator } from "../../iterator/storage-iterator.ts";
import { KEY_LENGTH_MAX } from "../../key.ts";
import type { DatabaseFormat } from "../../options.ts";

/**
 * Keeps every version that the format can hold: all of them, or in `plain` the newest of each key, which comes first. All
 * versions of a key stay in one table.
 */
export class SalvagePolicy implements MergePolicy {
  mayBeginTable = true;
  kept = 0;
  readonly #hasVersions: boolean;
  readonly #key = new Uint8Array(KEY_LENGTH_MAX);
  #keyLength = -1;

  constructor(format: DatabaseFormat) {
    this.#hasVersions = format !== "plain";
  }

  keeps({ keyBuffer, keyStart, keyEnd }: StorageIterator): boolean {
    const isRepeated =
      this.#keyLength === keyEnd - keyStart &&
      compareBytes(keyBuffer, keyStart, keyEnd, this.#key, 0, this.#keyLength) === 0;
    this.mayBeginTable = !isRepeated;
    if (isRepeated && !this.#hasVersions) return false;
    this.kept++;
    if (!isRepeated) {
      copyBytes(keyBuffer, keyStart, keyEnd, this.#key, 0);
      this.#keyLength = keyEnd - keyStart;
    }
    return true;
  }
}
