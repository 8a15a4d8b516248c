import { fingerprint32 } from "../codec/fingerprint32.ts";
import type { LookupResult } from "../iterator/storage-iterator.ts";
import { ENTRY_KIND } from "../key.ts";
import { lookUp } from "../read/look-up.ts";
import type { Missing } from "../sstable/held.ts";
import type { LsmState } from "../state/lsm-state.ts";
import type { Core } from "./core.ts";

/** Each try names what is missing next: contents of tables, a block, and one more block for each filter that was wrong. */
const TRIES_MAX = 16;
/** Look-ups that hold what they loaded at one time. */
const AT_ONCE_MAX = 64;

const NO_BYTES = new Uint8Array(0);

/** Makes something that lasts of an entry that is lent; of undefined where the key has no value. */
export type Take<Value> = (found: LookupResult | undefined) => Value;

/**
 * Look-ups of keys for which something has to come from the disk, while others go on (design D10).
 *
 * A look-up is tried from memory alone, what it lacks is loaded in the background and held for it, and it is tried again,
 * always on the state and at the timestamp with which it began. When that leads nowhere, a table being damaged for
 * instance, the synchronous look-up decides: it may not even need the table.
 */
export class LateReads {
  readonly #core: Core;
  readonly #refuseIfClosed: () => void;
  readonly #result: LookupResult = { timestamp: 0, kind: 0, valueBuffer: NO_BYTES, valueStart: 0, valueEnd: 0 };
  #underWay = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(core: Core, refuseIfClosed: () => void) {
    this.#core = core;
    this.#refuseIfClosed = refuseIfClosed;
  }

  /** For each key what a reader at this timestamp sees now. Rejects with what a look-up throws, once all have ended. */
  async find<Value>(keys: readonly Uint8Array[], readTimestamp: number, take: Take<Value>): Promise<Value[]> {
    const { states, readers } = this.#core;
    const state = states.pin();
    readers.register(readTimestamp);
    try {
      const found = await Promise.allSettled(keys.map((key) => this.#findOne(state, key, readTimestamp, take)));
      return found.map((each) => {
        if (each.status === "rejected") throw each.reason;
        return each.value;
      });
    } finally {
      readers.release(readTimestamp);
      states.unpin(state);
    }
  }

  async #findOne<Value>(state: LsmState, key: Uint8Array, readTimestamp: number, take: Take<Value>): Promise<Value> {
    if (this.#underWay === AT_ONCE_MAX) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#underWay++;
    const hash = fingerprint32(key, 0, key.length);
    const held: Missing[] = [];
    try {
      for (let left = TRIES_MAX; left > 0; left--) {
        this.#refuseIfClosed();
        const missing: Missing[] = [];
        const value = this.#lookUp(state, hash, key, readTimestamp, take, missing);
        if (missing.length === 0) return value;
        held.push(...missing);
        if (!(await areHeld(missing))) break;
      }
      this.#refuseIfClosed();
      return this.#lookUp(state, hash, key, readTimestamp, take, undefined);
    } finally {
      for (const each of held) each.release();
      this.#next();
    }
  }

  /** With a list of what is missing, from memory alone; the value counts only when the list stays empty. */
  #lookUp<Value>(
    state: LsmState,
    hash: number,
    key: Uint8Array,
    readTimestamp: number,
    take: Take<Value>,
    missing: Missing[] | undefined,
  ): Value {
    const { blocks } = this.#core.tables;
    const result = this.#result;
    blocks.missing = missing;
    try {
      const isFound = lookUp(state, hash, key, 0, key.length, readTimestamp, result);
      const isThere = isFound && result.kind === ENTRY_KIND.put && (missing === undefined || missing.length === 0);
      return take(isThere ? result : undefined);
    } finally {
      blocks.missing = undefined;
      result.valueBuffer = NO_BYTES;
    }
  }

  #next(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#underWay--;
    else next();
  }
}

/** Whether all of them are in memory now; each must be released, whatever came of it. */
export function areHeld(missing: readonly Missing[]): Promise<boolean> {
  return new Promise((resolve) => {
    let left = missing.length;
    let areSound = true;
    for (const each of missing) {
      each.hold((error) => {
        if (error !== undefined) areSound = false;
        if (--left === 0) resolve(areSound);
      });
    }
  });
}
