import type { CrashChoice, Random } from "../../src/fs/crash-states.ts";
import type { Call, Operation } from "../../src/fs/memory-calls.ts";
import { MemoryFileSystem } from "../../src/fs/memory-file-system.ts";
import type { Options } from "../../src/options.ts";
import type { Promised } from "./crash-ledger.ts";
import { CrashSession } from "./crash-session.ts";
import { EngineDatabase } from "./engine-database.ts";
import { randomOf } from "./random.ts";
import { SimulatedTime } from "./simulated-time.ts";

/** The moment before one call that changes something: what the files were, and what the database had promised. */
export type CrashPoint = {
  /** How many calls had changed something before. */
  readonly number: number;
  /** The call that did not happen any more; undefined at the end of the script. */
  readonly next: Call | undefined;
  /** As the processes saw it, with what was not synced still pending. Not to be changed: `states` makes copies. */
  readonly fs: MemoryFileSystem;
  readonly promised: Promised;
  /** The recovery from a power cut, which may have taken the ends of logs. */
  readonly isAfterPowerCut?: boolean;
};

/** The calls that change what a crash leaves. */
export const CHANGES: ReadonlySet<Operation> = new Set([
  "append",
  "create",
  "link",
  "makeDirectory",
  "remove",
  "removeDirectory",
  "rename",
  "sync",
  "syncDirectory",
  "truncate",
]);

/** Runs a script once and keeps every moment between two of its effects. Throws when a step of it fails. */
export async function crashPointsOf(
  script: string,
  options: Partial<Options>,
  fs: MemoryFileSystem = new MemoryFileSystem(),
): Promise<CrashPoint[]> {
  const points: CrashPoint[] = [];
  const keep = (next: Call | undefined, session: CrashSession) => {
    points.push({ number: points.length, next, fs: session.fs.killed(), promised: session.ledger.promised });
  };
  const session = new CrashSession(options, fs, (call, running) => {
    if (CHANGES.has(call.operation)) keep(call, running);
    return undefined;
  });
  await session.run(script);
  const failure = session.refused[0] ?? session.db.eventsOf("backgroundError")[0];
  if (failure !== undefined) throw failure.error;
  if (session.wrongReads.length > 0) throw new Error(session.wrongReads.slice(0, 5).join("; "));
  keep(undefined, session);
  // The background of the database that is still open must not go on adding points.
  session.fs.beforeCall = undefined;
  SimulatedTime.current.forget();
  return points;
}

/** A disk as the next process finds it, and how many of the promised units it must hold. */
export type CrashState = {
  readonly name: string;
  readonly fs: MemoryFileSystem;
  readonly lengthMin: number;
  readonly isPowerCut: boolean;
  /** After a sync has failed, a later one does not write what it should have: then no power cut follows. */
  readonly isSyncLost?: boolean;
};

/** `crashPointsOf` for the opening of what a crash left: a second crash may come at each of its effects. */
export function pointsOfOpening(point: CrashPoint, state: CrashState, options: Partial<Options>): CrashPoint[] {
  const { promised } = point;
  const { fs } = state;
  const points: CrashPoint[] = [];
  const afterPowerCut = Math.min(state.lengthMin, promised.afterPowerCut);
  fs.beforeCall = (call) => {
    if (!CHANGES.has(call.operation)) return undefined;
    const left = { ...promised, afterKill: state.lengthMin, afterPowerCut };
    points.push({
      number: points.length,
      next: call,
      fs: fs.killed(),
      promised: left,
      isAfterPowerCut: state.isPowerCut,
    });
    return undefined;
  };
  EngineDatabase.open(options, fs);
  fs.beforeCall = undefined;
  return points;
}

/** What the disk may hold when the crash comes at this point: after a kill, and after power cuts of every severity. */
export function crashStatesOf(
  point: CrashPoint,
  following: CrashPoint | undefined,
  seeds: readonly number[],
): CrashState[] {
  const { afterKill, afterPowerCut } = point.promised;
  const powerCut = (name: string, choice: CrashChoice): CrashState => ({
    name,
    fs: point.fs.crash(choice),
    lengthMin: afterPowerCut,
    isPowerCut: true,
  });
  const kills: CrashState[] = [
    { name: "killed", fs: point.fs.killed(), lengthMin: afterKill, isPowerCut: point.isAfterPowerCut === true },
  ];
  const torn = following === undefined ? undefined : killedInAppend(point, following, randomOf(point.number));
  if (torn !== undefined)
    kills.push({
      name: "killed in mid-append",
      fs: torn,
      lengthMin: afterKill,
      isPowerCut: point.isAfterPowerCut === true,
    });
  const cuts = seeds.map((seed) => powerCut(`power cut, seed ${seed}`, randomOf(seed * 100_003 + point.number)));
  return [
    ...kills,
    powerCut("power cut, nothing unsynced left", "none"),
    powerCut("power cut, all left", "all"),
    ...cuts,
  ];
}

/** The append that comes next wrote only its first bytes. */
function killedInAppend(point: CrashPoint, following: CrashPoint, random: Random): MemoryFileSystem | undefined {
  if (point.next?.operation !== "append") return undefined;
  const { path } = point.next;
  const fs = following.fs.killed();
  const before = point.fs.stat(path)?.sizeBytes ?? 0;
  const after = fs.stat(path)?.sizeBytes ?? before;
  const file = fs.open(path, "append");
  file.truncate(before + random(after - before));
  file.close();
  return fs;
}
