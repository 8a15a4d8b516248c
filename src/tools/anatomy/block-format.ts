import type { ReferenceFormat } from "../../options.ts";
import { BlockSearch } from "./block-search.ts";
import { attempt } from "./fault.ts";
import type { FileBytes } from "./file-bytes.ts";

/** Blocks that are looked for in each format before one is chosen. */
const BLOCKS_TRIED = 8;

/**
 * The format of a reference's table whose index does not tell: that in which the more bytes are whole blocks. undefined where
 * there are none in either. Throws LsmError UNSUPPORTED for a file of more than 4 GiB.
 */
export function formatByBlocks(file: FileBytes): ReferenceFormat | undefined {
  const bytes = attempt(
    () => {},
    "file",
    () => file.read(0, file.sizeBytes),
  );
  if (bytes === undefined) return undefined;
  const [plain, mvcc] = [bytesInBlocks(bytes, "plain"), bytesInBlocks(bytes, "mvcc")];
  if (plain === mvcc) return undefined;
  return plain > mvcc ? "plain" : "mvcc";
}

function bytesInBlocks(bytes: Uint8Array, format: ReferenceFormat): number {
  const search = new BlockSearch(bytes, format);
  let sum = 0;
  let at = 0;
  for (let count = 0; count < BLOCKS_TRIED; count++) {
    const place = search.next(at, bytes.length);
    if (place === undefined) break;
    sum += place.end - place.start;
    at = place.end;
  }
  return sum;
}
