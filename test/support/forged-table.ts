import { crc32 } from "../../src/codec/crc32.ts";
import { SIZE_NATIVE_HEADER } from "../../src/codec/native-header.ts";
import { MemoryFileSystem } from "../../src/fs/memory-file-system.ts";
import type { DatabaseFormat } from "../../src/options.ts";
import { FileBytes } from "../../src/tools/anatomy/file-bytes.ts";
import { readTableParts } from "../../src/tools/anatomy/read-table-parts.ts";
import { writeFile } from "./engine-golden.ts";

/** A stretch of a table. */
export type Stretch = { readonly start: number; readonly end: number };

/** A table's bytes, to be changed, and the checksums of its parts, to be made right again. */
export class ForgedTable {
  readonly bytes: Buffer;
  readonly format: DatabaseFormat;
  /** Each with its checksum. */
  readonly blocks: readonly Stretch[];
  readonly rangeDeletes: Stretch;
  readonly index: Stretch;
  readonly filter: Stretch;
  readonly footer: Stretch;
  /** Where each block's first key starts in the file; its length stands before it. */
  readonly indexKeys: readonly number[];

  constructor(bytes: Uint8Array, format: DatabaseFormat) {
    this.bytes = Buffer.from(bytes);
    this.format = format;
    const fs = new MemoryFileSystem();
    writeFile(fs, "/table", bytes);
    const parts = readTableParts(FileBytes.open(fs, "/table"), { format }, (...fault) => {
      throw new Error(`a table that is damaged already: ${fault.join(" ")}`);
    });
    const offsets = [...(parts.index?.blockOffsets ?? [])];
    this.blocks = offsets.slice(0, -1).map((start, index) => ({ start, end: offsets[index + 1] ?? 0 }));
    const indexStart = parts.places.find((each) => each.name === "index")?.start ?? 0;
    this.indexKeys = [...(parts.index?.firstKeyStarts ?? [])].map((at) => indexStart + at);
    const nowhere = { start: 0, end: 0 };
    const place = (name: string): Stretch => parts.places.find((each) => each.name === name) ?? nowhere;
    this.rangeDeletes = place("range deletes");
    this.index = place("index");
    this.filter = place("filter");
    this.footer = place("footer");
  }

  get firstBlock(): Stretch {
    return this.blocks[0] ?? { start: 0, end: 0 };
  }

  /** Where an entry of a block starts, and where the suffix of its key does and ends. */
  entry(block: Stretch, entry: number): { readonly start: number; readonly keyAt: number; readonly keyEnd: number } {
    const offsetsEnd = block.end - 6;
    const count = this.bytes.readUInt16BE(offsetsEnd);
    const start = block.start + this.bytes.readUInt16BE(offsetsEnd - 2 * (count - entry));
    const keyAt = start + 4;
    return { start, keyAt, keyEnd: keyAt + this.bytes.readUInt16BE(start + 2) };
  }

  /** Where the length of a value stands whose entry's key ends at `keyEnd`. */
  valueLengthAt(keyEnd: number): number {
    return keyEnd + (this.format === "plain" ? 0 : 8);
  }

  /** Makes the checksum at the end of a part right. */
  seal({ start, end }: Stretch): void {
    this.bytes.writeUInt32BE(crc32(this.bytes, start, end - 4), end - 4);
  }

  sealIndex(): void {
    const { start, end } = this.index;
    this.seal({ start: this.format === "native" ? start : start + 4, end });
  }

  sealFooter(): void {
    this.seal({ start: this.footer.start, end: this.footer.end - 8 });
  }

  sealHeader(): void {
    this.seal({ start: 0, end: SIZE_NATIVE_HEADER });
  }
}
