import { strict as assert } from "node:assert";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { setImmediate as nextTurn } from "node:timers/promises";
import { AbstractLevel } from "abstract-level";
import { MiniLevel } from "../build/level.js";

const PUTS_PER_BURST = 10_000;
const MIB = 1024 * 1024;
const RESOLUTION_MS = 1;
const VALUE = "v".repeat(100);

/** Has all the costs of an adapter and none of a store: what it takes is the program's share, and abstract-level's. */
class NothingLevel extends AbstractLevel {
  constructor() {
    super({ encodings: { utf8: true } });
  }
}

/** Sixteen digits, scattered: every number below 2^32 stands for one key. @param {number} index */
function keyOf(index) {
  return String(Math.imul(index, 0x9e37_79b1) >>> 0).padStart(16, "0");
}

/**
 * Puts in bursts, none of them awaited, one turn of the event loop between two bursts.
 *
 * @param {string} name
 * @param {string} what
 * @param {(directory: string) => AbstractLevel<any, any, any>} make
 * @returns {import("./benchmarks.js").Benchmark}
 */
function bursts(name, what, make) {
  return {
    name,
    unit: "puts",
    what,
    entriesFull: 5_000_000,
    prepare: async (entries, directory) => {
      const db = make(directory);
      await db.open();
      const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
      return { db, entries, delay, rssBeforeBytes: process.memoryUsage().rss, done: 0 };
    },
    run: async (state) => {
      const { db, entries, delay } = state;
      delay.enable();
      let error;
      for (let put = 0; put < entries; put++) {
        db.put(keyOf(put), VALUE).then(
          () => state.done++,
          (/** @type {unknown} */ cause) => {
            error ??= cause;
          },
        );
        if (put % PUTS_PER_BURST === PUTS_PER_BURST - 1) await nextTurn();
      }
      while (state.done < entries && error === undefined) await nextTurn();
      if (error !== undefined) throw error;
      delay.disable();
      return entries;
    },
    figures: ({ delay, rssBeforeBytes }) => {
      const late = (/** @type {number} */ nanoseconds) => Math.max(nanoseconds / 1e6 - RESOLUTION_MS, 0);
      return {
        "resident memory before (MiB)": rssBeforeBytes / MIB,
        "resident memory, largest (MiB)": process.resourceUsage().maxRSS / 1024,
        "event loop delay, median (ms)": late(delay.percentile(50)),
        "event loop delay, 99 % (ms)": late(delay.percentile(99)),
        "event loop delay, largest (ms)": late(delay.max),
      };
    },
    verify: async ({ db, entries }) => {
      if (db instanceof MiniLevel) {
        let count = 0;
        const keys = db.keys();
        for (let some = await keys.nextv(10_000); some.length > 0; some = await keys.nextv(10_000))
          count += some.length;
        assert.equal(count, entries);
        for (let put = 0; put < entries; put += 997) assert.equal(db.getSync(keyOf(put)), VALUE);
      }
      await db.close();
    },
  };
}

const HOW = `put scattered keys in bursts of ${PUTS_PER_BURST}, none awaited, one turn of the event loop between bursts`;

/** What a store for `level` takes whose answers nobody waits for, and what an adapter without a store takes. */
export const burstBenchmarks = [
  bursts("level/bursts", `${HOW}; MiniLevel, counts until the last answer`, (directory) => new MiniLevel(directory)),
  bursts("level/bursts-nothing", "the same, into an adapter that stores nothing", () => new NothingLevel()),
];
