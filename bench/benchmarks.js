import { burstBenchmarks } from "./bursts.js";
import { coldBenchmarks } from "./cold.js";
import { engineBenchmarks } from "./engine.js";
import { memtableBenchmarks } from "./memtable.js";
import { sustainedBenchmarks } from "./sustained.js";
import { tableBenchmarks } from "./table.js";

/**
 * One benchmark. `prepare` is not timed, `run` is and answers how many operations it did, `figures` looks at what it left
 * behind (names end in their unit), `verify` throws when an answer was wrong and closes what is open.
 *
 * @typedef {{
 *   name: string,
 *   unit: string,
 *   what: string,
 *   prepare: (entries: number, directory: string) => unknown,
 *   entriesFull?: number,
 *   run: (state: any) => number | Promise<number>,
 *   figures?: (state: any) => Record<string, number> | Promise<Record<string, number>>,
 *   verify: (state: any) => void | Promise<void>,
 * }} Benchmark
 */

/** @type {Benchmark[]} */
export const benchmarks = [
  ...memtableBenchmarks,
  ...tableBenchmarks,
  ...engineBenchmarks,
  ...sustainedBenchmarks,
  ...coldBenchmarks,
  ...burstBenchmarks,
];
