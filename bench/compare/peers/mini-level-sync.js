import { levelStore, POINT_READS } from "../level-store.js";
import { openLevel } from "./mini-level.js";

export const what = "this project as a store for level, getSync";
export const isPromise = false;
export const only = POINT_READS;

/** @param {string} directory @param {{ cacheBytes: number }} settings */
export async function open(directory, { cacheBytes }) {
  const db = await openLevel(directory, cacheBytes);
  return { ...levelStore(db), get: (key) => db.getSync(key), settle: () => db.compactRange("", "\uffff") };
}
