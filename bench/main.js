/**
 * `npm run bench`: every benchmark, several rounds, each round in a process and a directory of its own, so that none
 * meets another one's compiled code, heap or files. Rounds go around all benchmarks, which spreads a slow spell of the
 * machine over all of them.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { arch, cpus, platform, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { DEFAULT_OPTIONS } from "../build/options.js";
import { benchmarks } from "./benchmarks.js";
import { KEY_BYTES, VALUE_BYTES } from "./data.js";
import { median, spread } from "./statistics.js";

/** Keys hold eight digits, and the databases that are read hold every second number. */
const ENTRIES_MAX = 50_000_000;

const RUN_ONE = fileURLToPath(new URL("run-one.js", import.meta.url));
const USAGE = `Usage: npm run bench -- [options]
  --filter TEXT    only benchmarks whose name contains TEXT
  --entries N      entries of the engine's benchmarks (1000000)
  --full           as many entries as the claim needs where one says so: 5 000 000 for the sustained fill and the bursts,
                   10 000 000 for the bound on memory; some minutes a round
  --rounds N       how often each is run (3)
  --json FILE      also write the results to FILE`;

const options = readOptions();
const chosen = benchmarks.filter((benchmark) => benchmark.name.includes(options.filter));
if (chosen.length === 0) fail(`no benchmark's name contains "${options.filter}"`);

const machine = {
  cores: cpus().length,
  processor: cpus()[0]?.model ?? "unknown",
  node: process.version,
  platform: `${platform()} ${arch()}`,
};
console.log(`Node ${machine.node}, ${machine.platform}, ${machine.cores} cores, ${machine.processor}`);
console.log(`${KEY_BYTES}-byte keys, ${VALUE_BYTES}-byte values, ${options.entries} entries, ${options.rounds} rounds`);
console.log(`library defaults: ${JSON.stringify(DEFAULT_OPTIONS)}\n`);

/** @type {Map<string, { operations: number, samples: number[], figures: Record<string, number>[] }>} */
const measured = new Map();
for (let round = 1; round <= options.rounds; round++) {
  for (const benchmark of chosen) {
    progress(`round ${round} of ${options.rounds}: ${benchmark.name}`);
    const { operations, nanoseconds, figures } = runOnce(benchmark);
    const results = measured.get(benchmark.name) ?? { operations, samples: [], figures: [] };
    results.samples.push(nanoseconds / operations);
    if (figures !== undefined) results.figures.push(figures);
    measured.set(benchmark.name, results);
  }
}
progress("");

const rows = chosen.map(({ name, unit, what }) => {
  const { operations, samples, figures } = measured.get(name) ?? { operations: 0, samples: [], figures: [] };
  const nanoseconds = median(samples);
  return {
    name,
    unit,
    what,
    operations,
    nanosecondsPerOperation: nanoseconds,
    perSecond: 1e9 / nanoseconds,
    spread: spread(samples),
    samples,
    figures: mediansOf(figures),
  };
});
console.log(`| benchmark | ns per operation | per second | spread | what is measured |`);
console.log("|---|---:|---:|---:|---|");
for (const row of rows) {
  const rate = Math.round(row.perSecond).toLocaleString("en");
  console.log(
    `| ${row.name} | ${row.nanosecondsPerOperation.toFixed(1)} | ${rate} ${row.unit} | ±${(row.spread * 100).toFixed(0)} % | ${row.what} |`,
  );
}
const figures = rows.flatMap((row) => Object.entries(row.figures).map(([name, value]) => ({ row, name, value })));
if (figures.length > 0) {
  console.log("\n| benchmark | operations | figure | median |");
  console.log("|---|---:|---|---:|");
  for (const { row, name, value } of figures) {
    console.log(`| ${row.name} | ${row.operations.toLocaleString("en")} | ${name} | ${Number(value.toFixed(2))} |`);
  }
}
if (options.json !== undefined) {
  writeFileSync(
    options.json,
    `${JSON.stringify({ machine, entries: options.entries, isFull: options.isFull, rounds: options.rounds, defaults: DEFAULT_OPTIONS, results: rows }, null, 2)}\n`,
  );
}

/** The median of each figure. @param {readonly Record<string, number>[]} rounds @returns {Record<string, number>} */
function mediansOf(rounds) {
  const names = Object.keys(rounds[0] ?? {});
  return Object.fromEntries(names.map((name) => [name, median(rounds.map((figures) => figures[name]))]));
}

/**
 * @param {import("./benchmarks.js").Benchmark} benchmark
 * @returns {{ operations: number, nanoseconds: number, figures?: Record<string, number> }}
 */
function runOnce({ name, entriesFull }) {
  const entries = (options.isFull ? entriesFull : undefined) ?? options.entries;
  const directory = mkdtempSync(join(tmpdir(), "mini-lsm-bench-"));
  try {
    const child = spawnSync(process.execPath, [RUN_ONE, name, String(entries), directory], {
      encoding: "utf8",
    });
    if (child.status !== 0) fail(`${name} failed:\n${child.stderr}`);
    return JSON.parse(child.stdout);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function readOptions() {
  try {
    const { values } = parseArgs({
      options: {
        filter: { type: "string", default: "" },
        entries: { type: "string", default: "1000000" },
        full: { type: "boolean", default: false },
        rounds: { type: "string", default: "3" },
        json: { type: "string" },
      },
    });
    return {
      filter: values.filter,
      entries: count("entries", values.entries),
      isFull: values.full,
      rounds: count("rounds", values.rounds),
      json: values.json,
    };
  } catch (error) {
    return fail(`${error instanceof Error ? error.message : error}\n${USAGE}`);
  }
}

/** @param {string} name @param {string} text */
function count(name, text) {
  const number = Number(text);
  if (Number.isInteger(number) && number >= 1 && number <= ENTRIES_MAX) return number;
  throw new Error(`--${name} is ${text}, expected a whole number from 1 to ${ENTRIES_MAX}`);
}

/** Shows what is running where someone looks; a file or a pipe gets only the results. @param {string} text */
function progress(text) {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
}

/** @param {string} message @returns {never} */
function fail(message) {
  console.error(message);
  process.exit(1);
}
