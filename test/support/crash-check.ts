import { logFileName, parseFileName, tableFileName } from "../../src/fs/file-names.ts";
import type { MemoryFileSystem } from "../../src/fs/memory-file-system.ts";
import { readManifest } from "../../src/manifest/manifest-log.ts";
import { readNativeManifest } from "../../src/manifest/read-native-manifest.ts";
import type { Options } from "../../src/options.ts";
import { replay } from "../../src/recovery/replay.ts";
import { replayNative } from "../../src/recovery/replay-native.ts";
import { checkInvariants } from "../../src/state/check-invariants.ts";
import { contentFaults, showContent } from "./crash-content.ts";
import { areBeginningsOfLogs, areEqual, contentAfter, prefixThatMakes } from "./crash-ledger.ts";
import { CHANGES, type CrashPoint, type CrashState } from "./crash-points.ts";
import { entriesOf, readableOf } from "./crash-session.ts";
import { EngineDatabase } from "./engine-database.ts";

/** Opens what a crash left and says what is wrong with it, one sentence each. Goes on with the copy that it is given. */
export async function faultsAfterCrash(
  point: CrashPoint,
  state: CrashState,
  options: Partial<Options>,
): Promise<string[]> {
  const faults = await faultsOf(point, state, options);
  const { next, number } = point;
  const before = next === undefined ? "the end" : `${next.operation} ${next.path}`;
  return faults.map((fault) => `effect ${number}, before ${before}, ${state.name}: ${fault}`);
}

async function faultsOf(point: CrashPoint, state: CrashState, options: Partial<Options>): Promise<string[]> {
  try {
    const looked = isLookedAtCloser(point) ? await readOnlyEntries(options, state) : undefined;
    const db = EngineDatabase.open(options, state.fs);
    const { units } = point.promised;
    const found = entriesOf(db);
    if (looked !== undefined && !areEqual(looked, found))
      return [`a reader finds ${showContent(looked)} instead of ${showContent(found)}`];
    const length = prefixThatMakes(found, units, state.lengthMin);
    const isMade =
      length !== undefined || (state.isPowerCut && areBeginningsOfLogs(found, point.promised, state.lengthMin));
    if (!isMade) return [`what is there is no prefix of the ${units.length} units with at least ${state.lengthMin}`];
    const content = length === undefined ? new Map(found) : contentAfter(units, length);
    const faults = [...contentFaults(readableOf(db), content), ...stateFaults(db)];
    if (isLookedAtCloser(point)) faults.push(...(await checkpointFaults(point, state)));
    return faults.length > 0 ? faults : await faultsOfGoingOn(db, content, options, state);
  } catch (error) {
    return [error instanceof Error ? (error.stack ?? error.message) : String(error)];
  }
}

/** What costs as much as all the rest is done at one of four points. */
function isLookedAtCloser({ number }: CrashPoint): boolean {
  return number % 4 === 0;
}

/** What is there for one who only looks, which must change nothing. */
async function readOnlyEntries(options: Partial<Options>, { fs }: CrashState): Promise<Map<string, string>> {
  fs.beforeCall = ({ operation, path }) => {
    if (CHANGES.has(operation)) throw new Error(`a reader does ${operation} ${path}`);
    return undefined;
  };
  try {
    const db = EngineDatabase.open({ ...options, readOnly: true }, fs);
    const entries = entriesOf(db);
    await db.close();
    return entries;
  } catch (error) {
    if ((error as { code?: string }).code !== "DATABASE_MISSING") throw error;
    return new Map();
  } finally {
    fs.beforeCall = undefined;
  }
}

/** A checkpoint that was made holds what it held; one that was under way is whole, or refused as no database. */
async function checkpointFaults({ promised }: CrashPoint, { fs }: CrashState): Promise<string[]> {
  const faults: string[] = [];
  for (const { directory, content } of promised.checkpoints) {
    let copy: EngineDatabase;
    try {
      copy = EngineDatabase.open({ directory, createIfMissing: false }, fs);
    } catch (error) {
      const code = String((error as { code?: string }).code);
      const isRefused = content === undefined && ["CORRUPTION", "DATABASE_MISSING"].includes(code);
      if (!isRefused) faults.push(`${directory} is refused: ${error}`);
      continue;
    }
    const found = entriesOf(copy);
    const expected = content ?? contentAfter(promised.units, prefixThatMakes(found, promised.units, 0) ?? 0);
    const differences = [...contentFaults(readableOf(copy), expected), ...stateFaults(copy)];
    faults.push(...differences.map((difference) => `${directory}: ${difference}`));
    await copy.close();
  }
  return faults;
}

/** The database takes writes, closes, survives a power cut after that, and leaves no file behind. */
async function faultsOfGoingOn(
  db: EngineDatabase,
  content: Map<string, string>,
  options: Partial<Options>,
  state: CrashState,
): Promise<string[]> {
  const deleted = content.keys().next().value ?? "k0";
  db.put("afterwards", "new".padEnd(200, "n"));
  db.put("k1", "replaced");
  db.delete(deleted);
  content.set("afterwards", "new".padEnd(200, "n")).set("k1", "replaced").delete(deleted);
  await db.close();
  const left = db.fs as MemoryFileSystem;
  const fs = state.isSyncLost ? left.killed() : left.crash("none");
  let again = EngineDatabase.open(options, fs);
  if (again.eventsOf("warning").some(({ message }) => message.includes("incomplete WAL"))) {
    // An opening that was killed had cut a log to nothing without a sync, and the power cut brought the torn tail back.
    await again.close();
    again = EngineDatabase.open(options, fs);
  }
  const faults = [...contentFaults(readableOf(again), content), ...stateFaults(again), ...leftovers(again)];
  for (const { message } of again.eventsOf("warning")) faults.push(`the second opening warns: ${message}`);
  await again.close();
  if (fs.openFiles > 0) faults.push(`${fs.openFiles} files are open after close`);
  return faults;
}

function stateFaults(db: EngineDatabase): string[] {
  return checkInvariants(db.engine.core.states.current);
}

/** Files that a clean opening should have deleted, and files that are missing. */
export function leftovers(db: EngineDatabase): string[] {
  const { core } = db.engine;
  const { logged, isProtected } = core.format === "native" ? keptInNative(db) : keptByReference(db);
  const tables = [...core.states.current.tables.keys()].map(tableFileName);
  const expected = new Set(["MANIFEST", ...tables, ...logged.map(logFileName)]);
  const names = db.fs.list(db.directory);
  const left = names.filter((name) => !expected.has(name) && !isProtected(name));
  const missing = [...expected].filter((name) => !names.includes(name));
  return [...left.map((name) => `${name} is left over`), ...missing.map((name) => `${name} is missing`)];
}

type Kept = { readonly logged: readonly number[]; readonly isProtected: (name: string) => boolean };

function keptInNative(db: EngineDatabase): Kept {
  const path = db.path("MANIFEST");
  const { announced } = replayNative(readNativeManifest(db.fs, path), path);
  const logged = announced.liveMemtables.filter((memtable) => memtable.hasLog).map((memtable) => memtable.id);
  // What a memtable without a log held may be nowhere else.
  const unlogged = announced.liveMemtables.filter((memtable) => !memtable.hasLog).map(({ id }) => tableFileName(id));
  return { logged, isProtected: (name) => unlogged.includes(name) };
}

/**
 * A table that no record names, under an id that a record has passed, stays: it may be a lost one (design D14). So does
 * the log of a memtable that no record retired.
 */
function keptByReference(db: EngineDatabase): Kept {
  const path = db.path("MANIFEST");
  const { liveMemtables, maxId, replacedTables } = replay(readManifest(db.fs, path).records, path);
  const { core } = db.engine;
  const hasLogs = core.options.durability !== "none" || core.logs.isNeeded;
  const isProtected = (name: string) => {
    const parsed = parseFileName(name);
    return parsed.kind === "table" && parsed.id <= maxId && !replacedTables.has(parsed.id);
  };
  return { logged: hasLogs ? liveMemtables : [], isProtected };
}
