/**
 * Runs one workload on one peer, in this process and nowhere else, and prints what was measured as one line of JSON.
 * Arguments: peer, workload, entries, an empty directory.
 */
import { readFileSync } from "node:fs";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { setImmediate as nextTurn } from "node:timers/promises";
import { KEY_BYTES, VALUE_BYTES } from "../data.js";
import { directoryBytes } from "../directory-bytes.js";
import { Model, WrongAnswer } from "./model.js";
import { each, inDisorder, STEP } from "./plans.js";
import { Session, Tally } from "./session.js";
import { quantile } from "./spans.js";
import { canDo } from "./store.js";
import { workloads } from "./workloads.js";

const MIB = 1024 * 1024;
const CACHE_BYTES_MIN = 128 * MIB;
/** What one batch of a fill holds. */
const BATCH_BYTES_MAX = 4 * MIB;
/** Steps that are done before the clock starts, so that what is measured is compiled. */
const WARM_STEPS = 20_000;

const [peerName = "", workloadName = "", asked = "", directory = ""] = process.argv.slice(2);
/** @type {import("./store.js").Peer} */
const peer = await import(`./peers/${peerName}.js`);
const workload = workloads.find(({ name }) => name === workloadName);
if (workload === undefined) throw new Error(`no workload is called ${workloadName}`);

const { valueBytes = VALUE_BYTES } = workload;
const wanted = Math.min(Number(asked), peer.entriesMax ?? Number.POSITIVE_INFINITY);
const entries = workload.entries?.(wanted) ?? wanted;
const dataBytes = entries * (KEY_BYTES + valueBytes);
const settings = {
  dataBytes,
  cacheBytes: workload.cache === "small" ? Math.ceil(dataBytes / 20) : Math.max(CACHE_BYTES_MIN, dataBytes * 2),
};
const plan = workload.plan?.(entries);
const model = new Model(
  Math.max(entries, 1 + (plan?.indexes.reduce((most, index) => Math.max(most, index), 0) ?? 0)),
  valueBytes,
);

let store = await peer.open(directory, settings);
const measured = canDo(peer, store, workload, plan) ? await measure(workload) : null;
await store.close();
// Some peers go on with something after they were closed.
process.stdout.write(JSON.stringify(measured), () => process.exit());

/** @param {import("./workloads.js").Workload} workload */
async function measure({ sweep, isFilled, turnEvery }) {
  if (isFilled) await fill();
  const session = plan === undefined ? undefined : new Session(store, model, plan, valueBytes);
  const delay = monitorEventLoopDelay({ resolution: 1 });
  if (turnEvery !== undefined) delay.enable();
  const bytesBefore = bytesToSystem();
  const measured = session === undefined ? await timeSweep(sweep) : await timePlan(session, turnEvery);
  delay.disable();
  const restFrom = performance.now();
  await store.rest?.();
  const restMs = performance.now() - restFrom;
  const peakBytes = process.resourceUsage().maxRSS * 1024;
  await store.close();
  const bytesWritten = session?.bytesWritten ?? 0;
  const figures = {
    restMs: store.rest === undefined ? undefined : restMs,
    writeAmplification: bytesWritten > 0 ? (bytesToSystem() - bytesBefore) / bytesWritten : undefined,
    loopDelayMs999: turnEvery === undefined ? undefined : delay.percentile(99.9) / 1e6,
    loopDelayMsMax: turnEvery === undefined ? undefined : delay.max / 1e6,
    diskBytes: directoryBytes(directory),
    peakBytes,
  };
  store = await peer.open(directory, settings);
  await checkEverything();
  return { ...measured, entries, figures };
}

/** Puts every entry in disorder, brings the store into shape, closes and opens it, and reads all of it once. */
async function fill() {
  const width = Math.max(1, Math.min(1000, Math.floor(BATCH_BYTES_MAX / valueBytes), entries));
  const order = inDisorder(entries);
  const whole = entries - (entries % width);
  const parts = [each(STEP.batch, order.subarray(0, whole), width), each(STEP.put, order.subarray(whole))];
  for (const part of parts) {
    const filling = new Session(store, model, part, valueBytes);
    for (let step = 0; step < filling.steps; step++) await filling.ask(step);
  }
  await store.settle?.();
  await store.close();
  store = await peer.open(directory, settings);
  await store.sweep(1, () => {});
  if (plan !== undefined && workload?.cache !== "small") await warm(plan);
}

/** Does the beginning of a plan that writes nothing, and reads what a plan that writes will read. @param {import("./plans.js").Plan} plan */
async function warm(plan) {
  const isReading = plan.kinds.every((kind) => [STEP.get, STEP.getMissing, STEP.getMany, STEP.scan].includes(kind));
  const warming = isReading ? plan : each(STEP.get, inDisorder(entries));
  if (!isReading && store.get === undefined) return;
  const session = new Session(store, model, warming, valueBytes);
  for (let step = 0; step < Math.min(session.steps, WARM_STEPS); step++) {
    const answer = session.ask(step);
    session.check(step, peer.isPromise ? await answer : answer);
  }
}

/** @param {Session} session @param {number | undefined} turnEvery */
async function timePlan(session, turnEvery) {
  const spans = new Float32Array(Math.ceil(session.steps / session.clockEvery));
  let elapsedMs = 0;
  const sliceSteps = turnEvery ?? session.steps;
  for (let from = 0; from < session.steps; from += sliceSteps) {
    const to = Math.min(from + sliceSteps, session.steps);
    const beginMs = performance.now();
    const pausedMs = peer.isPromise ? await doAwaited(session, from, to, spans) : doNow(session, from, to, spans);
    elapsedMs += performance.now() - beginMs - pausedMs;
    if (turnEvery !== undefined) await nextTurn();
  }
  spans.sort();
  return {
    operations: session.operations,
    elapsedMs,
    latenciesUs: [0.5, 0.99, 0.999, 1].map((part) => quantile(spans, part) * 1000),
  };
}

/** Answers for how long the clock should have stood still. @param {Session} session @param {number} from @param {number} to @param {Float32Array} spans */
function doNow(session, from, to, spans) {
  const { clockEvery } = session;
  let pausedMs = 0;
  for (let step = from; step < to; step++) {
    const isTimed = step % clockEvery === 0;
    const beginMs = isTimed ? performance.now() : 0;
    const answer = session.ask(step);
    if (isTimed) spans[step / clockEvery] = performance.now() - beginMs;
    pausedMs += check(session, step, answer);
  }
  return pausedMs;
}

/** As `doNow`. @param {Session} session @param {number} from @param {number} to @param {Float32Array} spans */
async function doAwaited(session, from, to, spans) {
  const { clockEvery } = session;
  let pausedMs = 0;
  for (let step = from; step < to; step++) {
    const isTimed = step % clockEvery === 0;
    const beginMs = isTimed ? performance.now() : 0;
    const answer = await session.ask(step);
    if (isTimed) spans[step / clockEvery] = performance.now() - beginMs;
    pausedMs += check(session, step, answer);
  }
  return pausedMs;
}

/** @param {Session} session @param {number} step @param {unknown} answer */
function check(session, step, answer) {
  if (!session.isSlowToCheck(step)) {
    session.check(step, answer);
    return 0;
  }
  const beginMs = performance.now();
  session.check(step, answer);
  return performance.now() - beginMs;
}

/** @param {"scan" | "scanBack" | "lend" | undefined} sweep */
async function timeSweep(sweep) {
  const warming = new Tally();
  await sweepOnce(sweep, warming);
  const tally = new Tally();
  const beginMs = performance.now();
  await sweepOnce(sweep, tally);
  const elapsedMs = performance.now() - beginMs;
  const expected = model.versions.reduce((sum, version, index) => sum + (version > 0 ? index : 0), 0);
  if (tally.count !== model.count || tally.sum !== expected) throw new WrongAnswer("a sweep answers other entries");
  return { operations: tally.count, elapsedMs, latenciesUs: undefined };
}

/** @param {"scan" | "scanBack" | "lend" | undefined} sweep @param {Tally} tally */
function sweepOnce(sweep, tally) {
  if (sweep === "lend") return store.lend?.((bytes, start) => tally.add(bytes, start));
  return store.sweep(sweep === "scanBack" ? -1 : 1, (_, value) => tally.add(value, 0));
}

/** Compares everything that the store holds, entry by entry. */
async function checkEverything() {
  const walk = model.walk(1);
  await store.sweep(1, walk.visit);
  walk.end();
}

/** What this process has handed to the system to write; 0 where nobody counts it. */
function bytesToSystem() {
  try {
    return Number(/wchar: (\d+)/.exec(readFileSync("/proc/self/io", "utf8"))?.[1] ?? 0);
  } catch {
    return 0;
  }
}
