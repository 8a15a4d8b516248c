import { join } from "node:path";
import Database from "better-sqlite3";

export const what = "SQLite in WAL mode without syncs, synchronous";
export const isPromise = false;

/** @param {string} directory @param {{ cacheBytes: number }} settings */
export function open(directory, { cacheBytes }) {
  const db = new Database(join(directory, "data.sqlite"));
  db.pragma("journal_mode = WAL");
  db.pragma("synchronous = OFF");
  // Negative: in KiB.
  db.pragma(`cache_size = ${-Math.ceil(cacheBytes / 1024)}`);
  db.exec("CREATE TABLE IF NOT EXISTS entries (key BLOB PRIMARY KEY, value BLOB) WITHOUT ROWID");
  const put = db.prepare("INSERT INTO entries VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value");
  const get = db.prepare("SELECT value FROM entries WHERE key = ?").pluck();
  const remove = db.prepare("DELETE FROM entries WHERE key = ?");
  const scan = db.prepare("SELECT key, value FROM entries WHERE key >= ? ORDER BY key LIMIT ?").raw();
  const ascending = db.prepare("SELECT key, value FROM entries ORDER BY key").raw();
  const descending = db.prepare("SELECT key, value FROM entries ORDER BY key DESC").raw();
  return {
    put: (key, value) => put.run(key, value),
    get: (key) => get.get(key),
    delete: (key) => remove.run(key),
    batch: db.transaction((writes) => {
      for (const [key, value] of writes) put.run(key, value);
    }),
    getMany: (keys) => keys.map((key) => get.get(key)),
    scan: (from, limit) => scan.all(from, limit),
    sweep: (step, visit) => {
      for (const [key, value] of (step > 0 ? ascending : descending).iterate()) visit(key, value);
    },
    close: () => db.close(),
  };
}
