import { strict as assert } from "node:assert";
import { MiniLsm } from "../build/index.js";
import { ascending, newKey, newValue, readIndex, shuffled, VALUE_BYTES, writeKey, writeValue } from "./data.js";

/** Entries read by one seek. */
const SEEK_LENGTH = 10;

/** Puts one entry per index of `order`. @param {MiniLsm} db @param {Uint32Array} order */
function putAll(db, order) {
  const key = newKey();
  const value = newValue();
  for (let at = 0; at < order.length; at++) {
    writeKey(key, order[at]);
    writeValue(value, order[at]);
    db.put(key, value);
  }
}

/** Gets every key of `order`; answers the sum of the indexes found. @param {MiniLsm} db @param {Uint32Array} order */
function getAll(db, order) {
  const key = newKey();
  let sum = 0;
  for (let at = 0; at < order.length; at++) {
    writeKey(key, order[at]);
    const value = db.get(key);
    if (value !== undefined && value.length === VALUE_BYTES) sum += readIndex(value, 0);
  }
  return sum;
}

/** @param {number} count */
const sumBelow = (count) => (count * (count - 1)) / 2;

/** Nothing is merged unless asked, so that a benchmark knows what it reads. */
const NOTHING_MERGED = /** @type {const} */ ({ compaction: { strategy: "none" } });

/** @typedef {{ isOrdered?: boolean, isCompacted: boolean, durability: "none" | "process" }} Filling */

/**
 * A closed and reopened database with every second number up to 2 × entries. Put in random order; or, `isOrdered`, in
 * key order, and then read once through a cache that holds it all.
 * @param {number} entries @param {string} directory @param {Filling} how
 */
async function openFilled(entries, directory, { isOrdered = false, isCompacted, durability }) {
  const filling = await MiniLsm.open(directory, { ...NOTHING_MERGED, durability });
  const order = isOrdered ? ascending(entries) : shuffled(entries, 1);
  putAll(
    filling,
    order.map((index) => index * 2),
  );
  await filling.close();
  const cache = isOrdered ? { cacheSizeBytes: 512 << 20 } : {};
  const db = await MiniLsm.open(directory, { ...NOTHING_MERGED, ...cache, durability });
  if (isCompacted) await db.compact();
  if (isOrdered) for (const cursor = db.cursor(); cursor.valid; cursor.next());
  return db;
}

/** What `close` does before it resolves, which a fill counts in. */
const AT_CLOSE = { none: "has written everything to tables", process: "has synced the logs" };

/**
 * @param {string} name
 * @param {string} what
 * @param {"none" | "process"} durability
 * @param {(entries: number) => Uint32Array} orderOf
 * @returns {import("./benchmarks.js").Benchmark}
 */
function fillBenchmark(name, what, durability, orderOf) {
  return {
    name: `${name}-${durability}`,
    unit: "puts",
    what: `${what}, durability ${durability}; counts until close() ${AT_CLOSE[durability]}`,
    prepare: async (entries, directory) => {
      const db = await MiniLsm.open(directory, { ...NOTHING_MERGED, durability });
      return { directory, order: orderOf(entries), db };
    },
    run: async ({ db, order }) => {
      putAll(db, order);
      await db.close();
      return order.length;
    },
    verify: async ({ directory, order }) => {
      const db = await MiniLsm.open(directory, { ...NOTHING_MERGED, durability });
      assert.equal(getAll(db, ascending(order.length)), sumBelow(order.length));
      await db.close();
    },
  };
}

/**
 * @param {string} name
 * @param {string} what
 * @param {{
 *   isCompacted: boolean,
 *   durability: "none" | "process",
 *   indexOf: (index: number) => number,
 *   sum: (entries: number) => number,
 * }} options
 * @returns {import("./benchmarks.js").Benchmark}
 */
function readBenchmark(name, what, { indexOf, sum, ...filling }) {
  return {
    name,
    unit: "gets",
    what,
    prepare: async (entries, directory) => {
      const db = await openFilled(entries, directory, filling);
      return { db, order: shuffled(entries, 2).map(indexOf), sum: 0 };
    },
    run: (state) => {
      state.sum = getAll(state.db, state.order);
      return state.order.length;
    },
    verify: async (state) => {
      assert.equal(state.sum, sum(state.order.length));
      await state.db.close();
    },
  };
}

/** @param {string} name @param {string} what @param {Filling} filling @returns {import("./benchmarks.js").Benchmark} */
function scanBenchmark(name, what, filling) {
  return {
    name,
    unit: "entries",
    what,
    prepare: async (entries, directory) => ({
      db: await openFilled(entries, directory, filling),
      entries,
      count: 0,
      sum: 0,
    }),
    run: (state) => {
      const cursor = state.db.cursor({});
      for (; cursor.valid; cursor.next()) {
        state.sum += readIndex(cursor.valueBuffer, cursor.valueStart);
        state.count++;
      }
      cursor.close();
      return state.count;
    },
    verify: async (state) => {
      assert.equal(state.count, state.entries);
      assert.equal(state.sum, 2 * sumBelow(state.entries));
      await state.db.close();
    },
  };
}

/** @param {string} name @param {string} what @param {boolean} isCompacted @returns {import("./benchmarks.js").Benchmark} */
function seekBenchmark(name, what, isCompacted) {
  return {
    name,
    unit: "seeks",
    what: `${what}: open a cursor at a random key, step over ${SEEK_LENGTH} entries, close it`,
    prepare: async (entries, directory) => ({
      db: await openFilled(entries, directory, { isCompacted, durability: "none" }),
      entries,
      order: shuffled(entries, 3).subarray(0, Math.min(entries, 100_000)),
      mistakes: 0,
    }),
    run: (state) => {
      const { db, entries, order } = state;
      const key = newKey();
      for (let at = 0; at < order.length; at++) {
        const first = order[at];
        // An odd number lies between two keys, so the seek has to find the next one.
        writeKey(key, first * 2 - (first > 0 ? 1 : 0));
        const cursor = db.cursor({ gte: key });
        const expected = Math.min(SEEK_LENGTH, entries - first);
        let steps = 0;
        for (; steps < expected && cursor.valid; steps++, cursor.next()) {
          if (readIndex(cursor.valueBuffer, cursor.valueStart) !== (first + steps) * 2) state.mistakes++;
        }
        if (steps !== expected) state.mistakes++;
        cursor.close();
      }
      return order.length;
    },
    verify: async (state) => {
      assert.equal(state.mistakes, 0);
      await state.db.close();
    },
  };
}

const present = {
  indexOf: (/** @type {number} */ index) => index * 2,
  sum: (/** @type {number} */ entries) => 2 * sumBelow(entries),
};
const missing = { indexOf: (/** @type {number} */ index) => index * 2 + 1, sum: () => 0 };
const flushed = /** @type {const} */ ({ isCompacted: false, durability: "none" });
const compacted = /** @type {const} */ ({ isCompacted: true, durability: "none" });
const ordered = /** @type {const} */ ({ isOrdered: true, isCompacted: false, durability: "none" });
const logged = /** @type {const} */ ({ isCompacted: false, durability: "process" });

const randomly = (/** @type {number} */ entries) => shuffled(entries, 1);

/**
 * Named after LevelDB's db_bench where they do the same. "flushed": level 0 as the memtables left it; "compacted": one
 * run; "ordered": flushed, but put in key order; "logged": as flushed, but the newest memtables came from their logs. Where no durability is named it is "none".
 */
export const engineBenchmarks = [
  fillBenchmark("engine/fillseq", "put ascending keys", "none", ascending),
  fillBenchmark("engine/fillseq", "put ascending keys", "process", ascending),
  fillBenchmark("engine/fillrandom", "put keys in random order", "none", randomly),
  fillBenchmark("engine/fillrandom", "put keys in random order", "process", randomly),
  readBenchmark("engine/readrandom-none", "get random keys, flushed", { ...flushed, ...present }),
  readBenchmark("engine/readrandom-process", "get random keys, logged", { ...logged, ...present }),
  readBenchmark("engine/readrandom-compacted", "get random keys, compacted", { ...compacted, ...present }),
  readBenchmark("engine/readmissing", "get keys that are not there, flushed", { ...flushed, ...missing }),
  readBenchmark("engine/readrandom-ordered", "get random keys, ordered and cached", { ...ordered, ...present }),
  readBenchmark("engine/readmissing-ordered", "get keys that are not there, ordered and cached", {
    ...ordered,
    ...missing,
  }),
  scanBenchmark("engine/readseq", "step through everything, flushed", flushed),
  scanBenchmark("engine/readseq-ordered", "step through everything, ordered and cached", ordered),
  scanBenchmark("engine/readseq-compacted", "step through everything, compacted", compacted),
  seekBenchmark("engine/seekrandom", "flushed", false),
  seekBenchmark("engine/seekrandom-compacted", "compacted", true),
];
