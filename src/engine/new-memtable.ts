import type { ArenaSpares } from "../memtable/arena-spares.ts";
import { Memtable } from "../memtable/memtable.ts";
import type { DatabaseFormat } from "../options.ts";

/** The memtable counts a timestamp per entry where files hold one. */
const ENTRY_OVERHEAD_BYTES: { readonly [format in DatabaseFormat]: number } = { plain: 0, mvcc: 8, native: 8 };

/** `predecessor` says how much room the next memtable will probably need; `spares` may have it. */
export function newMemtable(
  id: number,
  format: DatabaseFormat,
  predecessor?: Memtable,
  spares?: ArenaSpares,
): Memtable {
  return new Memtable(id, { entryOverheadBytes: ENTRY_OVERHEAD_BYTES[format], predecessor, spares });
}
