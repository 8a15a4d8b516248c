import { vi } from "vitest";
import { parseFileName } from "../../src/fs/file-names.ts";
import type { Call, Injection } from "../../src/fs/memory-calls.ts";
import { MemoryFileSystem } from "../../src/fs/memory-file-system.ts";
import type { Options } from "../../src/options.ts";
import { faultsAfterCrash } from "./crash-check.ts";
import { CrashSession } from "./crash-session.ts";

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
};

/** The calls of a script on a sound disk, numbered from 1. */
export async function callsOf(script: string, options: Partial<Options>): Promise<Call[]> {
  const calls: Call[] = [];
  const session = new CrashSession(options, new MemoryFileSystem(), ({ operation, path }) => {
    calls.push({ number: calls.length + 1, operation, path });
    return undefined;
  });
  await session.run(script);
  if (session.refused[0] !== undefined) throw session.refused[0].error;
  if (session.wrongReads.length > 0) throw new Error(session.wrongReads.slice(0, 5).join("; "));
  vi.clearAllTimers();
  return calls;
}

/** What a system may answer to this call. */
export function faultsAt(call: Call): Fault[] {
  const injections = INJECTIONS[call.operation] ?? ["EIO"];
  const plain = injections.flatMap((injection): Fault[] => [
    { call, injection, lasts: "once" },
    { call, injection, lasts: "for ever" },
  ]);
  const isCut = call.operation === "append" && /\.wal$|MANIFEST$/.test(call.path);
  return isCut ? [...plain, { call, injection: { shortWriteBytes: 5 }, lasts: "and the cut" }] : plain;
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
export async function runWithFault(script: string, options: Partial<Options>, fault: Fault): Promise<FaultOutcome> {
  let number = 0;
  let openings = 0;
  const site = siteOf(fault.call);
  const session = new CrashSession(options, new MemoryFileSystem(), (call) => {
    number++;
    if (number <= fault.call.number) openings = session.openings;
    if (number === fault.call.number) return fault.injection;
    if (fault.lasts === "for ever" && number > fault.call.number && siteOf(call) === site) return fault.injection;
    return fault.lasts === "and the cut" && number === fault.call.number + 1 ? "EIO" : undefined;
  });
  await session.run(script);
  session.fs.beforeCall = undefined;
  const told = session.refused.length > 0 ? "the caller" : session.reported.length > 0 ? "an event" : "nobody";
  const isFatal = session.wasDead || (session.isOpen && session.isDead);
  const isSyncLost = /^sync (log|manifest)$/.test(site);
  const faults = [
    ...(await handleFaults(session)),
    ...(await diskFaults(session, options, isSyncLost, session.openings > openings)),
  ];
  vi.clearAllTimers();
  const { operation, path } = fault.call;
  const where = `${JSON.stringify(fault.injection)} ${fault.lasts} at call ${fault.call.number}, ${operation} ${path}`;
  return { told, isFatal, faults: faults.map((text) => `${where}: ${text}`) };
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
  const killed = { name: "killed", fs: fs.killed(), lengthMin: promised.afterKill, isSyncLost };
  const cut = { name: "power cut", fs: fs.crash("none"), lengthMin: promised.afterPowerCut };
  const faults = await faultsAfterCrash(point, killed, options);
  return isSyncLost && isReopened ? faults : [...faults, ...(await faultsAfterCrash(point, cut, options))];
}
