import { RocksLevel } from "@nxtedition/rocksdb";

export const what = "RocksDB, synchronous";
export const isPromise = false;
const ENTRIES_AT_ONCE = 1000;

/** @param {string} directory @param {{ cacheBytes: number }} settings */
export async function open(directory, { cacheBytes }) {
  const db = new RocksLevel(directory, { keyEncoding: "buffer", valueEncoding: "buffer", cacheSize: cacheBytes });
  await db.open({ createIfMissing: true, cacheSize: cacheBytes, compression: false });
  const write = (fill) => {
    const batch = db._chainedBatch();
    fill(batch);
    batch._writeSync({});
    batch._closeSync();
  };
  return {
    put: (key, value) => write((batch) => batch._put(key, value, {})),
    get: (key) => db._getManySync([key], {})[0],
    delete: (key) => write((batch) => batch._del(key, {})),
    batch: (writes) =>
      write((batch) => {
        for (const [key, value] of writes) batch._put(key, value, {});
      }),
    getMany: (keys) => db._getManySync(keys, {}),
    scan: (from, limit) => {
      const entries = [];
      visitAll(
        db._iterator({
          gte: from,
          limit,
          reverse: false,
          keys: true,
          values: true,
          keyEncoding: "buffer",
          valueEncoding: "buffer",
        }),
        limit,
        (key, value) => entries.push([key, value]),
      );
      return entries;
    },
    sweep: (step, visit) => {
      visitAll(
        db._iterator({
          limit: -1,
          reverse: step < 0,
          keys: true,
          values: true,
          keyEncoding: "buffer",
          valueEncoding: "buffer",
        }),
        ENTRIES_AT_ONCE,
        visit,
      );
    },
    close: () => db.close(),
  };
}

/** @param {any} iterator @param {number} atOnce @param {import("../store.js").Visit} visit */
function visitAll(iterator, atOnce, visit) {
  for (let isFinished = false; !isFinished; ) {
    const { rows, finished } = iterator._nextvSync(atOnce, {});
    for (let at = 0; at < rows.length; at += 2) visit(rows[at], rows[at + 1]);
    isFinished = finished || rows.length === 0;
  }
  iterator._closeSync();
}
