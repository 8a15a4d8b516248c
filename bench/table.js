import { strict as assert } from "node:assert";
import { join } from "node:path";
import { lowerBoundInBlock } from "../build/block/block-search.js";
import { fingerprint32 } from "../build/codec/fingerprint32.js";
import { tableFileName } from "../build/fs/file-names.js";
import { nodeFileSystem } from "../build/fs/node-file-system.js";
import { ENTRY_KIND, TIMESTAMP_MAX } from "../build/key.js";
import { DEFAULT_OPTIONS } from "../build/options.js";
import { BlockCache } from "../build/sstable/block-cache.js";
import { RunIterator } from "../build/sstable/run-iterator.js";
import { SSTable } from "../build/sstable/sstable.js";
import { SSTableBuilder } from "../build/sstable/sstable-builder.js";
import { TableCache } from "../build/sstable/table-cache.js";
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

/** As many entries as one table of the default size takes. */
const ENTRIES = Math.floor(DEFAULT_OPTIONS.tableSizeBytes / (KEY_BYTES + VALUE_BYTES));
const SUM = (ENTRIES * (ENTRIES - 1)) / 2;
const REPEATS = 5;
const SEARCHES = 2_000_000;

/** @param {string} directory @param {number} id */
function buildTable(directory, id) {
  const file = nodeFileSystem.open(join(directory, tableFileName(id)), "create");
  const { blockSizeBytes } = DEFAULT_OPTIONS;
  const format = "plain";
  const builder = new SSTableBuilder(file, { format, blockSizeBytes });
  const key = newKey();
  const value = newValue();
  for (let index = 0; index < ENTRIES; index++) {
    writeKey(key, index);
    writeValue(value, index);
    builder.add(fingerprint32(key, 0, KEY_BYTES), key, 0, KEY_BYTES, 0, ENTRY_KIND.put, value, 0, VALUE_BYTES);
  }
  builder.finish();
  file.sync();
  file.close();
}

/** @param {string} directory @param {number} cacheSizeBytes */
function openTable(directory, cacheSizeBytes) {
  buildTable(directory, 1);
  const host = {
    tables: new TableCache(nodeFileSystem, directory, DEFAULT_OPTIONS.maxOpenFiles),
    blocks: new BlockCache(cacheSizeBytes),
  };
  return SSTable.open(host, 1);
}

/** Gets every key of `order`; answers the sum of the indexes found. @param {SSTable} table @param {Uint32Array} order */
function getAll(table, order) {
  const key = newKey();
  const result = { timestamp: 0, kind: 0, valueBuffer: key, valueStart: 0, valueEnd: 0 };
  let sum = 0;
  for (let at = 0; at < order.length; at++) {
    writeKey(key, order[at]);
    const isFound = table.get(fingerprint32(key, 0, KEY_BYTES), key, 0, KEY_BYTES, TIMESTAMP_MAX, result);
    if (isFound) sum += readIndex(result.valueBuffer, result.valueStart);
  }
  return sum;
}

/** @param {SSTable} table */
function scanAll(table) {
  const cursor = new RunIterator([table]);
  let sum = 0;
  for (cursor.seekToFirst(); cursor.valid; cursor.next()) sum += readIndex(cursor.valueBuffer, cursor.valueStart);
  return sum;
}

/** @type {import("./benchmarks.js").Benchmark[]} */
export const tableBenchmarks = [
  {
    name: "block/search",
    unit: "searches",
    what: "find a random key in one 4 KiB block",
    prepare: (_, directory) => {
      const block = openTable(directory, 0).readBlock(0);
      return { block, order: shuffled(block.count, 1), mistakes: 0 };
    },
    run: (state) => {
      const { block, order } = state;
      const key = newKey();
      for (let search = 0; search < SEARCHES; search++) {
        const index = order[search % order.length];
        writeKey(key, index);
        if (lowerBoundInBlock(block, key, 0, KEY_BYTES, TIMESTAMP_MAX) !== index) state.mistakes++;
      }
      return SEARCHES;
    },
    verify: (state) => assert.equal(state.mistakes, 0),
  },
  {
    name: "sstable/build",
    unit: "entries",
    what: "write sorted entries to a table of the default size and sync it",
    prepare: (_, directory) => ({ directory }),
    run: ({ directory }) => {
      for (let id = 1; id <= REPEATS; id++) buildTable(directory, id);
      return REPEATS * ENTRIES;
    },
    verify: ({ directory }) => assert.equal(getAll(openTable(directory, 0), ascending(ENTRIES)), SUM),
  },
  {
    name: "sstable/get-cached",
    unit: "gets",
    what: "get random keys of one table whose blocks are all in the cache",
    prepare: (_, directory) => {
      const table = openTable(directory, DEFAULT_OPTIONS.cacheSizeBytes);
      getAll(table, ascending(ENTRIES));
      return { table, order: shuffled(ENTRIES, 2), sum: 0 };
    },
    run: (state) => {
      for (let repeat = 0; repeat < REPEATS; repeat++) state.sum += getAll(state.table, state.order);
      return REPEATS * ENTRIES;
    },
    verify: (state) => assert.equal(state.sum, REPEATS * SUM),
  },
  {
    name: "sstable/get-uncached",
    unit: "gets",
    what: "the same without a block cache: read, check and search a block for each",
    prepare: (_, directory) => ({ table: openTable(directory, 0), order: shuffled(ENTRIES, 2), sum: 0 }),
    run: (state) => {
      state.sum = getAll(state.table, state.order);
      return ENTRIES;
    },
    verify: (state) => assert.equal(state.sum, SUM),
  },
  {
    name: "sstable/scan",
    unit: "entries",
    what: "step through one table, its blocks in the system's page cache",
    prepare: (_, directory) => ({ table: openTable(directory, 0), sum: 0 }),
    run: (state) => {
      for (let repeat = 0; repeat < REPEATS; repeat++) state.sum += scanAll(state.table);
      return REPEATS * ENTRIES;
    },
    verify: (state) => assert.equal(state.sum, REPEATS * SUM),
  },
];
