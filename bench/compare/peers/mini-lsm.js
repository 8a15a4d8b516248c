import { setTimeout as wait } from "node:timers/promises";
import { MiniLsm } from "../../../dist/esm/index.js";

/** The background looks for work every 50 ms: a tree that stays as it is for so long has come to rest. */
const REST_MS = 300;

export const what = "this project, synchronous";
export const isPromise = false;

/** @param {string} directory @param {{ cacheBytes: number }} settings */
export function open(directory, settings) {
  return openWith(directory, settings, {});
}

/** @param {string} directory @param {{ cacheBytes: number }} settings @param {Partial<import("../../../dist/esm/index.js").Options>} options */
export async function openWith(directory, { cacheBytes }, options) {
  const db = await MiniLsm.open(directory, { cacheSizeBytes: cacheBytes, ...options });
  return storeOf(db);
}

/** @param {MiniLsm} db */
export function storeOf(db) {
  return {
    put: (key, value) => db.put(key, value),
    get: (key) => db.get(key),
    delete: (key) => db.delete(key),
    batch: (writes) => db.write(writes.map(([key, value]) => ({ type: "put", key, value }))),
    getMany: (keys) => db.getMany(keys),
    scan: (from, limit) => Array.from(db.scan({ gte: from, limit })),
    sweep: (step, visit) => {
      for (const [key, value] of db.scan({ reverse: step < 0 })) visit(key, value);
    },
    lend: (visit) => {
      for (const cursor = db.cursor(); cursor.valid; cursor.next()) visit(cursor.valueBuffer, cursor.valueStart);
    },
    putSynced: (key, value) => db.writeAsync([{ type: "put", key, value }], { sync: true }),
    settle: () => settle(db),
    rest: () => rest(db),
    close: () => db.close(),
  };
}

/** @param {MiniLsm} db */
async function settle(db) {
  await db.flush();
  while (db.stats().immutableMemtables > 0) await db.flush();
  await db.compact();
}

/** @param {MiniLsm} db */
async function rest(db) {
  for (let seen = "", now = shapeOf(db); now !== seen; now = shapeOf(db)) {
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
