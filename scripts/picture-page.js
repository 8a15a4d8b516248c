/**
 * `npm run picture:page`. Takes the picture of the live page that stands in the documentation, `docs/pictures/live-page.png`, after a build: a shell
 * fills a database, and while a compaction is under way the page is drawn.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { findChromium } from "./find-chromium.js";

const PROGRAM = fileURLToPath(new URL("../bin/mini-lsm-cli.js", import.meta.url));
const PICTURES = fileURLToPath(new URL("../docs/pictures/", import.meta.url));
const ARGUMENTS = ["--live", "--path", "first.db", "--target-sst-size", "1MiB", "--compaction", "simple"];
/** Over and over: what is newer lies above what is older. */
const FILLS = ["fill 1000000 1600000", "fill 1300000 1900000", "fill 1100000 1500000"];
const ROUNDS = 4;
/** By then the curves have something to show, and there are tables on as many levels. */
const DRAWN_FROM_MS = 20_000;
const LEVELS = 3;

const executablePath = findChromium();
if (executablePath === undefined) throw new Error("there is no Chromium: npx playwright-core install chromium");
const directory = mkdtempSync(join(tmpdir(), "mini-lsm-picture-"));
const shell = spawn(process.execPath, [PROGRAM, ...ARGUMENTS], {
  cwd: directory,
  stdio: ["pipe", "pipe", "inherit"],
  env: { ...process.env, MINI_LSM_HISTORY: "" },
});
const browser = await chromium.launch({ executablePath });
try {
  await takePicture();
} finally {
  await browser.close();
  shell.stdin.end("quit\n");
  await once(shell, "close");
  rmSync(directory, { recursive: true, force: true });
}

async function takePicture() {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  await page.goto(await printedUrl());
  await page.locator(".app").waitFor();
  shell.stdin.write(`${Array.from({ length: ROUNDS }, () => FILLS.join("\n")).join("\n")}\n`);
  await page.waitForTimeout(DRAWN_FROM_MS);
  for (;;) {
    await page.waitForFunction(isCompacting, LEVELS, { timeout: 60_000 });
    const picture = await page.screenshot();
    if (!(await page.evaluate(isCompacting, LEVELS))) continue;
    mkdirSync(PICTURES, { recursive: true });
    writeFileSync(join(PICTURES, "live-page.png"), picture);
    return;
  }
}

/** Runs in the page: whether a compaction is under way in a tree of so many levels with tables. */
function isCompacting(levels) {
  const rows = [...document.querySelectorAll(".rows .row-label")].filter((row) => !row.textContent.includes("empty"));
  return document.querySelector(".flow") !== null && rows.length >= levels;
}

function printedUrl() {
  return new Promise((resolve, reject) => {
    let printed = "";
    shell.stdout.setEncoding("utf8").on("data", (text) => {
      printed += text;
      const url = /live page: (\S+)\n/.exec(printed)?.[1];
      if (url !== undefined) resolve(url);
    });
    shell.once("close", () => reject(new Error("the shell has ended")));
  });
}
