/**
 * The background thread: a transport for jobs and nothing else (design D2).
 *
 * It does one slice at a time and looks for new requests in between, so that a flush, which writers may be waiting for,
 * goes before a merge that has begun.
 */
import { receiveMessageOnPort, workerData } from "node:worker_threads";
import { nodeFileSystem } from "../fs/node-file-system.ts";
import { asError } from "./as-error.ts";
import { beginJob, type JobRequest, type RunningJob } from "./job.ts";
import { type ThreadAnswer, type ThreadRequest, type ThreadStart, toPlainError } from "./thread-protocol.ts";

/** Larger than on the main thread: nothing else waits here but the next flush. */
const SLICE_BYTES = 1024 * 1024;

type Queued = { readonly job: number; readonly request: JobRequest; running: RunningJob | undefined };

const { port, progress } = workerData as ThreadStart;
const queue: Queued[] = [];

port.on("message", (message: ThreadRequest) => {
  take(message);
  for (let next = mostUrgent(); next !== undefined; next = mostUrgent()) {
    runSlice(next);
    for (let more = receiveMessageOnPort(port); more !== undefined; more = receiveMessageOnPort(port)) {
      take(more.message as ThreadRequest);
    }
  }
});

function take(message: ThreadRequest): void {
  if ("request" in message) {
    queue.push({ ...message, running: undefined });
    return;
  }
  const given = queue.find((queued) => queued.job === message.cancel);
  if (given !== undefined) giveUp(given);
}

/** The answer says that nothing is left of it, or what prevented that. */
function giveUp(queued: Queued): void {
  let failure = new Error("the job was cancelled");
  try {
    queued.running?.cancel();
  } catch (error) {
    failure = asError(error);
  }
  answer(queued, { job: queued.job, failure: toPlainError(failure) });
}

function mostUrgent(): Queued | undefined {
  return queue.find((queued) => queued.request.kind === "flush") ?? queue[0];
}

function runSlice(queued: Queued): void {
  try {
    queued.running ??= beginJob(queued.request, nodeFileSystem);
    const tables = queued.running.run(SLICE_BYTES);
    if (tables !== "more") answer(queued, { job: queued.job, tables });
  } catch (error) {
    answer(queued, { job: queued.job, failure: toPlainError(error) });
  }
  Atomics.add(progress, 0, 1);
  Atomics.notify(progress, 0);
}

function answer(queued: Queued, message: ThreadAnswer): void {
  queue.splice(queue.indexOf(queued), 1);
  port.postMessage(message);
}
