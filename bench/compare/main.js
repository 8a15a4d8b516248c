/**
 * `npm run bench:compare`: the same workloads on this project and on other stores, side by side. Each cell runs in a
 * process and a directory of its own; rounds go around all cells, so that a slow spell of the machine meets all of them.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { arch, cpus, platform, release, tmpdir, totalmem } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { brief, figureTable, rateTable } from "./report.js";
import { BASELINE, PEERS } from "./store.js";
import { workloads } from "./workloads.js";

const RUN_CELL = fileURLToPath(new URL("run-cell.js", import.meta.url));
/** Keys hold eight digits, and every second number is one that is missing. */
const ENTRIES_MAX = 40_000_000;
/** A cell that takes longer hangs. */
const CELL_MS_MAX = 60 * 60 * 1000;
const USAGE = `Usage: npm run bench:compare -- [options]
  --peers A,B      which stores (all that are installed): ${PEERS.join(", ")}
  --workloads A,B  which workloads (all but the large ones): ${workloads.map(({ name }) => name).join(", ")}
  --entries N      entries of a workload that does not say otherwise (200000)
  --rounds N       how often each cell is run (3)
  --baseline A     what ratios are of (${BASELINE})
  --json FILE      also write everything that was measured to FILE
  --markdown FILE  also write the tables to FILE
The other stores are installed with: npm install --prefix bench/compare`;

const options = readOptions();
const peers = options.peers.filter(isInstalled);
/** @type {Map<string, import("./report.js").Cell & { rounds: import("./report.js").Measured[] }>} */
const cells = new Map();
for (let round = 1; round <= options.rounds; round++) {
  for (const workload of options.workloads) {
    for (const peer of peers) {
      progress(`round ${round} of ${options.rounds}: ${workload} on ${peer}`);
      const measured = runCell(peer, workload);
      if (measured === undefined) continue;
      const name = `${workload} ${peer}`;
      const cell = cells.get(name) ?? { workload, peer, rounds: [] };
      cell.rounds.push(measured);
      cells.set(name, cell);
    }
  }
}
progress("");

const measured = [...cells.values()];
const machine = {
  processor: cpus()[0]?.model ?? "unknown",
  cores: cpus().length,
  memoryGiB: Math.round(totalmem() / 2 ** 30),
  system: `${platform()} ${release()} ${arch()}`,
  node: process.version,
};
const text = `${Object.entries(machine)
  .map(([name, value]) => `- ${name}: ${value}`)
  .join("\n")}
- ${brief(options.entries)} entries, keys of 16 bytes, values of 100 bytes where a workload says nothing else; ${options.rounds} rounds
- a cell is the median of operations per second, how many times ${options.baseline} that is, and half of what lies between the fastest and the slowest round

${rateTable(
  measured,
  peers.filter((peer) => measured.some((cell) => cell.peer === peer)),
  options.baseline,
)}

${figureTable(measured)}
`;
console.log(text);
if (options.markdown !== undefined) writeFileSync(options.markdown, text);
if (options.json !== undefined) {
  writeFileSync(options.json, `${JSON.stringify({ machine, entries: options.entries, cells: measured }, null, 2)}\n`);
}

/** undefined where the peer cannot do the workload. @param {string} peer @param {string} workload @returns {import("./report.js").Measured | undefined} */
function runCell(peer, workload) {
  const directory = mkdtempSync(join(tmpdir(), "mini-lsm-compare-"));
  try {
    const child = spawnSync(process.execPath, [RUN_CELL, peer, workload, String(options.entries), directory], {
      encoding: "utf8",
      timeout: CELL_MS_MAX,
    });
    if (child.status === 0) return JSON.parse(child.stdout) ?? undefined;
    // One peer that fails is no reason to lose what the others have done.
    console.error(`${workload} on ${peer} failed:\n${child.stderr}`);
    process.exitCode = 1;
    return undefined;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Whether what a peer is made of is there. @param {string} peer */
function isInstalled(peer) {
  const packages = { rocksdb: "@nxtedition/rocksdb", "classic-level-sync": "classic-level", "lmdb-promises": "lmdb" };
  const isOurs = peer.startsWith("mini-") || peer === "bare-log";
  try {
    if (!isOurs) createRequire(import.meta.url).resolve(packages[peer] ?? peer);
    return true;
  } catch {
    console.error(`${peer} is left out, for it is not installed: npm install --prefix bench/compare`);
    return false;
  }
}

function readOptions() {
  try {
    const { values } = parseArgs({
      options: {
        peers: { type: "string", default: PEERS.join(",") },
        workloads: {
          type: "string",
          default: workloads
            .filter(({ isLarge }) => !isLarge)
            .map(({ name }) => name)
            .join(","),
        },
        entries: { type: "string", default: "200000" },
        rounds: { type: "string", default: "3" },
        baseline: { type: "string", default: BASELINE },
        json: { type: "string" },
        markdown: { type: "string" },
      },
    });
    return {
      peers: choice("peers", values.peers, PEERS),
      workloads: choice(
        "workloads",
        values.workloads,
        workloads.map(({ name }) => name),
      ),
      entries: count("entries", values.entries),
      rounds: count("rounds", values.rounds),
      baseline: choice("baseline", values.baseline, PEERS)[0],
      json: values.json,
      markdown: values.markdown,
    };
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n${USAGE}`);
    process.exit(2);
  }
}

/** @param {string} name @param {string} text @param {readonly string[]} known */
function choice(name, text, known) {
  const chosen = text.split(",");
  const unknown = chosen.find((each) => !known.includes(each));
  if (unknown !== undefined) throw new Error(`--${name} names ${unknown}, expected some of ${known.join(", ")}`);
  return chosen;
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
