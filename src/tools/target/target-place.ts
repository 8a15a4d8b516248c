import { realpathSync, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { LsmError } from "../../errors.ts";
import { nodeFileSystem } from "../../fs/node-file-system.ts";
import { systemCodeOf, toIoError } from "../../fs/system-error.ts";

/** Where a database is to be made: `path` is `given` with its parents' symbolic links resolved, as is `parent`. */
export type TargetPlace = {
  readonly given: string;
  readonly path: string;
  readonly parent: string;
  readonly work: Work;
};

/** What makes a database, for messages. */
export type Work = "conversion" | "repair" | "backup" | "import" | "export" | "benchmark";

/** What the directory is called in which the work is done until it is complete, beside its target. */
const UNFINISHED_SUFFIX = ".unfinished";

/** Throws LsmError INVALID_ARGUMENT when the parent is no directory: the work makes one directory, not several. */
export function targetPlace(given: string, work: Work): TargetPlace {
  const absolute = resolve(given);
  const parent = dirname(absolute);
  if (!isDirectory(parent)) {
    throw new LsmError("INVALID_ARGUMENT", `cannot make ${given}: there is no directory ${dirname(given)}`);
  }
  const realParent = attempt("resolve", parent, () => realpathSync(parent));
  return { given, parent: realParent, path: join(realParent, basename(absolute)), work };
}

export function unfinishedPath({ path }: TargetPlace): string {
  return path + UNFINISHED_SUFFIX;
}

/**
 * No work reads what it writes or puts one database into another. Directories are told apart by device and
 * inode, so that no link and no other spelling of a name hides that two are one. Throws LsmError INVALID_ARGUMENT.
 */
export function refuseOverlap(from: string, target: TargetPlace): void {
  const [source, ...around] = lineage(from);
  const own = identity(target.path);
  if (own === source) throw overlap(`${from} and ${target.given} are the same directory`);
  if (own !== undefined && around.includes(own)) throw overlap(`${from} lies inside ${target.given}`);
  if (lineage(target.parent).includes(source)) throw overlap(`${target.given} lies inside ${from}`);

  const unfinished = unfinishedPath(target);
  const working = identity(unfinished);
  if (working === undefined || (working !== source && !around.includes(working))) return;
  throw overlap(
    `${from} lies in ${unfinished}, where ${withArticle(target.work)} to ${target.given} works: move it elsewhere first`,
  );
}

/** Nothing may stand there but an empty directory. Throws LsmError DATABASE_EXISTS, or NOT_A_DATABASE for no directory. */
export function refuseOccupied({ given, path, parent, work }: TargetPlace): void {
  const status = nodeFileSystem.stat(path);
  if (status === undefined) return;
  if (status.kind !== "directory") {
    const kind = status.kind === "link" ? "symbolic link" : status.kind;
    throw new LsmError(
      "NOT_A_DATABASE",
      `${given} is there already: a ${kind}, and ${withArticle(work)} replaces nothing`,
    );
  }
  const [first] = nodeFileSystem.list(path).sort();
  if (first !== undefined) {
    throw new LsmError(
      "DATABASE_EXISTS",
      `${given} is not empty, it holds ${first}: ${withArticle(work)} replaces nothing`,
    );
  }
  if (status.device !== nodeFileSystem.stat(parent)?.device) {
    throw new LsmError("INVALID_ARGUMENT", `${given} is where another disk begins: name a new directory inside it`);
  }
}

/** Such as `a backup`, `an import`. */
export function withArticle(work: Work): string {
  return `${/^[aeiou]/.test(work) ? "an" : "a"} ${work}`;
}

/** The directory itself and all around it, from the inside out. */
function lineage(path: string): (string | undefined)[] {
  const identities: (string | undefined)[] = [];
  let at = attempt("resolve", path, () => realpathSync(path));
  for (;;) {
    identities.push(identity(at));
    if (dirname(at) === at) return identities;
    at = dirname(at);
  }
}

/** Of what the path leads to; undefined when it leads nowhere. */
function identity(path: string): string | undefined {
  const status = lookAt(path);
  return status === undefined ? undefined : `${status.dev} ${status.ino}`;
}

function isDirectory(path: string): boolean {
  return lookAt(path)?.isDirectory() === true;
}

/** As text of bigints: inodes of some file systems pass 2^53. */
function lookAt(path: string) {
  try {
    return statSync(path, { bigint: true });
  } catch (error) {
    if (["ENOENT", "ENOTDIR", "ELOOP"].includes(systemCodeOf(error) ?? "")) return undefined;
    throw toIoError("look at", path, error);
  }
}

function overlap(message: string): LsmError {
  return new LsmError("INVALID_ARGUMENT", message);
}

function attempt<Result>(operation: string, path: string, call: () => Result): Result {
  try {
    return call();
  } catch (error) {
    throw toIoError(operation, path, error);
  }
}
