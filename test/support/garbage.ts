import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

setFlagsFromString("--expose-gc");

/** Runs the garbage collector to its end. */
export const collectGarbage = runInNewContext("gc") as () => void;

/** Memory that objects and buffers take that somebody can still reach. */
export function reachableBytes(): number {
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
