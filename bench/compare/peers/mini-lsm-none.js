import { openWith } from "./mini-lsm.js";

export const what = "this project, synchronous, without a log";
export const isPromise = false;

/** @param {string} directory @param {{ cacheBytes: number }} settings */
export function open(directory, settings) {
  return openWith(directory, settings, { durability: "none" });
}
