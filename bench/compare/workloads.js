import { anyOf, each, getsAmongPuts, inDisorder, inOrder, putThenSeek, STEP, seeks, ycsb } from "./plans.js";

const KIB = 1024;
const MIB = 1024 * KIB;

/**
 * One workload.
 *
 * @typedef {{
 *   name: string,
 *   what: string,
 *   plan?: (entries: number) => import("./plans.js").Plan,
 *   sweep?: "scan" | "scanBack" | "lend",
 *   isFilled?: boolean,
 *   valueBytes?: number,
 *   entries?: (asked: number) => number,
 *   cache?: "small",
 *   turnEvery?: number,
 *   isLarge?: boolean,
 * }} Workload
 *   `plan` or `sweep`, over everything, says what is timed. `isFilled`: before that the store holds every entry, was
 *   compacted, closed, opened and read once. `entries`: from those that were asked for. `turnEvery`: the event loop gets
 *   its turn after so many steps. `isLarge`: only runs when it is asked for by name.
 */

const hundredth = (/** @type {number} */ asked) => Math.max(256, Math.floor(asked / 100));
const handful = (/** @type {number} */ asked) => Math.max(32, Math.floor(asked / 4000));

/** @param {number} share @param {number} common @param {number} rest @param {boolean} [isLatest] */
const mix = (share, common, rest, isLatest) => (/** @type {number} */ entries) =>
  ycsb({
    steps: common === STEP.scan ? Math.ceil(entries / 10) : entries,
    loaded: entries,
    share,
    common,
    rest,
    isLatest,
  });

/** The cost of a read as data grows; the working set stays the same and fits in any cache. @param {number} millions @returns {Workload} */
const growth = (millions) => ({
  name: `growth-${millions}m`,
  what: `get 50 000 of ${millions} 000 000 entries again and again`,
  entries: () => millions * 1_000_000,
  isFilled: true,
  isLarge: true,
  plan: (entries) => {
    const working = anyOf(50_000, entries);
    return each(
      STEP.get,
      Uint32Array.from({ length: 500_000 }, (_, step) => working[(step * 7919) % working.length]),
    );
  },
});

/** @type {readonly Workload[]} */
export const workloads = [
  { name: "fillseq", what: "put every entry, keys ascending", plan: (n) => each(STEP.put, inOrder(n)) },
  { name: "fillrandom", what: "put every entry, keys in disorder", plan: (n) => each(STEP.put, inDisorder(n)) },
  { name: "batch-seq", what: "batches of 1 000, keys ascending", plan: (n) => each(STEP.batch, inOrder(n), 1000) },
  {
    name: "batch-random",
    what: "batches of 1 000, keys in disorder",
    plan: (n) => each(STEP.batch, inDisorder(n), 1000),
  },
  {
    name: "overwrite",
    what: "put new values for entries in disorder",
    isFilled: true,
    plan: (n) => each(STEP.put, inDisorder(n)),
  },
  {
    name: "deleterandom",
    what: "delete every entry in disorder",
    isFilled: true,
    plan: (n) => each(STEP.delete, inDisorder(n)),
  },
  { name: "readrandom", what: "get entries at random", isFilled: true, plan: (n) => each(STEP.get, anyOf(n, n)) },
  {
    name: "readmissing",
    what: "get keys that lie between those there are",
    isFilled: true,
    plan: (n) => each(STEP.getMissing, anyOf(n, n - 1)),
  },
  {
    name: "getmany",
    what: "64 gets at once, at random",
    isFilled: true,
    plan: (n) => each(STEP.getMany, anyOf(n, n), 64),
  },
  { name: "readseq", what: "every entry in order, key and value the caller's own", isFilled: true, sweep: "scan" },
  { name: "readseq-lent", what: "every entry in order, key and value lent", isFilled: true, sweep: "lend" },
  {
    name: "readreverse",
    what: "every entry backwards, key and value the caller's own",
    isFilled: true,
    sweep: "scanBack",
  },
  {
    name: "seekrandom",
    what: "10 entries from a random key on",
    isFilled: true,
    plan: (n) => seeks(Math.ceil(n / 4), n, 10),
  },
  {
    name: "put-seek",
    what: "a put and then 10 entries from a random key on",
    plan: (n) => putThenSeek(Math.min(n, 20_000), 15_000),
  },
  { name: "ycsb-a", what: "half gets, half puts of what is there", isFilled: true, plan: mix(0.5, STEP.get, STEP.put) },
  { name: "ycsb-b", what: "95 % gets, 5 % puts of what is there", isFilled: true, plan: mix(0.95, STEP.get, STEP.put) },
  { name: "ycsb-c", what: "gets", isFilled: true, plan: mix(1, STEP.get, STEP.get) },
  {
    name: "ycsb-d",
    what: "95 % gets, most of the newest, 5 % new entries",
    isFilled: true,
    plan: mix(0.95, STEP.get, STEP.put, true),
  },
  {
    name: "ycsb-e",
    what: "95 % scans of up to 100 entries, 5 % new entries",
    isFilled: true,
    plan: mix(0.95, STEP.scan, STEP.put),
  },
  {
    name: "ycsb-f",
    what: "half gets, half puts of what was just read",
    isFilled: true,
    plan: mix(0.5, STEP.get, STEP.modify),
  },
  {
    name: "fill-10k",
    what: "put values of 10 KiB",
    entries: hundredth,
    valueBytes: 10 * KIB,
    plan: (n) => each(STEP.put, inDisorder(n)),
  },
  {
    name: "read-10k",
    what: "get values of 10 KiB",
    entries: hundredth,
    valueBytes: 10 * KIB,
    isFilled: true,
    plan: (n) => each(STEP.get, anyOf(n * 4, n)),
  },
  {
    name: "fill-1m",
    what: "put values of 1 MiB",
    entries: handful,
    valueBytes: MIB,
    plan: (n) => each(STEP.put, inDisorder(n)),
  },
  {
    name: "read-1m",
    what: "get values of 1 MiB",
    entries: handful,
    valueBytes: MIB,
    isFilled: true,
    plan: (n) => each(STEP.get, anyOf(n * 4, n)),
  },
  {
    name: "read-cold",
    what: "get at random through a cache of a twentieth of the data",
    isFilled: true,
    cache: "small",
    plan: (n) => each(STEP.get, anyOf(n, n)),
  },
  {
    name: "read-while-writing",
    what: "one get after each nine puts at full speed",
    isFilled: true,
    plan: (n) => getsAmongPuts(n, n, 9),
  },
  {
    name: "put-yielding",
    what: "puts in disorder, a turn of the event loop after each 1 000",
    turnEvery: 1000,
    plan: (n) => each(STEP.put, inDisorder(n)),
  },
  { name: "puts-1000", what: "1 000 puts begun at once", plan: (n) => each(STEP.putsAtOnce, inDisorder(n), 1000) },
  {
    name: "sync-1",
    what: "durable puts, one after another",
    entries: hundredth,
    plan: (n) => each(STEP.syncedPuts, inDisorder(n), 1),
  },
  {
    name: "sync-64",
    what: "durable puts, 64 at once",
    entries: (n) => Math.max(64, Math.floor(n / 640) * 64),
    plan: (n) => each(STEP.syncedPuts, inDisorder(n), 64),
  },
  growth(1),
  growth(10),
  growth(50),
];
