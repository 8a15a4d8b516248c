import { strict as assert } from "node:assert";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { setImmediate as nextTurn, setTimeout as wait } from "node:timers/promises";
import { MiniLsm } from "../build/index.js";
import { KEY_BYTES, newKey, newRandom, newValue, readIndex, VALUE_BYTES, writeKey, writeValue } from "./data.js";
import { directoryBytes } from "./directory-bytes.js";
import { scatteringStep } from "./scatter.js";

/** What a program that runs for long would choose. Sizes fit the default memtables of 2 MiB. */
const OPTIONS = /** @type {const} */ ({
  durability: "process",
  compaction: {
    strategy: "leveled",
    levelSizeMultiplier: 10,
    level0FilesTrigger: 4,
    maxLevels: 7,
    baseLevelSizeBytes: 64 * 1024 * 1024,
  },
});

const ENTRY_BYTES = KEY_BYTES + VALUE_BYTES;
/** A record of the log has two lengths and a checksum beside the entry: docs/formats.md. */
const LOG_RECORD_BYTES = ENTRY_BYTES + 8;
const MIB = 1024 * 1024;

/** A program that writes between other things it does: so many puts, then a turn of the event loop. */
const PUTS_PER_TURN = 64;
/** How often the monitor's timer is due. What it reports includes this. */
const RESOLUTION_MS = 1;
/** How often the size of the directory is looked at. */
const SIZES_SAMPLED = 50;
const GETS_SAMPLED = 20_000;
/** The background loop ticks every 50 ms: a tree that stays as it is for so long has come to rest. */
const REST_MS = 300;

/** Waits until no compaction has run for a while. @param {MiniLsm} db */
async function rest(db) {
  let seen = "";
  for (let now = shapeOf(db); now !== seen; now = shapeOf(db)) {
    seen = now;
    await wait(REST_MS);
  }
}

/** Changes whenever background work begins or ends something. @param {MiniLsm} db */
function shapeOf(db) {
  const { immutableMemtables, pinnedStates, counters } = db.stats();
  // A compaction pins the state that it reads, so one under way never counts as rest.
  return pinnedStates > 0
    ? `${performance.now()}`
    : `${immutableMemtables} ${counters.flushes} ${counters.compactions}`;
}

/** @type {import("./benchmarks.js").Benchmark} */
const sustainedFill = {
  name: "engine/sustained-fill",
  unit: "puts",
  what: `put random keys, about 4 of 10 over older values, ${PUTS_PER_TURN} a turn; leveled, durability process; counts the puts`,
  entriesFull: 5_000_000,
  prepare: async (entries, directory) => ({
    directory,
    db: await MiniLsm.open(directory, OPTIONS),
    entries,
    /** By key: number of the put that wrote it last, from 1. */
    lastPut: new Uint32Array(entries),
    delay: monitorEventLoopDelay({ resolution: RESOLUTION_MS }),
    peakBytes: 0,
  }),
  run: async (state) => {
    const { db, entries, lastPut, delay, directory } = state;
    const random = newRandom(5);
    const key = newKey();
    const value = newValue();
    const sampleEvery = Math.ceil(entries / SIZES_SAMPLED);
    delay.enable();
    for (let put = 1; put <= entries; put++) {
      const index = random(entries);
      writeKey(key, index);
      writeValue(value, put);
      db.put(key, value);
      lastPut[index] = put;
      if (put % PUTS_PER_TURN === 0) await nextTurn();
      if (put % sampleEvery === 0) state.peakBytes = Math.max(state.peakBytes, directoryBytes(directory));
    }
    delay.disable();
    return entries;
  },
  figures: async (state) => {
    const { db, entries, lastPut, delay, directory } = state;
    const { stalls, stalledMs } = db.stats().counters;
    await rest(db);
    const { flushedBytes, compactedBytesWritten } = db.stats().counters;
    const liveBytes = lastPut.reduce((sum, put) => (put > 0 ? sum + ENTRY_BYTES : sum), 0);
    const late = (/** @type {number} */ nanoseconds) => Math.max(nanoseconds / 1e6 - RESOLUTION_MS, 0);
    const { level0, levels } = db.structure();
    return {
      "write amplification: bytes to log and tables per byte put":
        (entries * LOG_RECORD_BYTES + flushedBytes + compactedBytesWritten) / (entries * ENTRY_BYTES),
      "read amplification: blocks looked at per get": blocksPerGet(db, lastPut),
      "sorted runs at rest": level0.length + levels.filter((level) => level.tables.length > 0).length,
      "space amplification at rest: bytes in files per live byte": directoryBytes(directory) / liveBytes,
      "space amplification, largest while filling": state.peakBytes / liveBytes,
      "event loop delay, median (ms)": late(delay.percentile(50)),
      "event loop delay, 99 % (ms)": late(delay.percentile(99)),
      "event loop delay, 99.9 % (ms)": late(delay.percentile(99.9)),
      "event loop delay, largest (ms)": late(delay.max),
      "write stalls": stalls,
      "write stalls, together (ms)": stalledMs,
    };
  },
  verify: async ({ db, lastPut }) => {
    const key = newKey();
    for (const [index, put] of lastPut.entries()) {
      writeKey(key, index);
      const value = db.get(key);
      assert.equal(value === undefined ? 0 : readIndex(value, 0), put);
    }
    await db.close();
  },
};

/** Through filters and caches as they are; a get that the memtables answer looks at none. @param {MiniLsm} db @param {Uint32Array} lastPut */
function blocksPerGet(db, lastPut) {
  const looked = () => db.stats().blockCache.hits + db.stats().blockCache.misses;
  const random = newRandom(6);
  const key = newKey();
  const before = looked();
  let gets = 0;
  while (gets < GETS_SAMPLED) {
    const index = random(lastPut.length);
    if (lastPut[index] === 0) continue;
    writeKey(key, index);
    assert.equal(readIndex(db.get(key) ?? new Uint8Array(4), 0), lastPut[index]);
    gets++;
  }
  return (looked() - before) / gets;
}

/** @type {import("./benchmarks.js").Benchmark} */
const boundedFill = {
  name: "engine/fill-memory",
  unit: "puts",
  what: "put every key once, scattered, without ever yielding; leveled, durability process; counts until close()",
  entriesFull: 10_000_000,
  prepare: async (entries, directory) => ({
    directory,
    entries,
    db: await MiniLsm.open(directory, OPTIONS),
    rssBeforeBytes: process.memoryUsage().rss,
    stalledMs: 0,
  }),
  run: async (state) => {
    const { db, entries } = state;
    const step = scatteringStep(entries);
    const key = newKey();
    const value = newValue();
    for (let put = 0; put < entries; put++) {
      // A list of shuffled keys would be most of the memory that is measured.
      const index = (put * step) % entries;
      writeKey(key, index);
      writeValue(value, index);
      db.put(key, value);
    }
    state.stalledMs = db.stats().counters.stalledMs;
    await db.close();
    return entries;
  },
  figures: (state) => ({
    "bytes put (MiB)": (state.entries * ENTRY_BYTES) / MIB,
    "resident memory before (MiB)": state.rssBeforeBytes / MIB,
    "resident memory, largest (MiB)": process.resourceUsage().maxRSS / 1024,
    "write stalls, together (ms)": state.stalledMs,
  }),
  verify: async ({ directory, entries }) => {
    const db = await MiniLsm.open(directory, OPTIONS);
    const cursor = db.cursor({});
    let expected = 0;
    for (; cursor.valid; cursor.next()) assert.equal(readIndex(cursor.valueBuffer, cursor.valueStart), expected++);
    assert.equal(expected, entries);
    await db.close();
  },
};

/** Long fills with compaction: what they cost on the disk, in memory, and other users of the event loop. */
export const sustainedBenchmarks = [sustainedFill, boundedFill];
