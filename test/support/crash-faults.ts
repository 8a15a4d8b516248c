import { parseFileName } from "../../src/fs/file-names.ts";
import type { Call, Injection } from "../../src/fs/memory-calls.ts";
import { MemoryFileSystem } from "../../src/fs/memory-file-system.ts";
import type { Options } from "../../src/options.ts";
import { faultsAfterCrash } from "./crash-check.ts";
import { CrashSession } from "./crash-session.ts";
import { SimulatedTime } from "./simulated-time.ts";

/** An operation on a kind of file, such as `sync log`: what an error can come from. */
export type Site = string;

export function siteOf({ operation, path }: Pick<Call, "operation" | "path">): Site {
  const { kind } = parseFileName(path.slice(path.lastIndexOf("/") + 1));
  if (kind !== "foreign") return `${operation} ${kind}`;
  return operation === "syncDirectory" && path === "/" ? "syncDirectory parent" : `${operation} directory`;
}

/**
 * One refusal: of the call with this number, and with `lasts`: of every later one at the same site, until the disk is
 * healed; with `alsoTheCut`, of the call after it, by which an unfinished append is taken back.
 */
export type Fault = {
  readonly call: Call;
  readonly injection: Injection;
  readonly lasts: "once" | "for ever" | "and the cut";
  /** A second refusal, so many calls later. */
  readonly second?: { readonly afterCalls: number; readonly injection: (call: Call) => Injection };
};

/** The calls of a script on a sound disk, numbered from 1. */
export async function callsOf(
  script: string,
  options: Partial<Options>,
  fs: MemoryFileSystem = new MemoryFileSystem(),
  onCall: (call: Call) => void = () => {},
): Promise<Call[]> {
  const calls: Call[] = [];
  const session = new CrashSession(options, fs, ({ operation, path }) => {
    const call = { number: calls.length + 1, operation, path };
    calls.push(call);
    onCall(call);
    return undefined;
  });
  await session.run(script);
  if (session.refused[0] !== undefined) throw session.refused[0].error;
  if (session.wrongReads.length > 0) throw new Error(session.wrongReads.slice(0, 5).join("; "));
  SimulatedTime.current.forget();
  return calls;
}

/** What a system may answer to this call. */
export function faultsAt(call: Call): Fault[] {
  const plain = injectionsFor(call).flatMap((injection): Fault[] => [
    { call, injection, lasts: "once" },
    { call, injection, lasts: "for ever" },
  ]);
  const isCut = call.operation === "append" && /\.wal$|MANIFEST$/.test(call.path);
  return isCut ? [...plain, { call, injection: { shortWriteBytes: 5 }, lasts: "and the cut" }] : plain;
}

export function injectionsFor({ operation }: Pick<Call, "operation">): readonly Injection[] {
  return INJECTIONS[operation] ?? ["EIO"];
}

const INJECTIONS: { readonly [operation: string]: readonly Injection[] } = {
  append: ["EIO", "ENOSPC", { shortWriteBytes: 7 }],
  create: ["ENOSPC", "EMFILE"],
  open: ["EMFILE"],
  makeDirectory: ["EACCES"],
};

export type FaultOutcome = {
  /** Whether a step was refused, something was reported by an event, or nobody was told. */
  readonly told: "the caller" | "an event" | "nobody";
  /** Whether the handle took no writes any more until it was opened again. */
  readonly isFatal: boolean;
  /** What is wrong, one sentence each. */
  readonly faults: readonly string[];
};

/** Runs a script on a disk with one fault, heals the disk, and looks at the handle and at what reopening finds. */
export async function runWithFault(
  script: string,
  options: Partial<Options>,
  fault: Fault,
  { fs = new MemoryFileSystem(), onRefusal = () => {}, onCallAfter = () => {} }: FaultyRun = {},
): Promise<FaultOutcome> {
  let number = 0;
  /** How often the database had been opened when a sync that matters was first refused. */
  let openingsAtLoss: number | undefined;
  const session = new CrashSession(options, fs, (call, running) => {
    number++;
    const injection = refusalOf(fault, call, number);
    if (injection === undefined) {
      if (number > fault.call.number) onCallAfter(call, number - fault.call.number);
      return undefined;
    }
    if (/^sync (log|manifest)$/.test(siteOf(call))) openingsAtLoss ??= running.openings;
    onRefusal(call, injection);
    return injection;
  });
  await session.run(script);
  // What was refused may be told late.
  await SimulatedTime.current.settled();
  session.fs.beforeCall = undefined;
  const told = session.refused.length > 0 ? "the caller" : session.reported.length > 0 ? "an event" : "nobody";
  const isFatal = session.wasDead || (session.isOpen && session.isDead);
  const isSyncLost = openingsAtLoss !== undefined;
  const isReopened = session.openings > (openingsAtLoss ?? session.openings);
  const faults = [...(await handleFaults(session)), ...(await diskFaults(session, options, isSyncLost, isReopened))];
  SimulatedTime.current.forget();
  const { operation, path } = fault.call;
  const where = `${JSON.stringify(fault.injection)} ${fault.lasts} at call ${fault.call.number}, ${operation} ${path}`;
  return { told, isFatal, faults: faults.map((text) => `${where}: ${text}`) };
}

type FaultyRun = {
  readonly fs?: MemoryFileSystem;
  /** Called in every call that is refused, before it is. */
  readonly onRefusal?: (call: Call, injection: Injection) => void;
  /** Called in every call behind the first refusal that is not refused, with how many calls behind it is. */
  readonly onCallAfter?: (call: Call, later: number) => void;
};

/** What call `number` of the run is answered. */
function refusalOf(fault: Fault, call: Call, number: number): Injection | undefined {
  const later = number - fault.call.number;
  if (later === 0) return fault.injection;
  if (later === fault.second?.afterCalls) return fault.second.injection(call);
  if (fault.lasts === "for ever" && later > 0 && siteOf(call) === siteOf(fault.call)) return fault.injection;
  return fault.lasts === "and the cut" && later === 1 ? "EIO" : undefined;
}

/** The same handle answers right, and takes writes again or refuses them with the first error. */
async function handleFaults(session: CrashSession): Promise<string[]> {
  if (!session.isOpen) {
    return session.fs.openFiles === 0 ? session.wrongReads : [`${session.fs.openFiles} files are open`];
  }
  const faults = session.faults();
  if (session.isDead) return [...faults, ...(await deadFaults(session))];
  const refusals = session.refused.length;
  await session.run("put a b; batch a -b c; flush; group d e!; fill 12; sync; close; put a");
  const refusal = session.refused[refusals];
  if (refusal !== undefined) faults.push(`${refusal.step} is refused on a healed disk: ${refusal.error.stack}`);
  else faults.push(...session.faults());
  return faults;
}

async function deadFaults(session: CrashSession): Promise<string[]> {
  const { manifest, logs } = session.db.engine.core;
  const first = manifest?.failure ?? logs.failure;
  const refusals = session.refused.length;
  const writes = ["put a", "delete a", "batch! a", "group a", "sync", "flush", "compact"];
  const isPlain = session.db.engine.core.format === "plain";
  if (!isPlain) await session.run("begin late; in late a");
  if (!isPlain) writes.push("commit late");
  await session.run(writes.join("; "));
  const later = session.refused.slice(refusals);
  const others = later.filter(({ error }) => error !== first);
  return [
    ...(later.length === writes.length ? [] : [`${later.length} of ${writes} are refused after ${first?.message}`]),
    ...others.map(({ step, error }) => `${step} is refused with ${error.message} instead of ${first?.message}`),
  ];
}

/**
 * Every acknowledged write is there for the next process, after a kill and after a power cut. But when the sync of a log
 * or of the manifest has failed, the next opening reads from the operating system what is not on the disk, and nothing
 * tells it so; nobody can promise that this opening's work survives a power cut.
 */
async function diskFaults(
  session: CrashSession,
  options: Partial<Options>,
  isSyncLost: boolean,
  isReopened: boolean,
): Promise<string[]> {
  const { fs, ledger } = session;
  const { promised } = ledger;
  const point = { number: 0, next: undefined, fs, promised };
  const killed = { name: "killed", fs: fs.killed(), lengthMin: promised.afterKill, isPowerCut: false, isSyncLost };
  const cut = { name: "power cut", fs: fs.crash("none"), lengthMin: promised.afterPowerCut, isPowerCut: true };
  const faults = await faultsAfterCrash(point, killed, options);
  return isSyncLost && isReopened ? faults : [...faults, ...(await faultsAfterCrash(point, cut, options))];
}
