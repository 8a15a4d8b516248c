import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { systemCodeOf } from "./system-error.ts";

/**
 * Whether a process of this pid namespace runs, and when it began: a pid alone is given again to later processes.
 * `start` can only be compared for equality; null when the system does not tell.
 */
export type ProcessState = { readonly running: false } | { readonly running: true; readonly start: string | null };

const NOT_RUNNING: ProcessState = { running: false };

export function processState(pid: number): ProcessState {
  const status = readProcStat(pid);
  if (status !== undefined) return status;
  if (!isAlive(pid)) return NOT_RUNNING;
  return { running: true, start: asksPs() ? startFromPs(pid) : null };
}

/** proc(5): `pid (name) state …`, the start in clock ticks since boot as field 22. The name may hold spaces and brackets. */
function readProcStat(pid: number): ProcessState | undefined {
  if (process.platform !== "linux") return undefined;
  const text = readIfThere(`/proc/${pid}/stat`);
  if (text === undefined) return undefined;
  const [state, ...fields] = text.slice(text.lastIndexOf(")") + 2).split(" ");
  // A zombie has closed its files and only waits for its parent to ask how it died.
  if (state === "Z" || state === "X") return NOT_RUNNING;
  return { running: true, start: fields[22 - 4] ?? null };
}

/** Undefined also for a process that ends while it is read (ESRCH), and where /proc hides the processes of others. */
function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, "latin1");
  } catch (error) {
    if (systemCodeOf(error) === undefined) throw error;
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it is there and belongs to somebody else.
    return systemCodeOf(error) === "EPERM";
  }
}

function asksPs(): boolean {
  return process.platform !== "linux" && process.platform !== "win32";
}

/** The start as POSIX ps prints it, to the second. Zone and language are fixed: two processes must read one text. */
export function startFromPs(pid: number): string | null {
  const environment = { PATH: process.env.PATH, TZ: "UTC", LC_ALL: "C" };
  const { stdout } = spawnSync("ps", ["-o", "lstart=", "-p", String(pid)], { env: environment, encoding: "utf8" });
  const text = (stdout ?? "").trim();
  return text === "" ? null : text;
}
