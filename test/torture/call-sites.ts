import type { Call, Injection } from "../../src/fs/memory-calls.ts";
import { siteOf } from "../support/crash-faults.ts";
import { requestOfCall } from "../support/slow-disk.ts";

/** Of frames, enough for the deepest way from the engine to a file. */
const FRAMES = 25;

/** The module that asks for the call that is under way, and the call: `wal/wal.ts: append log`. */
export function callSiteOf(call: Pick<Call, "operation" | "path">): string {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = FRAMES;
  const { stack = "" } = requestOfCall() ?? new Error();
  Error.stackTraceLimit = stackTraceLimit;
  const modules = [...stack.matchAll(/\/src\/([\w-]+\/[\w-]+\.ts):/g)].map(([, module = ""]) => module);
  const module = modules.find((each) => !each.startsWith("fs/")) ?? "nobody";
  return `${module}: ${siteOf(call)}`;
}

/** `EIO`, or `a short write`. */
export function injectionName(injection: Injection): string {
  return typeof injection === "string" ? injection : "a short write";
}
