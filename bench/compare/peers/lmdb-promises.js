import { openDatabase, storeOf } from "./lmdb.js";

export const what = "LMDB without syncs, promises where it has them";
export const isPromise = true;

/** @param {string} directory @param {{ dataBytes: number }} settings */
export function open(directory, settings) {
  const db = openDatabase(directory, settings);
  return {
    ...storeOf(db),
    put: (key, value) => db.put(key, value),
    delete: (key) => db.remove(key),
    batch: (writes) =>
      db.batch(() => {
        for (const [key, value] of writes) void db.put(key, value);
      }),
    getMany: (keys) => db.getMany([...keys]),
  };
}
