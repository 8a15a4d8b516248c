import { strict as assert } from "node:assert";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { setImmediate as nextTurn } from "node:timers/promises";
import { MiniLsm } from "../build/index.js";
import { MiniLevel } from "../build/level.js";
import { newKey, newRandom, newValue, readIndex, writeKey, writeValue } from "./data.js";
import { DiskReads } from "./disk-reads.js";
import { scatteringStep } from "./scatter.js";

const MIB = 1024 * 1024;
const CACHE_BYTES = MIB;
const AT_ONCE = 64;
const GETS = 100_000;
/** How often the monitor's timer is due. What it reports includes this. */
const RESOLUTION_MS = 1;
/** Of the loop that does nothing but turn, for comparison: other programs hold it up, too. */
const CONTROL_MS = 3000;
/** A hard disk's. */
const SLOW_READ_MS = 5;
const SLOW_GETS_PER_READER = 20;

/**
 * @typedef {{ get: (key: Uint8Array) => Promise<Uint8Array | undefined>, stats: () => import("../build/index.js").Stats,
 *   close: () => Promise<void> }} Store
 * @typedef {{ store: Store, entries: number, random: (below: number) => number, reads: DiskReads,
 *   delay: import("node:perf_hooks").IntervalHistogram, turnsMs: number[] }} State
 */

/** @param {string} directory @returns {Promise<Store>} */
async function openEngine(directory) {
  const db = await MiniLsm.open(directory, { cacheSizeBytes: CACHE_BYTES });
  return { get: (key) => db.getAsync(key), stats: () => db.stats(), close: () => db.close() };
}

/** @param {string} directory @returns {Promise<Store>} */
async function openLevel(directory) {
  /** @type {MiniLevel<Uint8Array, Uint8Array>} */
  const db = new MiniLevel(directory, { cacheSize: CACHE_BYTES, keyEncoding: "view", valueEncoding: "view" });
  await db.open();
  return { get: (key) => db.get(key), stats: () => db.stats(), close: () => db.close() };
}

/** @param {string} directory @param {number} entries */
async function fill(directory, entries) {
  const db = await MiniLsm.open(directory, { durability: "none" });
  const step = scatteringStep(entries);
  const [key, value] = [newKey(), newValue()];
  for (let put = 0; put < entries; put++) {
    const index = (put * step) % entries;
    writeKey(key, index);
    writeValue(value, index);
    db.put(key, value);
  }
  await db.compactRange();
  await db.close();
}

/** So many readers, each of which gets one random key after the other. @param {State} state @param {number} gets @param {number} readers */
async function getRandom({ store, entries, random }, gets, readers) {
  let left = gets;
  const reader = async () => {
    const key = newKey();
    while (left-- > 0) {
      const index = random(entries);
      writeKey(key, index);
      const value = await store.get(key);
      // A fast wrong answer is no result.
      if (value === undefined || readIndex(value, 0) !== index) throw new Error(`${index} was not found`);
    }
  };
  await Promise.all(Array.from({ length: readers }, reader));
  return gets;
}

/** @param {string} name @param {string} what @param {(directory: string) => Promise<Store>} open @returns {import("./benchmarks.js").Benchmark} */
function coldGets(name, what, open) {
  return {
    name,
    unit: "gets",
    what: `${what}, ${AT_ONCE} at once, with a cache of 1 MiB: random keys of one run of tables`,
    entriesFull: 4_500_000,
    prepare: async (entries, directory) => {
      await fill(directory, entries);
      const reads = new DiskReads();
      const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
      return { store: await open(directory), entries, random: newRandom(9), reads, delay, turnsMs: [] };
    },
    run: async (state) => {
      state.delay.enable();
      const stop = countTurns(state.turnsMs);
      const gets = await getRandom(state, GETS, AT_ONCE);
      stop();
      state.delay.disable();
      return gets;
    },
    figures: async (state) => {
      const { store, delay, reads, turnsMs } = state;
      const { tableBytes, blockCache } = store.stats();
      const mostAtOnce = reads.most;
      const control = await controlDelay();
      reads.delayMs = SLOW_READ_MS;
      return {
        "tables (MiB)": tableBytes / MIB,
        "blocks, indexes and filters in memory (MiB)": blockCache.usedBytes / MIB,
        "event loop delay, median (ms)": late(delay.percentile(50)),
        "event loop delay, 99 % (ms)": late(delay.percentile(99)),
        "event loop delay, largest (ms)": late(delay.max),
        "event loop delay of a loop that only turns, 99 % (ms)": late(control.percentile(99)),
        "processor time of a turn, 99 % (ms)": percentile(turnsMs, 0.99),
        "processor time of a turn, 99.9 % (ms)": percentile(turnsMs, 0.999),
        "reads of the disk under way at once, most": mostAtOnce,
        [`gets per second when a read takes ${SLOW_READ_MS} ms, ${AT_ONCE} at once`]: await rateOf(state, AT_ONCE),
        [`gets per second when a read takes ${SLOW_READ_MS} ms, one at a time`]: await rateOf(state, 1),
      };
    },
    verify: async ({ store, reads }) => {
      assert.ok(reads.most > 1);
      await store.close();
    },
  };
}

/** @param {State} state @param {number} readers */
async function rateOf(state, readers) {
  const begin = performance.now();
  const gets = await getRandom(state, readers * SLOW_GETS_PER_READER, readers);
  return (gets / (performance.now() - begin)) * 1000;
}

/**
 * Adds what each turn of the event loop costs: of this thread and those that help it, but not the time in which other
 * programs have the processor, which the delay includes. @param {number[]} turnsMs @returns {() => void} stops it
 */
function countTurns(turnsMs) {
  let before = process.cpuUsage();
  let isOn = true;
  const count = () => {
    const now = process.cpuUsage();
    turnsMs.push((now.user + now.system - before.user - before.system) / 1000);
    before = now;
    if (isOn) setImmediate(count);
  };
  setImmediate(count);
  return () => {
    isOn = false;
  };
}

/** @param {number[]} values @param {number} share */
function percentile(values, share) {
  return values.sort((a, b) => a - b)[Math.floor(values.length * share)] ?? 0;
}

async function controlDelay() {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delay.enable();
  for (const end = performance.now() + CONTROL_MS; performance.now() < end; ) await nextTurn();
  delay.disable();
  return delay;
}

/** @param {number} nanoseconds */
function late(nanoseconds) {
  return Math.max(nanoseconds / 1e6 - RESOLUTION_MS, 0);
}

/** Reads that find nothing but indexes and filters in memory. */
export const coldBenchmarks = [
  coldGets("engine/cold-get", "getAsync", openEngine),
  coldGets("level/cold-get", "get of MiniLevel", openLevel),
];
