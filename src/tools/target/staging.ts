import { rmSync } from "node:fs";
import { join } from "node:path";
import { MiniLsm } from "../../engine/mini-lsm.ts";
import { IoError, LsmError } from "../../errors.ts";
import { acquireDirectoryLock, type DirectoryLock } from "../../fs/directory-lock.ts";
import { parseFileName } from "../../fs/file-names.ts";
import { nodeFileSystem } from "../../fs/node-file-system.ts";
import { toIoError } from "../../fs/system-error.ts";
import { refuseOccupied, type TargetPlace, unfinishedPath } from "./target-place.ts";

const DATABASE_NAME = "database";

/** What a system answers when a directory is renamed to a name that somebody else has taken. */
const TAKEN: ReadonlySet<string> = new Set(["EEXIST", "ENOTEMPTY", "ENOTDIR", "EISDIR"]);

/**
 * Where a conversion, a repair or an import makes a database before it gets its name: `TO.unfinished/database`, beside TO.
 *
 * TO appears by one rename of a database that is complete and synced, so a process that is killed leaves TO as it was. What
 * it leaves of its own is a directory that says it is unfinished and holds no database itself; the next work for TO
 * clears it away. The directory is locked all the while: others that would make the same TO are refused.
 */
export class Staging {
  /** Where to make the database; nothing is there. */
  readonly database: string;
  readonly #target: TargetPlace;
  readonly #directory: string;
  readonly #lock: DirectoryLock;

  private constructor(target: TargetPlace, directory: string, lock: DirectoryLock) {
    this.#target = target;
    this.#directory = directory;
    this.#lock = lock;
    this.database = join(directory, DATABASE_NAME);
  }

  /** Rejects with LsmError LOCKED while another one works there, DATABASE_EXISTS when TO or foreign files are in the way. */
  static async begin(target: TargetPlace): Promise<Staging> {
    const directory = unfinishedPath(target);
    nodeFileSystem.makeDirectory(directory);
    const staging = new Staging(target, directory, await acquireDirectoryLock(directory));
    try {
      refuseOccupied(target);
      await staging.#clear();
    } catch (error) {
      await staging.#leave();
      throw error;
    }
    return staging;
  }

  /** Gives the database, which must be closed, its name, and makes that durable. */
  publish(): void {
    const { given, path, parent } = this.#target;
    refuseOccupied(this.#target);
    try {
      // Not every system renames over an empty directory, and none removes one that is not.
      if (nodeFileSystem.stat(path) !== undefined) nodeFileSystem.removeDirectory(path);
      nodeFileSystem.rename(this.database, path);
    } catch (error) {
      if (!(error instanceof IoError && TAKEN.has(error.systemCode))) throw error;
      throw new LsmError("DATABASE_EXISTS", `${given} came to be something else meanwhile`, { cause: error });
    }
    nodeFileSystem.syncDirectory(parent);
  }

  /** Removes the database, unless it was published, and the directory. */
  async end(): Promise<void> {
    try {
      rmSync(this.database, { recursive: true, force: true });
    } catch (error) {
      throw toIoError("remove", this.database, error);
    } finally {
      await this.#leave();
    }
  }

  /** Removes what a killed one left, and nothing that none can have made. */
  async #clear(): Promise<void> {
    const isOurs = (name: string): boolean =>
      name === DATABASE_NAME || ["lock", "temporary"].includes(parseFileName(name).kind);
    const names = nodeFileSystem.list(this.#directory);
    const left = names.includes(DATABASE_NAME) ? (await MiniLsm.destroy(this.database)).left : [];
    const foreign = names.find((name) => !isOurs(name)) ?? left[0];
    if (foreign === undefined) return;
    throw new LsmError(
      "DATABASE_EXISTS",
      `${this.#directory} is in the way: it holds ${foreign}, which no ${this.#target.work} made`,
    );
  }

  async #leave(): Promise<void> {
    await this.#lock.release();
    try {
      nodeFileSystem.removeDirectory(this.#directory);
    } catch (error) {
      // Whatever is in it is somebody else's, perhaps the lock of the next one.
      if (!(error instanceof IoError)) throw error;
    }
  }
}
