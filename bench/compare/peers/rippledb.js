import rippledb from "rippledb";

export const what = "an LSM tree in TypeScript of 2020, with promises";
export const isPromise = true;
/** At 15 gets a second. */
export const entriesMax = 1000;

/** Its scans from a key on miss entries. */
export const only = ["fillseq", "fillrandom", "batch-seq", "batch-random", "readrandom", "readmissing", "readseq"];

/** It cannot be closed, and so not be opened twice either. @type {Map<string, rippledb.Database>} */
const opened = new Map();

/** @param {string} directory */
export async function open(directory) {
  const db = opened.get(directory) ?? new rippledb.Database(directory);
  opened.set(directory, db);
  const sweep = async (visit, range = {}) => {
    for await (const { key, value } of db.iterator(range)) if (visit(key, value) === false) return;
  };
  return {
    put: (key, value) => db.put(Buffer.from(key), Buffer.from(value)),
    get: (key) => db.get(key),
    delete: (key) => db.del(Buffer.from(key)),
    batch: (writes) => {
      const batch = new rippledb.WriteBatch();
      for (const [key, value] of writes) batch.put(Buffer.from(key), Buffer.from(value));
      return db.batch(batch);
    },
    getMany: (keys) => Promise.all(keys.map((key) => db.get(Buffer.from(key)))),
    scan: async (from, limit) => {
      const entries = [];
      await sweep((key, value) => entries.push([key, value]) < limit, { start: from });
      return entries;
    },
    sweep: (step, visit) =>
      sweep(
        (key, value) => {
          visit(key, value);
        },
        { reverse: step < 0 },
      ),
    close: () => undefined,
  };
}
