/**
 * Who holds a directory: what its LOCK file says, and what that is worth.
 *
 * The file is one JSON object, `LockHolder` below. It is rewritten in place at every heartbeat, always to the same
 * length; the age of the heartbeat is taken from the file's time and not from its text, since clocks of two machines
 * differ and the file system has only one.
 */
import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";
import { type ProcessState, processState } from "./process-state.ts";
import { systemCodeOf } from "./system-error.ts";

export type LockHolder = {
  /** 16 hexadecimal digits, drawn anew for every acquisition. */
  readonly token: string;
  readonly pid: number;
  /** See `ProcessState`. */
  readonly processStart: string | null;
  readonly host: string;
  /** Identity of the running kernel; two machines of one name differ here. Null where there is none. */
  readonly boot: string | null;
  readonly pidNamespace: string | null;
  /** Network namespace and name of the socket that the holder listens on; null when it has none. */
  readonly socket: string | null;
  /** Tells a LOCK that was copied along with the directory from one that was made in it. */
  readonly directoryInode: string;
  /** ISO 8601, by the clock of the holder, as `heartbeat`. */
  readonly since: string;
  readonly heartbeat: string;
};

/** How long a holder that cannot be looked at (another machine, another container) may be silent before it counts as gone. */
export const SILENCE_MS_MAX = 30_000;

/** The same for a running process whose start is unknown: likely a reused pid, but a program busy for minutes looks alike. */
export const UNPROVEN_SILENCE_MS_MAX = 600_000;

export function encodeHolder(holder: LockHolder): string {
  return `${JSON.stringify(holder)}\n`;
}

/** Undefined for anything that `encodeHolder` cannot have made. */
export function decodeHolder(text: string): LockHolder | undefined {
  const value = parseJson(text);
  return isHolder(value) ? value : undefined;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isHolder(value: unknown): value is LockHolder {
  if (typeof value !== "object" || value === null) return false;
  const fields: Partial<Record<string, unknown>> = { ...value };
  const isText = (name: string): boolean => typeof fields[name] === "string";
  const { token, pid } = fields;
  // The token becomes part of a file name, and a pid below 1 means a group of processes.
  if (typeof token !== "string" || !/^[0-9a-f]{16}$/.test(token)) return false;
  if (typeof pid !== "number" || !Number.isSafeInteger(pid) || pid < 1) return false;
  return (
    ["host", "directoryInode", "since", "heartbeat"].every(isText) &&
    ["processStart", "boot", "pidNamespace", "socket"].every((name) => fields[name] === null || isText(name))
  );
}

/** This process as the holder of a directory. */
export function thisHolder(identity: Pick<LockHolder, "token" | "socket" | "directoryInode">): LockHolder {
  const state = processState(process.pid);
  const now = new Date().toISOString();
  return {
    ...identity,
    pid: process.pid,
    processStart: state.running ? state.start : null,
    host: hostname(),
    boot: ifThere(() => readFileSync("/proc/sys/kernel/random/boot_id", "latin1").trim()),
    pidNamespace: ifThere(() => readlinkSync("/proc/self/ns/pid")),
    since: now,
    heartbeat: now,
  };
}

/** Only Linux has these files, and a sandbox may hide them. */
export function ifThere(read: () => string): string | null {
  try {
    return read();
  } catch (error) {
    if (systemCodeOf(error) === undefined) throw error;
    return null;
  }
}

/** Whether `holder`, last heard of `silentMs` ago, may still be at work, as `self` sees it. */
export function isHeld(
  holder: LockHolder,
  silentMs: number,
  self: LockHolder,
  stateOf: (pid: number) => ProcessState = processState,
): boolean {
  // A kernel gives a name to one socket: it is ours now, so whoever had it is gone.
  if (holder.socket !== null && holder.socket === self.socket && holder.boot === self.boot) return false;
  if (!isNeighbour(holder, self)) return silentMs <= SILENCE_MS_MAX;
  if (holder.directoryInode !== self.directoryInode) return false;
  const state = stateOf(holder.pid);
  if (!state.running) return false;
  if (state.start === null || holder.processStart === null) return silentMs <= UNPROVEN_SILENCE_MS_MAX;
  return state.start === holder.processStart;
}

/** Whether the pids of both mean the same processes. */
function isNeighbour(holder: LockHolder, self: LockHolder): boolean {
  return holder.host === self.host && holder.boot === self.boot && holder.pidNamespace === self.pidNamespace;
}

/** Who holds the directory and what to do about it: the end of a sentence that begins with its path. */
export function describeHolder(holder: LockHolder, silentMs: number, self: LockHolder): string {
  const name = `process ${holder.pid} on host ${holder.host} (since ${holder.since})`;
  if (isNeighbour(holder, self)) {
    const who =
      holder.pid === self.pid ? `another thread of this process, ${holder.pid} (since ${holder.since})` : name;
    return `is in use by ${who}: close it there first, or open it read-only`;
  }
  const silence = `${Math.max(0, Math.round(silentMs / 1000))} s`;
  const limit = `${SILENCE_MS_MAX / 1000} s`;
  return `is in use by ${name}, heard of ${silence} ago: close it there first; if it is gone, try again once it was silent for ${limit}`;
}
