import { createRequire } from "node:module";
import { join } from "node:path";
import { type ErrorCode, LsmError } from "../../errors.ts";
import { nodeFileSystem } from "../../fs/node-file-system.ts";
import type { TransferEntry } from "./transfer-entry.ts";

const PACKAGE = "classic-level";
/** An iterator answers with so many entries, or bytes, at a time. */
const ENTRIES_PER_READ = 1000;
const BYTES_PER_READ = 1024 * 1024;

/** What is needed of a `ClassicLevel` of the package. */
interface LevelDatabase {
  open(): Promise<void>;
  iterator(options: object): LevelIterator;
  close(): Promise<void>;
}

interface LevelIterator {
  nextv(count: number): Promise<readonly (readonly [key: Uint8Array, value: Uint8Array])[]>;
  close(): Promise<void>;
}

type LevelConstructor = new (location: string, options: object) => LevelDatabase;

/** The codes of its errors that say what ours say. */
const CODES: ReadonlyMap<unknown, ErrorCode> = new Map<unknown, ErrorCode>([
  ["LEVEL_LOCKED", "LOCKED"],
  ["LEVEL_CORRUPTION", "CORRUPTION"],
]);

/**
 * Loads the user's own package, as a program in `directory` would. Rejects with LsmError UNSUPPORTED where there is none, or
 * none that fits.
 */
export async function loadClassicLevel(directory: string): Promise<LevelConstructor> {
  const require = createRequire(join(directory, "package.json"));
  let path: string;
  try {
    path = require.resolve(PACKAGE);
  } catch (error) {
    throw new LsmError(
      "UNSUPPORTED",
      `${PACKAGE} is not installed for ${directory}, and its databases are read through it: npm install ${PACKAGE}`,
      { cause: error },
    );
  }
  try {
    const loaded: { readonly ClassicLevel?: LevelConstructor } = require(path);
    if (typeof loaded.ClassicLevel === "function") return loaded.ClassicLevel;
  } catch (error) {
    throw new LsmError("UNSUPPORTED", `${PACKAGE} at ${path} cannot be loaded: ${messageOf(error)}`, { cause: error });
  }
  throw new LsmError("UNSUPPORTED", `${path} exports no ClassicLevel: npm install ${PACKAGE}@3`);
}

/**
 * The entries of a LevelDB database in key order, as their bytes are. LevelDB opens it as it always does: its own log and
 * manifest are written. Throws LsmError DATABASE_MISSING, LOCKED, CORRUPTION, IO_ERROR.
 */
export async function* classicLevelEntries(
  ClassicLevel: LevelConstructor,
  location: string,
): AsyncGenerator<Iterable<TransferEntry>> {
  const encodings = { keyEncoding: "buffer", valueEncoding: "buffer" };
  const database = new ClassicLevel(location, { ...encodings, createIfMissing: false });
  await told(location, () => database.open());
  try {
    const iterator = database.iterator({ ...encodings, fillCache: false, highWaterMarkBytes: BYTES_PER_READ });
    try {
      let number = 0;
      for (;;) {
        const entries = await told(location, () => iterator.nextv(ENTRIES_PER_READ));
        if (entries.length === 0) return;
        yield entries.map(([key, value]) => ({ key, value, place: `entry ${++number}` }));
      }
    } finally {
      await iterator.close();
    }
  } finally {
    await database.close();
  }
}

/** LevelDB itself would write into a directory that is none of its own. Throws LsmError DATABASE_MISSING. */
export function refuseOtherThanLevelDatabase(location: string): void {
  if (nodeFileSystem.stat(join(location, "CURRENT"))?.kind === "file") return;
  throw new LsmError("DATABASE_MISSING", `${location} holds no LevelDB database: there is no file CURRENT in it`);
}

async function told<Result>(location: string, call: () => Promise<Result>): Promise<Result> {
  try {
    return await call();
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    const code = "code" in Object(cause) ? CODES.get((cause as { readonly code: unknown }).code) : undefined;
    throw new LsmError(code ?? "IO_ERROR", `${PACKAGE} cannot read ${location}: ${messageOf(cause)}`, { cause: error });
  }
}

function messageOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split("\n")[0] ?? "";
}
