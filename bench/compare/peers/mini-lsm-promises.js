import { MiniLsm } from "../../../dist/esm/index.js";
import { storeOf } from "./mini-lsm.js";

export const what = "this project, with promises";
export const isPromise = true;
const ENTRIES_AT_ONCE = 1000;

/** @param {string} directory @param {{ cacheBytes: number }} settings */
export async function open(directory, { cacheBytes }) {
  const db = await MiniLsm.open(directory, { cacheSizeBytes: cacheBytes });
  return {
    ...storeOf(db),
    put: (key, value) => db.writeAsync([{ type: "put", key, value }]),
    get: (key) => db.getAsync(key),
    delete: (key) => db.writeAsync([{ type: "delete", key }]),
    batch: (writes) => db.writeAsync(writes.map(([key, value]) => ({ type: "put", key, value }))),
    getMany: (keys) => db.getManyAsync(keys),
    scan: async (from, limit) => {
      const cursor = db.cursorAsync({ gte: from, limit });
      try {
        // An answer may be shorter, where the next entries have to be loaded.
        const entries = await cursor.nextv(limit);
        while (entries.length < limit && (cursor.valid || cursor.isWaiting))
          entries.push(...(await cursor.nextv(limit - entries.length)));
        return entries;
      } finally {
        cursor.close();
      }
    },
    sweep: async (step, visit) => {
      const cursor = db.cursorAsync({ reverse: step < 0 });
      for (;;) {
        const entries = await cursor.nextv(ENTRIES_AT_ONCE);
        if (entries.length === 0) return;
        for (const [key, value] of entries) visit(key, value);
      }
    },
    lend: undefined,
  };
}
