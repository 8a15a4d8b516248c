import { MiniLevel } from "../../../dist/esm/level.js";
import { BUFFERS, levelStore } from "../level-store.js";

export const what = "this project as a store for level, with promises";
export const isPromise = true;

/** @param {string} directory @param {{ cacheBytes: number }} settings */
export async function open(directory, { cacheBytes }) {
  const db = await openLevel(directory, cacheBytes);
  return { ...levelStore(db), settle: () => db.compactRange("", "\uffff") };
}

/** @param {string} directory @param {number} cacheBytes */
export async function openLevel(directory, cacheBytes) {
  const db = new MiniLevel(directory, { ...BUFFERS, cacheSizeBytes: cacheBytes });
  await db.open();
  return db;
}
