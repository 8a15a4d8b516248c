/**
 * What a workload does, step by step, worked out before the clock starts: a kind for each step, and `width` indexes.
 *
 * @typedef {{ kinds: Uint8Array, indexes: Uint32Array, width: number, lengths?: Uint32Array }} Plan
 */
import { ascending, newRandom, shuffled } from "../data.js";

/** The kinds of a step. A scan goes over so many entries as its place in `lengths` says. */
export const STEP = {
  put: 0,
  get: 1,
  getMissing: 2,
  delete: 3,
  batch: 4,
  getMany: 5,
  scan: 6,
  /** Reads and then writes what was read with a new version. */
  modify: 7,
  /** Puts that are all begun before the first is awaited. */
  putsAtOnce: 8,
  /** The same, each durable before it is answered. */
  syncedPuts: 9,
};

const SEED = 11;
const ZIPF_SKEW = 0.99;
/** Entries of a scan of YCSB E, at most. */
const SCAN_MAX = 100;

/** The same kind of step over so many indexes each. @param {number} kind @param {Uint32Array} indexes @returns {Plan} */
export function each(kind, indexes, width = 1) {
  const steps = Math.floor(indexes.length / width);
  return { kinds: new Uint8Array(steps).fill(kind), indexes, width };
}

/** Every index once, as they come. @param {number} entries */
export const inOrder = (entries) => ascending(entries);

/** Every index once, shuffled. @param {number} entries */
export const inDisorder = (entries) => shuffled(entries, SEED);

/** So many indexes below a limit, some more than once. @param {number} count @param {number} limit */
export function anyOf(count, limit) {
  const random = newRandom(SEED);
  return Uint32Array.from({ length: count }, () => random(limit));
}

/** Scans of so many entries from random places. @param {number} steps @param {number} entries @param {number} length @returns {Plan} */
export function seeks(steps, entries, length) {
  return { ...each(STEP.scan, anyOf(steps, entries)), lengths: new Uint32Array(steps).fill(length) };
}

/** Puts, each followed by a scan of ten entries. @param {number} pairs @param {number} entries @returns {Plan} */
export function putThenSeek(pairs, entries) {
  const plan = seeks(pairs * 2, entries, 10);
  for (let step = 0; step < plan.kinds.length; step += 2) plan.kinds[step] = STEP.put;
  return plan;
}

/** Gets among puts, so many puts to one get. @param {number} steps @param {number} entries @param {number} puts @returns {Plan} */
export function getsAmongPuts(steps, entries, puts) {
  const plan = each(STEP.put, anyOf(steps, entries));
  for (let step = puts; step < steps; step += puts + 1) plan.kinds[step] = STEP.get;
  return plan;
}

/**
 * A core workload of the Yahoo! Cloud Serving Benchmark (Cooper and others 2010). The store holds the first `loaded`
 * indexes; the latest entries are favoured where `isLatest`, else a zipfian choice is scattered over all of them.
 *
 * @param {{ steps: number, loaded: number, share: number, rest: number, common: number, isLatest?: boolean }} how
 *   `rest` is what a `share` of the steps does not do; a put is of a new entry when `common` is a scan or `isLatest`
 * @returns {Plan}
 */
export function ycsb({ steps, loaded, share, rest, common, isLatest = false }) {
  const random = newRandom(SEED);
  const part = () => random(1 << 30) / 2 ** 30;
  const rank = zipfian(loaded, part);
  const scatter = shuffled(loaded, SEED + 1);
  const inserts = isLatest || common === STEP.scan;
  const kinds = new Uint8Array(steps);
  const indexes = new Uint32Array(steps);
  const lengths = new Uint32Array(steps);
  let present = loaded;
  for (let step = 0; step < steps; step++) {
    const kind = part() < share ? common : rest;
    kinds[step] = kind;
    lengths[step] = 1 + random(SCAN_MAX);
    if (kind === STEP.put && inserts) indexes[step] = present++;
    else indexes[step] = isLatest ? present - 1 - rank() : scatter[rank()];
  }
  return { kinds, indexes, lengths, width: 1 };
}

/** Answers ranks 0 … count-1, small ones most often. Gray and others 1994, "Quickly generating billion-record synthetic databases". @param {number} count @param {() => number} part from 0 to below 1 */
export function zipfian(count, part) {
  let zeta = 0;
  for (let rank = 1; rank <= count; rank++) zeta += rank ** -ZIPF_SKEW;
  const second = 1 + 0.5 ** ZIPF_SKEW;
  const alpha = 1 / (1 - ZIPF_SKEW);
  const eta = (1 - (2 / count) ** (1 - ZIPF_SKEW)) / (1 - second / zeta);
  return () => {
    const at = part();
    if (at * zeta < 1) return 0;
    if (at * zeta < second) return Math.min(1, count - 1);
    return Math.min(count - 1, Math.floor(count * (eta * at - eta + 1) ** alpha));
  };
}
