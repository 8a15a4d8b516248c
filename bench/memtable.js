import { strict as assert } from "node:assert";
import { fingerprint32 } from "../build/codec/fingerprint32.js";
import { ENTRY_KIND, TIMESTAMP_MAX } from "../build/key.js";
import { Memtable } from "../build/memtable/memtable.js";
import { DEFAULT_OPTIONS } from "../build/options.js";
import {
  ascending,
  KEY_BYTES,
  newKey,
  newValue,
  readIndex,
  shuffled,
  VALUE_BYTES,
  writeKey,
  writeValue,
} from "./data.js";

/** As many entries as one memtable of the default size takes before it is frozen. */
const ENTRIES = Math.floor(DEFAULT_OPTIONS.memtableSizeBytes / (KEY_BYTES + VALUE_BYTES));
/** Memtables filled, or passes read, per run: enough for the compiler to settle. */
const REPEATS = 40;

/** @param {Uint32Array} order */
function fill(order) {
  const memtable = new Memtable(1, { entryOverheadBytes: 0 });
  const key = newKey();
  const value = newValue();
  for (let at = 0; at < order.length; at++) {
    writeKey(key, order[at]);
    writeValue(value, order[at]);
    memtable.put(fingerprint32(key, 0, KEY_BYTES), key, 0, KEY_BYTES, 0, ENTRY_KIND.put, value, 0, VALUE_BYTES);
  }
  return memtable;
}

/** Reads every index of `order` and answers the sum of the indexes found. @param {Memtable} memtable @param {Uint32Array} order */
function readAll(memtable, order) {
  const key = newKey();
  const result = { timestamp: 0, kind: 0, valueBuffer: key, valueStart: 0, valueEnd: 0 };
  let sum = 0;
  for (let at = 0; at < order.length; at++) {
    writeKey(key, order[at]);
    const isFound = memtable.get(fingerprint32(key, 0, KEY_BYTES), key, 0, KEY_BYTES, TIMESTAMP_MAX, result);
    if (isFound) sum += readIndex(result.valueBuffer, result.valueStart);
  }
  return sum;
}

const SUM = (ENTRIES * (ENTRIES - 1)) / 2;

/** @param {string} name @param {string} what @param {Uint32Array} order @returns {import("./benchmarks.js").Benchmark} */
function putBenchmark(name, what, order) {
  return {
    name,
    unit: "puts",
    what,
    prepare: () => ({ last: undefined }),
    run: (state) => {
      for (let repeat = 0; repeat < REPEATS; repeat++) state.last = fill(order);
      return REPEATS * order.length;
    },
    verify: (state) => {
      assert.equal(state.last.entryCount, ENTRIES);
      assert.equal(readAll(state.last, order), SUM);
    },
  };
}

/** @param {string} name @param {string} what @param {Uint32Array} order @returns {import("./benchmarks.js").Benchmark} */
function getBenchmark(name, what, order) {
  return {
    name,
    unit: "gets",
    what,
    prepare: () => ({ memtable: fill(shuffled(ENTRIES, 1)), sum: 0 }),
    run: (state) => {
      for (let repeat = 0; repeat < REPEATS; repeat++) state.sum += readAll(state.memtable, order);
      return REPEATS * order.length;
    },
    verify: (state) => assert.equal(state.sum, REPEATS * SUM),
  };
}

/** @type {import("./benchmarks.js").Benchmark} */
const scan = {
  name: "memtable/scan",
  unit: "entries",
  what: "sort a memtable filled in random order once, then step through it",
  prepare: () => ({ memtables: Array.from({ length: REPEATS }, () => fill(shuffled(ENTRIES, 3))), sum: 0 }),
  run: (state) => {
    for (const memtable of state.memtables) {
      const cursor = memtable.visibleIterator(TIMESTAMP_MAX);
      for (cursor.seekToFirst(); cursor.valid; cursor.next())
        state.sum += readIndex(cursor.valueBuffer, cursor.valueStart);
    }
    return REPEATS * ENTRIES;
  },
  verify: (state) => assert.equal(state.sum, REPEATS * SUM),
};

/** The hash of the key is part of every put and get, as it is in the engine. */
export const memtableBenchmarks = [
  putBenchmark("memtable/put-seq", "fill fresh memtables of the default size, keys ascending", ascending(ENTRIES)),
  putBenchmark("memtable/put-random", "the same, keys in random order", shuffled(ENTRIES, 1)),
  getBenchmark("memtable/get-seq", "get every key of one memtable, ascending", ascending(ENTRIES)),
  getBenchmark("memtable/get-random", "the same, in random order", shuffled(ENTRIES, 2)),
  scan,
];
