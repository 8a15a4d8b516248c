/**
 * `npm run bench:shell`: how long the shell keeps somebody waiting, and how fast it answers a script.
 *
 * The prompt: from starting the program at a terminal of its own to its prompt, on a new database, beside a bare
 * `node -e 0` from start to end. The two take turns, so that a slow spell of the machine meets both, and what is told is
 * the median of the differences. The script: commands through a pipe, from starting the program to its end.
 */
import { strict as assert } from "node:assert";
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { newRandom } from "./data.js";
import { median, spread } from "./statistics.js";

const PROGRAM = fileURLToPath(new URL("../bin/mini-lsm-cli.js", import.meta.url));
const PROMPT = "mini-lsm-cli> ";
const END_OF_INPUT = "\u0004";
const SCRIPT_LINES = 10_000;
const SCRIPT_KEYS = 5000;
/** What the shell is to keep to. */
const PROMPT_MS_MAX = 60;
const COMMANDS_PER_SECOND_MIN = 20_000;

const { values } = parseArgs({ options: { rounds: { type: "string", default: "20" } } });
const rounds = Number(values.rounds);
if (!Number.isInteger(rounds) || rounds < 1) {
  console.error("error: --rounds takes a number from 1");
  process.exit(2);
}
if (spawnSync("script", ["-qfec", "true", "/dev/null"]).status !== 0) {
  console.error("error: the prompt needs a terminal, which util-linux's program script makes: install it");
  process.exit(2);
}

const directory = mkdtempSync(join(tmpdir(), "mini-lsm-bench-shell-"));
try {
  await measurePrompt();
  measureScript([], "without a log");
  measureScript(["--enable-wal"], "with --enable-wal");
} finally {
  rmSync(directory, { recursive: true, force: true });
}

async function measurePrompt() {
  const bare = [];
  const prompt = [];
  for (let round = 0; round < rounds; round++) {
    bare.push(await atTerminal(`${process.execPath} -e 0`));
    prompt.push(
      await atTerminal(`${process.execPath} ${PROGRAM} --path ${join(directory, `prompt-${round}`)}`, PROMPT),
    );
  }
  const differences = prompt.map((milliseconds, round) => milliseconds - bare[round]);
  const told = (name, samples) =>
    console.log(`${name.padEnd(24)} ${median(samples).toFixed(1)} ms, ±${(spread(samples) * 100).toFixed(0)} %`);
  told("node -e 0", bare);
  told("start to prompt", prompt);
  told("difference", differences);
  console.log(`${median(differences) <= PROMPT_MS_MAX ? "within" : "NOT within"} ${PROMPT_MS_MAX} ms\n`);
}

/**
 * Milliseconds from starting a command at a terminal until it shows the text, or until it ends where there is no text to
 * wait for. @param {string} command @param {string} [text] @returns {Promise<number>}
 */
function atTerminal(command, text) {
  return new Promise((resolve, reject) => {
    const begin = performance.now();
    const terminal = spawn("script", ["-qfec", command, "/dev/null"], {
      stdio: ["pipe", "pipe", "inherit"],
      env: { ...process.env, TERM: "xterm", MINI_LSM_HISTORY: "" },
    });
    let shown = "";
    let milliseconds = NaN;
    terminal.stdout.on("data", (bytes) => {
      shown += bytes;
      if (text === undefined || !Number.isNaN(milliseconds) || !shown.includes(text)) return;
      milliseconds = performance.now() - begin;
      terminal.stdin.end(END_OF_INPUT);
    });
    terminal.on("error", reject);
    terminal.on("close", () => {
      if (text === undefined) resolve(performance.now() - begin);
      else if (Number.isNaN(milliseconds)) reject(new Error(`ended without a prompt: ${shown}`));
      else resolve(milliseconds);
    });
  });
}

/** @param {readonly string[]} options @param {string} name */
function measureScript(options, name) {
  const input = scriptLines().join("\n");
  const rates = [];
  for (let round = 0; round < Math.min(rounds, 5); round++) {
    const path = join(directory, `script${options.length}-${round}`);
    const begin = performance.now();
    const { stdout, stderr, status } = spawnSync(process.execPath, [PROGRAM, "--path", path, ...options], {
      input,
      encoding: "utf8",
    });
    rates.push((1000 * SCRIPT_LINES) / (performance.now() - begin));
    // A fast wrong answer is no result.
    assert.equal(status, 0, stderr);
    assert.equal(stdout.match(/ put$|=b"|not exist$| deleted$/gm)?.length, SCRIPT_LINES);
  }
  const rate = Math.round(median(rates));
  console.log(`a script of ${SCRIPT_LINES} lines, ${name}: ${rate.toLocaleString("en")} commands/s with start and end`);
  const isFast = rate >= COMMANDS_PER_SECOND_MIN;
  console.log(`${isFast ? "at least" : "NOT"} ${COMMANDS_PER_SECOND_MIN.toLocaleString("en")}/s\n`);
}

/** Half of them gets. */
function scriptLines() {
  const random = newRandom(1);
  return Array.from({ length: SCRIPT_LINES }, (_, index) => {
    const key = `key${random(SCRIPT_KEYS)}`;
    return [`put ${key} value${index}`, `get ${key}`, `get ${key}`, `del ${key}`][index % 4];
  });
}
