import { ClassicLevel } from "classic-level";
import { BUFFERS, levelStore } from "../level-store.js";

export const what = "LevelDB, with promises";
export const isPromise = true;
/** Above every key. */
const END = Buffer.alloc(1, 0xff);

/** @param {string} directory @param {{ cacheBytes: number }} settings */
export async function open(directory, { cacheBytes }) {
  const db = await openLevel(directory, cacheBytes);
  return { ...levelStore(db), settle: () => compact(db) };
}

/** @param {string} directory @param {number} cacheBytes */
export async function openLevel(directory, cacheBytes) {
  const db = new ClassicLevel(directory, { ...BUFFERS, cacheSize: cacheBytes, compression: false });
  await db.open();
  return db;
}

/** @param {ClassicLevel<Buffer, Buffer>} db */
export function compact(db) {
  return db.compactRange(Buffer.alloc(0), END, { keyEncoding: "buffer" });
}
