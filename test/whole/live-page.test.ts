import { afterAll, afterEach, beforeEach, describe, expect, test } from "vitest";
import { launchBrowser } from "./browser.ts";
import { LivePage, PATIENCE_MS } from "./live-page-reader.ts";
import { WorkingDirectory } from "./shell-program.ts";

const browser = await launchBrowser();
afterAll(() => browser?.close());

let directory: WorkingDirectory;
let opened: LivePage[] = [];
beforeEach(() => {
  directory = new WorkingDirectory();
});
afterEach(async () => {
  await Promise.all(opened.map((live) => live.close()));
  opened = [];
  directory.dispose();
});

/** The page of a program. Whatever a test does with it, the browser finds nothing to complain about. */
async function open(...argv: string[]): Promise<LivePage> {
  if (browser === undefined) throw new Error("no browser");
  const live = await LivePage.open(browser, directory, argv);
  opened.push(live);
  return live;
}

const SMALL = ["--live", "--target-sst-size", "64KiB"];

/** Something that is there at some time, as soon as it is. */
const eventually = <Value>(look: () => Promise<Value>) => expect.poll(look, { timeout: PATIENCE_MS });

describe.skipIf(browser === undefined)("the live page of a shell", () => {
  test("shows an empty tree, and follows what is typed at the terminal", async () => {
    const live = await open(...SMALL, "--compaction", "leveled");
    await live.page.getByText("live", { exact: true }).waitFor();
    expect(await live.levels()).toEqual([]);
    expect(await live.position()).toEqual([0, 0]);
    expect(await live.page.title()).toBe("lsm.db · mini-lsm-cli");

    live.program.send("fill 1 5000\n");
    await live.program.until("values filled");
    await eventually(() => live.moment("Memtable 0 frozen").count()).toBe(1);
    const before = await live.position();
    await eventually(() => live.figure("Written")).not.toContain("0 B");

    live.program.send("fill 1 30000\n");
    await live.program.until("values filled");
    await eventually(() => live.moment("flushed").count()).toBeGreaterThan(0);
    await eventually(async () => (await live.position())[1]).toBeGreaterThan(before[1]);
    expect(await live.page.locator(".memtable.mutable").textContent()).toContain("of 64.0 KiB");
    expect(live.complaints).toEqual([]);
  });

  test("shows what stats shows", async () => {
    const live = await open(...SMALL, "--compaction", "leveled");
    live.program.send("fill 1 40000\nflush\nfull_compaction\nfill 10 2000\nflush\n");
    await live.program.until("full compaction success");
    await live.program.until("flush success");
    const stats = await live.run("stats");
    const group = (pattern: RegExp): readonly string[] => pattern.exec(stats)?.slice(1) ?? ["not in the answer"];

    const levels = [...stats.matchAll(/^(L\d+) +(\d+) +(\S+ \S+)/gm)].flatMap(([, name, files, size]) => {
      return files === "0" ? [] : [`${name}: ${files}, ${size}`];
    });
    expect(levels.length).toBeGreaterThan(1);
    await eventually(() => live.levels()).toEqual(levels);

    const [tables, bytes] = group(/^all +(\d+) +(\S+ \S+)/m);
    await eventually(() => live.figure("Tables")).toBe(`${tables} ${bytes}`);
    const [read, write, space] = group(/^amplification +read (\d+) places?, write (\S+), space (\S+)$/m);
    expect(await live.figure("Read amp.")).toBe(`${read} places to look into`);
    expect(await live.figure("Write amp.")).toBe(`${write} written per flushed`);
    expect(await live.figure("Space amp.")).toBe(`${space} of the oldest run`);
    const [flushes, flushed, compactions, compacted] = group(
      /(\d+) flush(?:es)? \((.+?)\), (\d+) compactions? \(.+ read, (.+) written\)/,
    );
    expect(await live.figure("Flushes")).toBe(`${flushes} ${flushed}`);
    expect(await live.figure("Compactions")).toBe(`${compactions} ${compacted} written`);
    const [stalls, stalledMs] = group(/^stalls +(\d+), (.+) ms$/m);
    expect(await live.figure("Stalls")).toBe(`${stalls} ${stalledMs} ms waited`);
    const [memory] = group(/, (\S+ \S+) taken$/m);
    expect(await live.figure("Memtables")).toContain(`${memory} `);
    expect(live.complaints).toEqual([]);
  });

  test("goes back and forth through the history of the tree", async () => {
    const live = await open(...SMALL, "--compaction", "none");
    live.program.send("fill 1 20000\nflush\nfull_compaction\n");
    await live.program.until("full compaction success");
    // Without a strategy nothing comes after it.
    await eventually(() => live.moment("").first().textContent()).toContain("Compacted ");
    const newest = (await live.position())[1];
    const tables = await live.tables();
    expect(tables.length).toBeGreaterThan(0);

    await live.page.keyboard.press("[");
    await eventually(() => live.position()).toEqual([newest - 1, newest]);
    await live.page.getByText("At this moment").waitFor();
    await live.page.keyboard.press("l");
    await eventually(() => live.position()).toEqual([newest, newest]);

    // A compaction under way: its inputs are marked, and where they go is drawn.
    await live.goTo("Compacting");
    await live.page.locator(".flow").waitFor({ state: "attached" });
    const inputs = await live.page.locator(".mark.input").count();
    expect(inputs).toBeGreaterThan(0);
    await live.page.keyboard.press("]");
    await live.page.locator(".flow").waitFor({ state: "detached" });
    expect(await live.page.locator(".mark.input").count()).toBe(0);

    await live.page.getByRole("button", { name: "To the beginning" }).click();
    await eventually(() => live.tables()).toEqual([]);
    expect(await live.position()).toEqual([0, newest]);
    await live.page.getByRole("slider", { name: "Moment" }).focus();
    await live.page.keyboard.press("End");
    await eventually(() => live.tables()).toEqual(tables);
    expect(live.complaints).toEqual([]);
  });

  test("looks into a table: its blocks, its index, its filter", async () => {
    const live = await open(...SMALL, "--compaction", "none");
    live.program.send("fill 1 4000\nflush\n");
    await live.program.until("flush success");
    await live.page.locator("[data-table]").last().click();
    const panel = live.page.locator(".table-panel");
    await panel.getByText("Table 0 in L0").waitFor();
    await panel.locator(".file-map").waitFor();
    expect(await panel.locator(".legend").textContent()).toMatch(/blocks .*index .*filter /);
    const blocks = panel.locator(".block");
    expect(await blocks.count()).toBeGreaterThan(10);
    await blocks.first().click();
    await panel.locator(".entries tr", { hasText: "value1000@0" }).first().waitFor();

    const question = panel.getByLabel("Ask it for a key");
    await question.fill("1000");
    await question.press("Enter");
    await panel.getByText("It may be here: the block must be read.").waitFor();
    await question.fill("no such key at all");
    await question.press("Enter");
    await panel.getByText("It is not here: nothing is read.").waitFor();
    expect(live.complaints).toEqual([]);
  });

  test("carries out commands, in a session of its own", async () => {
    const live = await open(...SMALL, "--compaction", "none");
    expect(await live.run("fill 1 3")).toBe("3 values filled with epoch 0\n");
    expect(await live.run("get 2")).toBe('2=b"value2@0"\n');
    expect(await live.run("gat 2")).toContain('unknown command "gat", did you mean get?');
    expect(await live.run("quit")).toContain("quit is for the terminal");
    live.program.send("get 3\n");
    await live.program.until('3=b"value3@0"');
    await live.page.locator("#command").press("ArrowUp");
    await live.page.locator("#command").press("ArrowUp");
    expect(await live.page.locator("#command").inputValue()).toBe("gat 2");
    live.program.send("quit\n");
    await live.page.getByText("the shell has ended").waitFor();
    expect((await live.program.ended).exitCode).toBe(0);
  });

  test("lets nobody in without the token", async () => {
    const live = await open(...SMALL);
    const page = await live.page.context().newPage();
    page.setDefaultTimeout(PATIENCE_MS);
    await page.goto((await live.url()).replace(/#.*/, ""));
    await page.getByText("This page is opened by the link that the shell prints").waitFor();
    expect(await page.locator(".app").count()).toBe(0);
  });
});

describe.skipIf(browser === undefined)("the page of what is over", () => {
  test("replays the manifest of a database", async () => {
    const shell = await open(...SMALL, "--compaction", "tiered");
    shell.program.send("fill 1 20000\nflush\n");
    await shell.program.until("flush success");
    await shell.program.finish("quit\n");
    const live = await open("history", "lsm.db");
    await live.page.getByText("recorded", { exact: true }).waitFor();
    const tables = await live.tables();
    expect(tables.length).toBeGreaterThan(0);
    await live.page.keyboard.press("[");
    await live.page.getByText("At this moment").waitFor();
    await live.page.getByRole("button", { name: "To the beginning" }).click();
    await eventually(() => live.tables()).toEqual([]);
    await live.page.getByRole("button", { name: "End", exact: true }).click();
    await eventually(() => live.tables()).toEqual(tables);
    await live.page.locator("[data-table]").last().click();
    await live.page.locator(".block").first().waitFor();
    expect(await live.page.locator("#command").count()).toBe(0);
    expect(live.complaints).toEqual([]);
  });

  test("plays a simulation from its beginning", async () => {
    const live = await open("simulate", "leveled", "--iterations", "12", "--live");
    await live.moment("Table 1 flushed").waitFor();
    await live.page.getByRole("button", { name: "Stop playing" }).click();
    await live.page.getByRole("button", { name: "End", exact: true }).click();
    await eventually(() => live.figure("Flushes")).toBe("12 so far");
    const printed = [...live.program.stdout.matchAll(/Read Amplification: (\d+)x/g)].at(-1)?.[1];
    expect(await live.figure("Read amp.")).toBe(`${printed} places to look into`);
    expect(live.complaints).toEqual([]);
  });
});
