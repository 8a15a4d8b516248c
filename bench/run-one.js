/**
 * Runs one benchmark once, in this process and nowhere else, and prints its result as one line of JSON.
 * Arguments: name, entries, an empty directory.
 */
import { benchmarks } from "./benchmarks.js";

const [name = "", entries = "", directory = ""] = process.argv.slice(2);
const benchmark = benchmarks.find((candidate) => candidate.name === name);
if (benchmark === undefined) throw new Error(`no benchmark is called ${name}`);

const state = await benchmark.prepare(Number(entries), directory);
const begin = process.hrtime.bigint();
const operations = await benchmark.run(state);
const nanoseconds = Number(process.hrtime.bigint() - begin);
const figures = await benchmark.figures?.(state);
// A fast wrong answer is no result.
await benchmark.verify(state);
console.log(JSON.stringify({ operations, nanoseconds, figures }));
