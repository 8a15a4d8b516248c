import { join } from "node:path";
import { open as openLmdb } from "lmdb";

export const what = "LMDB without syncs, synchronous";
export const isPromise = false;

/** @param {string} directory @param {{ dataBytes: number }} settings */
export function open(directory, settings) {
  return storeOf(openDatabase(directory, settings));
}

/** @param {string} directory @param {{ dataBytes: number }} settings */
export function openDatabase(directory, { dataBytes }) {
  return openLmdb({
    path: join(directory, "data.mdb"),
    keyEncoding: "binary",
    encoding: "binary",
    noSync: true,
    overlappingSync: false,
    mapSize: dataBytes * 4 + 2 ** 28,
  });
}

/** @param {import("lmdb").RootDatabase<Buffer, Buffer>} db */
export function storeOf(db) {
  return {
    put: (key, value) => db.putSync(key, value),
    get: (key) => db.getBinary(key),
    delete: (key) => db.removeSync(key),
    batch: (writes) =>
      db.transactionSync(() => {
        for (const [key, value] of writes) db.putSync(key, value);
      }),
    getMany: undefined,
    scan: (from, limit) => Array.from(db.getRange({ start: from, limit }), ({ key, value }) => [key, value]),
    sweep: (step, visit) => {
      for (const { key, value } of db.getRange({ reverse: step < 0 })) visit(key, value);
    },
    close: () => db.close(),
  };
}
