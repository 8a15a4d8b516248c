/**
 * Whether the live page keeps up: a shell fills a database of tiny tables, a headless Chromium shows it, and of every
 * state that the page drew is measured how long before it the event lay that it shows.
 *
 *   node bench/live-page.js [ENTRIES]      after `npm run build`; 600000 entries make some 1 000 tables
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { findChromium } from "../scripts/find-chromium.js";
import { median } from "./statistics.js";

const PROGRAM = fileURLToPath(new URL("../bin/mini-lsm-cli.js", import.meta.url));
const [entries = "600000"] = process.argv.slice(2);

const executablePath = findChromium();
if (executablePath === undefined) throw new Error("there is no Chromium: npx playwright-core install chromium");
const directory = mkdtempSync(join(tmpdir(), "mini-lsm-bench-"));
const shell = spawn(process.execPath, [PROGRAM, "--live", "--target-sst-size", "8KiB", "--compaction", "leveled"], {
  cwd: directory,
  stdio: ["pipe", "pipe", "inherit"],
  env: { ...process.env, MINI_LSM_HISTORY: "" },
});
const browser = await chromium.launch({ executablePath });
try {
  await measure();
} finally {
  await browser.close();
  shell.stdin.end("quit\n");
  await once(shell, "close");
  rmSync(directory, { recursive: true, force: true });
}

async function measure() {
  const output = createInterface(shell.stdout);
  const lines = output[Symbol.asyncIterator]();
  const line = async (pattern) => {
    for (;;) {
      const { value, done } = await lines.next();
      if (done) throw new Error("the shell has ended");
      const found = pattern.exec(value);
      if (found !== null) return found;
    }
  };
  const url = new URL((await line(/live page: (\S+)/))[1]);
  const happenedMs = new Map();
  const follow = followMoments(url, happenedMs);

  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  await page.goto(url.href);
  await page.locator(".app").waitFor();
  await page.evaluate(`{
    globalThis.drawn = [];
    const number = document.querySelector(".story .number");
    const note = () => drawn.push([Number(number.textContent.split(" of ")[0].replace(/,/g, "")), Date.now()]);
    new MutationObserver(note).observe(number, { characterData: true, childList: true, subtree: true });
  }`);
  const session = await page.context().newCDPSession(page);
  await session.send("Performance.enable");
  const busySeconds = async () => {
    const { metrics } = await session.send("Performance.getMetrics");
    return metrics.find(({ name }) => name === "TaskDuration").value;
  };

  const begun = { ms: performance.now(), busy: await busySeconds() };
  shell.stdin.write(`fill 1 ${entries}\n`);
  await line(/values filled/);
  const seconds = (performance.now() - begun.ms) / 1000;
  const busy = (await busySeconds()) - begun.busy;
  const tables = await page.locator(".figure dd b").first().textContent();
  const drawn = await page.evaluate("drawn");
  follow.abort();

  const lagsMs = drawn.flatMap(([number, drawnMs]) => {
    const atMs = happenedMs.get(number);
    return atMs === undefined ? [] : [drawnMs - atMs];
  });
  lagsMs.sort((a, b) => a - b);
  const at = (share) => lagsMs[Math.min(lagsMs.length - 1, Math.floor(lagsMs.length * share))];
  console.log(
    `${tables} tables, ${happenedMs.size} events in ${seconds.toFixed(1)} s: ${Math.round(happenedMs.size / seconds)}/s`,
  );
  console.log(
    `${drawn.length} states drawn: ${(drawn.length / seconds).toFixed(1)}/s, the page busy for ${Math.round((100 * busy) / seconds)}% of the time`,
  );
  console.log(
    `from event to page: median ${median(lagsMs)} ms, 99% within ${at(0.99)} ms, at most ${lagsMs.at(-1)} ms`,
  );
}

/** Reads what the page is told, and notes when each moment happened. */
function followMoments({ origin, hash }, happenedMs) {
  const controller = new AbortController();
  const headers = { Authorization: `Bearer ${hash.replace("#token=", "")}` };
  const read = async () => {
    const response = await fetch(`${origin}/api/stream`, { headers, signal: controller.signal });
    for await (const line of createInterface(Readable.fromWeb(response.body))) {
      const message = JSON.parse(line);
      for (const { number, atMs } of message.moments ?? []) happenedMs.set(number, atMs);
    }
  };
  read().catch((error) => {
    if (error.name !== "AbortError") throw error;
  });
  return controller;
}
