import { compareKeys } from "../codec/bytes.ts";
import { largestKey } from "../read/largest-key.ts";
import type { BatchHost } from "./batch.ts";
import type { Engine } from "./engine.ts";
import { refuseWithoutRangeDeletes } from "./needs-versions.ts";

/** What the batches of an open database are checked against. @internal */
export function batchHostOf({ core, writer }: Engine): BatchHost {
  return {
    format: core.format,
    refuseRangeDeletes: () => refuseWithoutRangeDeletes(core),
    largestKey: () => largerOf(largestKey(core.states.current), writer.largestWaitingKey),
  };
}

function largerOf(left: Uint8Array | undefined, right: Uint8Array | undefined): Uint8Array | undefined {
  if (left === undefined || right === undefined) return left ?? right;
  return compareKeys(left, right) >= 0 ? left : right;
}
