const ENTRIES_AT_ONCE = 1000;

/** What any store for `level` offers, with promises. @param {any} db open, keys and values as Buffers */
export function levelStore(db) {
  return {
    put: (key, value) => db.put(key, value),
    putSynced: (key, value) => db.put(key, value, { sync: true }),
    get: (key) => db.get(key),
    delete: (key) => db.del(key),
    batch: (writes) => db.batch(writes.map(([key, value]) => ({ type: "put", key, value }))),
    getMany: (keys) => db.getMany(keys),
    scan: (from, limit) => db.iterator({ gte: from, limit }).all(),
    sweep: async (step, visit) => {
      const iterator = db.iterator({ reverse: step < 0 });
      for (;;) {
        const entries = await iterator.nextv(ENTRIES_AT_ONCE);
        if (entries.length === 0) break;
        for (const [key, value] of entries) visit(key, value);
      }
      await iterator.close();
    },
    close: () => db.close(),
  };
}

/** Workloads that read key by key. */
export const POINT_READS = [
  "readrandom",
  "readmissing",
  "ycsb-c",
  "read-10k",
  "read-1m",
  "read-cold",
  "growth-1m",
  "growth-10m",
  "growth-50m",
];

export const BUFFERS = { keyEncoding: "buffer", valueEncoding: "buffer" };
