/**
 * The names of the files in a database directory.
 *
 *   MANIFEST  LOCK  00007.sst  00007.wal
 *
 * An id is decimal, padded with zeros to five digits; so one id has one name, and a name that says the same number in
 * another way (`7.sst`, `000007.sst`) was made by someone else. Names are ours only in exactly this case of letters.
 */
export const MANIFEST_NAME = "MANIFEST";
export const LOCK_NAME = "LOCK";

const ID_DIGITS_MIN = 5;
const TABLE_SUFFIX = ".sst";
const LOG_SUFFIX = ".wal";
const TEMPORARY_SUFFIX = ".tmp";

export type FileName =
  | { readonly kind: "table" | "log"; readonly id: number }
  | { readonly kind: "manifest" | "lock" | "temporary" | "foreign" };

export function tableFileName(id: number): string {
  return paddedId(id) + TABLE_SUFFIX;
}

export function logFileName(id: number): string {
  return paddedId(id) + LOG_SUFFIX;
}

/** The name under which `name` is written before it is renamed to it. A crash may leave one; nothing ever reads it. */
export function temporaryFileName(name: string): string {
  return name + TEMPORARY_SUFFIX;
}

/** What the last component of a path says; `foreign` for everything that the functions above cannot have made. */
export function parseFileName(name: string): FileName {
  if (name === MANIFEST_NAME) return { kind: "manifest" };
  if (name === LOCK_NAME) return { kind: "lock" };
  if (name.endsWith(TABLE_SUFFIX)) return numbered("table", name.slice(0, -TABLE_SUFFIX.length));
  if (name.endsWith(LOG_SUFFIX)) return numbered("log", name.slice(0, -LOG_SUFFIX.length));
  return { kind: isTemporary(name) ? "temporary" : "foreign" };
}

function numbered(kind: "table" | "log", digits: string): FileName {
  const id = Number(digits);
  return Number.isSafeInteger(id) && paddedId(id) === digits ? { kind, id } : { kind: "foreign" };
}

/** `MANIFEST.tmp`, `00007.sst.tmp`, and the lock's own `LOCK.3f9a….tmp`; the `.tmp` of an editor or an archiver is not ours. */
function isTemporary(name: string): boolean {
  if (!name.endsWith(TEMPORARY_SUFFIX)) return false;
  const final = name.slice(0, -TEMPORARY_SUFFIX.length);
  if (final.startsWith(`${LOCK_NAME}.`)) return /^[0-9a-z.]+$/.test(final.slice(LOCK_NAME.length + 1));
  const { kind } = parseFileName(final);
  return kind !== "foreign" && kind !== "temporary";
}

function paddedId(id: number): string {
  return String(id).padStart(ID_DIGITS_MIN, "0");
}
