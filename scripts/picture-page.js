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
/** Fills before each rest, in which the tree settles: what is left of each lies a level above what was there. */
const FILLS_BEFORE_RESTS = [40, 12, 5];
const FILLS_MAX = 40;
const ENTRIES = 60_000;
const REST_MS = 700;
/** Levels with tables, of four and the one above them. */
const LEVELS_MIN = 4;

const executablePath = findChromium();
if (executablePath === undefined) throw new Error("there is no Chromium: npx playwright-core install chromium");
const directory = mkdtempSync(join(tmpdir(), "mini-lsm-picture-"));
let filled = 0;
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
  const page = await browser.newPage({ viewport: { width: 1280, height: 860 }, reducedMotion: "reduce" });
  await page.goto(await printedUrl());
  await page.locator(".app").waitFor();
  for (const fills of FILLS_BEFORE_RESTS) {
    for (let count = 0; count < fills; count++) fill();
    await settle(page);
  }
  for (let count = 0; count < FILLS_MAX; count++) {
    fill();
    const picture = await pictureWithin(page, REST_MS);
    if (picture === undefined) continue;
    mkdirSync(PICTURES, { recursive: true });
    writeFileSync(join(PICTURES, "live-page.png"), picture);
    return;
  }
  throw new Error("no compaction was seen: try again");
}

/** Another piece of the key space, far from the one before. */
function fill() {
  const from = 100_000 + ((filled++ * 37) % 80) * 10_000;
  shell.stdin.write(`fill ${from} ${from + ENTRIES}\n`);
}

/** Waits until nothing has happened for a while. */
async function settle(page) {
  const newest = page.locator(".story .number");
  for (let before = ""; before !== (await newest.textContent()); ) {
    before = (await newest.textContent()) ?? "";
    await page.waitForTimeout(2 * REST_MS);
  }
}

/** A picture of the page while a compaction is under way, if one is within the time. */
async function pictureWithin(page, restMs) {
  const isSeen = await page.waitForFunction(isCompacting, LEVELS_MIN, { timeout: restMs }).catch(() => undefined);
  if (isSeen === undefined) return undefined;
  const picture = await page.screenshot();
  return (await page.evaluate(isCompacting, LEVELS_MIN)) ? picture : undefined;
}

/** Runs in the page: whether a compaction of two levels is under way in a tree of so many levels with tables. */
function isCompacting(levels) {
  const rows = [...document.querySelectorAll(".rows .row-label")].filter((row) => !row.textContent.includes("empty"));
  return document.querySelector(".mark.input.lower") !== null && rows.length >= levels;
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
