import { join } from "node:path";
import { CorruptionError, IoError, LsmError } from "../../errors.ts";
import { logFileName, MANIFEST_NAME, tableFileName } from "../../fs/file-names.ts";
import type { FileSystem } from "../../fs/file-system.ts";
import { listDatabaseFiles } from "../../recovery/directory-contents.ts";
import { type KnownDatabase, readKnownDatabase } from "../anatomy/known-database.ts";
import type { Watch } from "../watch.ts";

/** From where, and to which empty directory. */
export type CopyRequest = {
  readonly fs: FileSystem;
  readonly from: string;
  readonly to: string;
  /** Never link. */
  readonly mustCopy: boolean;
};

export type CopiedFiles = {
  /** By the copy's own manifest. */
  readonly known: KnownDatabase;
  readonly linkedTables: number;
  readonly copiedTables: number;
  readonly logs: number;
  /** How much the watch was told was done. */
  readonly doneBytes: number;
};

/** So often the tree may change under a copy. A link takes some 20 µs, so once is rare; a copy to another disk takes longer. */
const ATTEMPTS_MAX = 100;

/**
 * Copies the files of a database that somebody may be writing to, without asking them.
 *
 * The manifest comes first: it names tables, which never change, and logs, of which only the newest grows, so whatever is
 * copied later belongs to that manifest and perhaps to some writes more. Logs come next, as they live shortest. A file that is gone was given up by a newer
 * manifest: the copy begins again with that one, and keeps the tables it has. A file that is gone and stays named was
 * missing all along: a table is damage, and a log was never written.
 */
export async function copyFiles(request: CopyRequest, watch: Watch): Promise<CopiedFiles> {
  const { fs, from, to } = request;
  const copy = new GrowingCopy(request, watch);
  let missingBefore: ReadonlySet<string> = new Set();
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    const known = await copyManifest(request);
    const missing = new Set<string>([...(await copy.takeLogs(known)), ...(await copy.takeTables(known))]);
    if (isIn(missing, missingBefore)) {
      refuseMissingTable(from, known, missing);
      copy.dropOthers(known);
      return { known, ...copy.totals() };
    }
    missingBefore = missing;
  }
  fs.remove(join(to, MANIFEST_NAME));
  throw new LsmError(
    "LOCKED",
    `${from} changes faster than it can be copied: use \`backup\` in the shell that has it open`,
  );
}

/** Of the copy of the manifest, as the original may have changed by the time it is read. */
async function copyManifest({ fs, from, to }: CopyRequest): Promise<KnownDatabase> {
  const copied = join(to, MANIFEST_NAME);
  if (fs.stat(copied) !== undefined) fs.remove(copied);
  await copyFile(fs, join(from, MANIFEST_NAME), copied);
  const known = readKnownDatabase(fs, to, { ...listDatabaseFiles(fs, to), hasManifest: true });
  if (known === undefined) throw new LsmError("DATABASE_MISSING", `${from} holds no database any more`);
  return known;
}

function refuseMissingTable(from: string, known: KnownDatabase, missing: ReadonlySet<string>): void {
  const lost = tableNames(known).find((name) => missing.has(name));
  if (lost === undefined) return;
  throw new CorruptionError(join(from, lost), 0, "the table is missing, though the manifest names it");
}

/** The files of the copy, attempt after attempt. */
class GrowingCopy {
  readonly #request: CopyRequest;
  readonly #watch: Watch;
  readonly #tables = new Map<string, "linked" | "copied">();
  #logs = new Set<string>();
  #canLink: boolean;
  #doneBytes = 0;

  constructor(request: CopyRequest, watch: Watch) {
    this.#request = request;
    this.#watch = watch;
    this.#canLink = !request.mustCopy;
  }

  /** Answers the names of those that are not there. */
  async takeTables(known: KnownDatabase): Promise<string[]> {
    const missing: string[] = [];
    for (const name of tableNames(known)) {
      if (this.#tables.has(name)) continue;
      const how = await this.#take(name);
      if (how === undefined) missing.push(name);
      else this.#tables.set(name, how);
      if (missing.length > 0) break;
    }
    return missing;
  }

  /** Anew in every attempt: they grow. */
  async takeLogs({ format, liveMemtables }: KnownDatabase): Promise<string[]> {
    const { fs, from, to } = this.#request;
    for (const name of this.#logs) fs.remove(join(to, name));
    this.#logs = new Set();
    const missing: string[] = [];
    for (const { id, hasLog } of liveMemtables) {
      if (format === "native" && !hasLog) continue;
      const name = logFileName(id);
      this.#watch.signal.throwIfAborted();
      if (await copyUnlessMissing(fs, join(from, name), join(to, name))) this.#logs.add(name);
      else missing.push(name);
    }
    return missing;
  }

  /** Tables of earlier attempts that the manifest names no more. */
  dropOthers(known: KnownDatabase): void {
    const { fs, to } = this.#request;
    const named = new Set(tableNames(known));
    for (const name of this.#tables.keys()) {
      if (named.has(name)) continue;
      fs.remove(join(to, name));
      this.#tables.delete(name);
    }
  }

  totals(): Omit<CopiedFiles, "known"> {
    const linkedTables = [...this.#tables.values()].filter((how) => how === "linked").length;
    return {
      linkedTables,
      copiedTables: this.#tables.size - linkedTables,
      logs: this.#logs.size,
      doneBytes: this.#doneBytes,
    };
  }

  async #take(name: string): Promise<"linked" | "copied" | undefined> {
    const { fs, from, to } = this.#request;
    const [source, target] = [join(from, name), join(to, name)];
    this.#watch.signal.throwIfAborted();
    const isLinked = this.#canLink && this.#link(source, target);
    if (!isLinked && !(await copyUnlessMissing(fs, source, target))) return undefined;
    this.#doneBytes += fs.stat(target)?.sizeBytes ?? 0;
    if (this.#watch.isBreathDue()) await this.#watch.breathe(this.#doneBytes);
    return isLinked ? "linked" : "copied";
  }

  /** False where that is not possible, for whatever reason: a copy will work, or say what is wrong. */
  #link(source: string, target: string): boolean {
    const { fs } = this.#request;
    // A link to a symbolic link would be one.
    if (fs.stat(source)?.kind !== "file") return false;
    try {
      fs.link(source, target);
      return true;
    } catch (error) {
      if (!(error instanceof IoError)) throw error;
      this.#canLink = error.systemCode === "ENOENT";
      return false;
    }
  }
}

/** False when there is nothing to copy. */
async function copyUnlessMissing(fs: FileSystem, from: string, to: string): Promise<boolean> {
  try {
    await copyFile(fs, from, to);
    return true;
  } catch (error) {
    if (error instanceof IoError && error.systemCode === "ENOENT") return false;
    throw error;
  }
}

function copyFile(fs: FileSystem, from: string, to: string): Promise<void> {
  return new Promise((resolve, reject) => {
    fs.copyInBackground(from, to, (error) => (error === undefined ? resolve() : reject(error)));
  });
}

function tableNames({ tree }: KnownDatabase): string[] {
  return [tree.level0, ...tree.levels.map((level) => level.tables)].flat().map(tableFileName);
}

function isIn(names: ReadonlySet<string>, others: ReadonlySet<string>): boolean {
  return [...names].every((name) => others.has(name));
}
