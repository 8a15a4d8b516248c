/**
 * What a peer offers; its file in `peers/` exports `open`, and more where it is not like others. Methods answer at once or
 * with a promise. Keys and values are Buffers, which the store must copy before it answers; those it answers are the caller's own.
 *
 * @typedef {readonly (readonly [key: Buffer, value: Buffer])[]} Writes
 * @typedef {(key: Uint8Array, value: Uint8Array) => void} Visit
 *
 * @typedef {{
 *   put: (key: Buffer, value: Buffer) => unknown,
 *   putSynced?: (key: Buffer, value: Buffer) => unknown,
 *   get?: (key: Buffer) => unknown,
 *   delete?: (key: Buffer) => unknown,
 *   batch?: (writes: Writes) => unknown,
 *   getMany?: (keys: readonly Buffer[]) => unknown,
 *   scan?: (from: Buffer, limit: number) => unknown,
 *   sweep: (step: 1 | -1, visit: Visit) => unknown,
 *   lend?: (visit: (bytes: Uint8Array, start: number) => void) => unknown,
 *   settle?: () => Promise<void>,
 *   rest?: () => Promise<void>,
 *   close: () => unknown,
 * }} Store
 *   `sweep` visits everything. `lend` visits where values start, lent. `settle` brings everything into the shape in which
 *   it is read best. `rest` waits until what goes on in the background has ended.
 *
 * @typedef {{
 *   what: string,
 *   isPromise: boolean,
 *   open: (directory: string, settings: { cacheBytes: number, dataBytes: number }) => Promise<Store> | Store,
 *   only?: readonly string[],
 *   entriesMax?: number,
 * }} Peer
 *   `isPromise`: every answer is awaited. `only`: the workloads that the peer can do or that say something new about it.
 *   `entriesMax`: with more it would not come to an end.
 */

/** The peers, in the order of the tables; each is a file in `peers/`. */
export const PEERS = [
  "mini-lsm",
  "mini-lsm-promises",
  "mini-lsm-none",
  "mini-level",
  "mini-level-sync",
  "classic-level",
  "classic-level-sync",
  "lmdb",
  "lmdb-promises",
  "rocksdb",
  "better-sqlite3",
  "rippledb",
  "bare-log",
];

/** What all are compared with. */
export const BASELINE = "classic-level";

/** Whose methods a workload needs. @type {Record<number, keyof Store>} */
const METHOD_OF_STEP = {
  0: "put",
  1: "get",
  2: "get",
  3: "delete",
  4: "batch",
  5: "getMany",
  6: "scan",
  7: "get",
  8: "put",
  9: "putSynced",
};

/** Whether a store can do a workload. @param {Peer} peer @param {Store} store @param {import("./workloads.js").Workload} workload @param {import("./plans.js").Plan | undefined} plan */
export function canDo(peer, store, workload, plan) {
  if (peer.only !== undefined && !peer.only.includes(workload.name)) return false;
  if (workload.name === "puts-1000" && !peer.isPromise) return false;
  if (workload.sweep === "lend") return store.lend !== undefined;
  return plan === undefined || [...new Set(plan.kinds)].every((kind) => store[METHOD_OF_STEP[kind]] !== undefined);
}
