import { levelStore, POINT_READS } from "../level-store.js";
import { compact, openLevel } from "./classic-level.js";

export const what = "LevelDB, getSync";
export const isPromise = false;
export const only = POINT_READS;

/** @param {string} directory @param {{ cacheBytes: number }} settings */
export async function open(directory, { cacheBytes }) {
  const db = await openLevel(directory, cacheBytes);
  return { ...levelStore(db), get: (key) => db.getSync(key), settle: () => compact(db) };
}
