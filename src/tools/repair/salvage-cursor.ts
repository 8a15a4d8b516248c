import { EMPTY_BLOCK } from "../../block/block.ts";
import { decodeBlock } from "../../block/block-format.ts";
import { BlockIterator } from "../../block/block-iterator.ts";
import type { FileSystem } from "../../fs/file-system.ts";
import type { DatabaseFormat } from "../../options.ts";
import { SIZE_CHECKSUM } from "../../sstable/format.ts";
import { FileBytes } from "../anatomy/file-bytes.ts";
import type { Place } from "../anatomy/table-parts.ts";

/**
 * A cursor over whole blocks of a file, one after the other, whose keys ascend. One block is in memory at a time, and no
 * descriptor is held: there may be more tables than a process may have files.
 */
export class SalvageCursor extends BlockIterator {
  readonly #fs: FileSystem;
  readonly #path: string;
  readonly #format: DatabaseFormat;
  readonly #places: readonly Place[];
  #next = 0;

  /** Each place covers a block and its checksum, which were found whole. Stands on the first entry. */
  constructor(fs: FileSystem, path: string, format: DatabaseFormat, places: readonly Place[]) {
    super(EMPTY_BLOCK);
    this.#fs = fs;
    this.#path = path;
    this.#format = format;
    this.#places = places;
    this.#enterNext();
  }

  override next(): void {
    super.next();
    if (!this.valid) this.#enterNext();
  }

  #enterNext(): void {
    const place = this.#places[this.#next];
    if (place === undefined) return;
    this.#next++;
    // A block may be as large as a value: the last one is let go of first.
    this.enter(EMPTY_BLOCK);
    using file = FileBytes.open(this.#fs, this.#path);
    const bytes = file.read(place.start, place.end - SIZE_CHECKSUM);
    this.enter(decodeBlock(bytes, this.#format, this.#path, place.start));
    this.standOn(0);
  }
}
