/**
 * Draws `docs/pictures/first-session.svg`: the program at a terminal of its own, commands typed, and what stands on the
 * screen then. With `--check` nothing is written: exit code 1 when the picture shows anything else but other times.
 *
 * It needs `npm run build` and util-linux's `script`, which makes the terminal.
 */
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { screenOf } from "./terminal-screen.js";

const PICTURE = fileURLToPath(new URL("../docs/pictures/first-session.svg", import.meta.url));
const PROGRAM = fileURLToPath(new URL("../bin/mini-lsm-cli.js", import.meta.url));
const OPTIONS = "--compaction none";
const TYPED = [
  "fill 1000 3000",
  "flush",
  "fill 2000 4000",
  "del 2500",
  "flush",
  "get 2333",
  "tree",
  "explain get 1500",
  "explain get 2500",
];
const PROMPT = "mini-lsm-cli> ";
const END_OF_INPUT = "\u0004";
const COLUMNS = 92;
const ROWS = 40;

/** Pixels of the picture. */
const CELL = { width: 8.4, height: 19 };
const MARGIN = 18;
const TITLE_HEIGHT = 34;
const COLOURS = {
  background: "#16181d",
  frame: "#2a2e37",
  plain: "#d8dee9",
  cyan: "#6fd3e3",
  dim: "#858d9c",
  red: "#f38ba8",
};
const isCheck = process.argv.includes("--check");
const drawn = drawing(screenOf(await session()));
if (!isCheck) {
  writeFileSync(PICTURE, drawn);
} else if (withoutTimes(readFileSync(PICTURE, "utf8")) !== withoutTimes(drawn)) {
  console.error("docs/pictures/first-session.svg is not what the program shows: run `npm run pictures`");
  process.exitCode = 1;
}

/** All that the program writes to its terminal. @returns {Promise<string>} */
function session() {
  const directory = mkdtempSync(join(tmpdir(), "mini-lsm-picture-"));
  const command = `stty cols ${COLUMNS} rows ${ROWS}; exec ${process.execPath} ${PROGRAM} ${OPTIONS}`;
  const { NO_COLOR, FORCE_COLOR, ...variables } = process.env;
  const terminal = spawn("script", ["-qfec", command, "/dev/null"], {
    cwd: directory,
    env: { ...variables, TERM: "xterm-256color", LC_ALL: "C.UTF-8", MINI_LSM_HISTORY: "" },
  });
  let written = "";
  let isTyped = false;
  terminal.stdout.setEncoding("utf8").on("data", (text) => {
    written += text;
    // What is typed ahead is kept for the prompts that follow.
    if (!isTyped && written.includes(PROMPT)) {
      isTyped = true;
      terminal.stdin.write(`${TYPED.join("\r")}\r${END_OF_INPUT}`);
    }
  });
  return new Promise((resolve, reject) => {
    terminal.on("error", reject);
    terminal.on("close", (exitCode) => {
      rmSync(directory, { recursive: true, force: true });
      if (exitCode === 0) resolve(written);
      else reject(new Error(`the program ended with ${exitCode}: ${written}`));
    });
  });
}

/** @param {ReturnType<typeof screenOf>} rows */
function drawing(rows) {
  const width = Math.round(COLUMNS * CELL.width + 2 * MARGIN);
  const height = TITLE_HEIGHT + rows.length * CELL.height + MARGIN;
  const lines = rows.map((cells, row) => {
    const y = TITLE_HEIGHT + row * CELL.height + 14;
    return runsOf(cells)
      .map((run) => runElement(run, y))
      .join("");
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">
<title>A first session with mini-lsm-cli</title>
<rect width="${width}" height="${height}" rx="9" fill="${COLOURS.background}" stroke="${COLOURS.frame}"/>
<g font-family="ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace" font-size="14">
<text x="${MARGIN}" y="22" fill="${COLOURS.dim}">$ npx mini-lsm-cli ${OPTIONS}</text>
${lines.filter((line) => line !== "").join("\n")}
</g>
</svg>
`;
}

/** Neighbours of one colour together, without blanks at the end. @param {ReturnType<typeof screenOf>[number]} cells */
function runsOf(cells) {
  const runs = [];
  for (const [column, { character, colour }] of cells.entries()) {
    const last = runs.at(-1);
    if (last?.colour === colour) last.text += character;
    else runs.push({ text: character, colour, column });
  }
  return runs.filter(({ text }) => text.trim() !== "");
}

/** As wide as its cells, whatever the font. @param {{ text: string, colour: string, column: number }} run @param {number} y */
function runElement({ text, colour, column }, y) {
  const x = (MARGIN + column * CELL.width).toFixed(1);
  const length = (Array.from(text).length * CELL.width).toFixed(1);
  // Blanks that stay blanks: others are drawn as one.
  const escaped = text.replace(/[&<> ]/g, (character) =>
    character === " " ? "\u00a0" : `&#${character.charCodeAt(0)};`,
  );
  return `<text x="${x}" y="${y}" fill="${COLOURS[colour]}" textLength="${length}" lengthAdjust="spacingAndGlyphs">${escaped}</text>`;
}

/** Times differ from run to run, and with their digits the lengths of lines. @param {string} picture */
function withoutTimes(picture) {
  return picture.replace(/textLength="[^"]*"(.*?)[0-9.]+\u00a0ms/g, "$1# ms");
}
