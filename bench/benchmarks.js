import { engineBenchmarks } from "./engine.js";
import { memtableBenchmarks } from "./memtable.js";
import { tableBenchmarks } from "./table.js";

/**
 * One benchmark. `prepare` is not timed, `run` is and answers how many operations it did, `verify` throws when an answer
 * was wrong and closes what is open.
 *
 * @typedef {{
 *   name: string,
 *   unit: string,
 *   what: string,
 *   prepare: (entries: number, directory: string) => unknown,
 *   run: (state: any) => number | Promise<number>,
 *   verify: (state: any) => void | Promise<void>,
 * }} Benchmark
 */

/** @type {Benchmark[]} */
export const benchmarks = [...memtableBenchmarks, ...tableBenchmarks, ...engineBenchmarks];
