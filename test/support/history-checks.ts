import type { HistoryStep } from "./history-steps.ts";
import { type Committed, type History, isWrite } from "./transaction-history.ts";

/**
 * What the committed transactions, done one after the other on a map in the order of their commits, would have seen
 * otherwise, one sentence each; empty when that order explains every read and the end: then the history is serializable.
 */
export function contradictions({ committed, final }: History): string[] {
  const content = new Map<string, string>();
  const found = [...committed].sort(bySerialPlace).flatMap(({ steps }) => doSteps(content, steps));
  const end = scanned(content, { gte: "", lt: "~" }, false, content.size);
  return end === final ? found : [...found, `the end is ${final}, and should be ${end}`];
}

/** Where a transaction did not see the database as it was when it began, with its own writes over it. */
export function wrongSnapshots({ committed }: History): string[] {
  const writers = writersOf(committed);
  return committed.flatMap(({ steps, readTimestamp }) => {
    if (readTimestamp === undefined) return [];
    const content = new Map<string, string>();
    const seen = writers.filter(({ commitTimestamp = 0 }) => commitTimestamp <= readTimestamp);
    for (const writer of seen) doSteps(content, writer.steps.filter(isWrite));
    return doSteps(content, steps);
  });
}

/** Keys that a transaction wrote although somebody else had written them since it began. */
export function lostUpdates({ committed }: History): string[] {
  const writers = writersOf(committed).map((writer) => ({ ...writer, keys: pointsOf(writer.steps) }));
  return writers.flatMap(({ readTimestamp, commitTimestamp = 0, keys }) =>
    writers
      .filter((other) => isBetween(other.commitTimestamp ?? 0, readTimestamp ?? commitTimestamp, commitTimestamp))
      .flatMap((other) => other.keys.filter((key) => keys.includes(key)))
      .map((key) => `${key} was written at ${commitTimestamp} by one that read at ${readTimestamp}`),
  );
}

function writersOf(committed: readonly Committed[]): readonly Committed[] {
  return committed
    .filter(({ commitTimestamp }) => commitTimestamp !== undefined)
    .sort((left, right) => (left.commitTimestamp ?? 0) - (right.commitTimestamp ?? 0));
}

function pointsOf(steps: readonly HistoryStep[]): string[] {
  return steps.flatMap((step) => (step.kind === "put" || step.kind === "delete" ? [step.key] : []));
}

function isBetween(timestamp: number, low: number, high: number): boolean {
  return timestamp > low && timestamp < high;
}

/** Writers in the order of their commits; a reader behind the last writer that it saw. */
function bySerialPlace(left: Committed, right: Committed): number {
  const place = ({ commitTimestamp, readTimestamp }: Committed) => commitTimestamp ?? (readTimestamp ?? 0) + 0.5;
  return place(left) - place(right);
}

/** Does the steps on a map, and answers which reads saw something else. */
function doSteps(content: Map<string, string>, steps: readonly HistoryStep[]): string[] {
  const found: string[] = [];
  for (const step of steps) {
    if (step.kind === "put") content.set(step.key, step.value);
    else if (step.kind === "delete") content.delete(step.key);
    else if (step.kind === "deleteRange") {
      for (const key of [...content.keys()]) if (key >= step.range.gte && key < step.range.lt) content.delete(key);
    } else {
      const expected =
        step.kind === "get" ? content.get(step.key) : scanned(content, step.range, step.reverse, step.limit);
      if (expected !== step.seen) found.push(`${JSON.stringify(step)} should have seen ${expected}`);
    }
  }
  return found;
}

function scanned(
  content: ReadonlyMap<string, string>,
  { gte, lt }: { readonly gte: string; readonly lt: string },
  isReverse: boolean,
  limit: number,
): string {
  const keys = [...content.keys()].filter((key) => key >= gte && key < lt).sort();
  if (isReverse) keys.reverse();
  return keys
    .slice(0, limit)
    .map((key) => `${key}=${content.get(key)}`)
    .join(" ");
}
