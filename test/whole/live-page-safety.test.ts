import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { BrowserContextOptions } from "playwright-core";
import { afterAll, afterEach, beforeEach, describe, expect, test } from "vitest";
import { launchBrowser } from "./browser.ts";
import { LivePage, PATIENCE_MS } from "./live-page-reader.ts";
import { WorkingDirectory } from "./shell-program.ts";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

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

async function open(argv: readonly string[], options: BrowserContextOptions = {}): Promise<LivePage> {
  if (browser === undefined) throw new Error("no browser");
  const live = await LivePage.open(browser, directory, argv, options);
  opened.push(live);
  return live;
}

describe.skipIf(browser === undefined)("what is stored", () => {
  const IMAGE = "<img src=x onerror=alert(1)>";
  const SCRIPT = "</pre></script><script>alert(2)</script>";
  const LINK = '"><a href=javascript:alert(3) autofocus onfocus=alert(4)>';

  test("is text on the page, whatever stands in it", async () => {
    // The name of the directory is hostile, too.
    const live = await open(["--live", "--compaction", "none", "--format", "native", "--path", "<b>db"]);
    live.program.send(
      [
        `put "${IMAGE}" "${SCRIPT}"`,
        `put "z${LINK.replaceAll('"', '\\"')}" "\\x1b[31m\u202edesrever"`,
        'put "k\\0\\x01\\xff" "\\xc3\\x28"',
        "flush\n",
      ].join("\n"),
    );
    await live.program.until("flush success");
    const { page } = live;
    expect(await page.locator("h1").textContent()).toBe("<b>db");
    await page.locator("[data-table]").click();
    const panel = page.locator(".table-panel");
    await panel.locator(".block").click();
    const cells = panel.locator(".entries td.key");
    await cells.first().waitFor();
    expect(await cells.allTextContents()).toEqual([
      IMAGE,
      SCRIPT,
      "k\\0\\x01\\xff",
      "\\xc3(",
      `z${LINK}`,
      "\\x1b[31m\\xe2\\x80\\xaedesrever",
    ]);
    expect(await panel.locator(".keys .key").allTextContents()).toEqual([IMAGE, `z${LINK}`]);
    expect(await page.locator("[data-table]").getAttribute("aria-label")).toContain(`keys ${IMAGE} to z${LINK}`);

    expect(await live.run("scan")).toContain(IMAGE);
    expect(await live.run(`get "${IMAGE}"`)).toContain(SCRIPT);
    expect(await live.run(IMAGE)).toContain("unknown command");
    // The page has one image, of its own, and no link, frame or script but its own either.
    expect(await page.locator("img, a, iframe, script").evaluateAll((found) => found.map(String))).toEqual([
      "[object HTMLScriptElement]",
      "[object HTMLImageElement]",
    ]);
    expect(live.complaints).toEqual([]);
  });

  test("a script that gets into the page all the same may neither run nor send anything", async () => {
    const live = await open(["--live"]);
    const outcome = await live.page.evaluate<readonly string[]>(`(async () => {
      const refused = [];
      const violation = new Promise((resolve) => {
        document.addEventListener("securitypolicyviolation", ({ effectiveDirective }) => {
          refused.push(effectiveDirective);
          if (effectiveDirective === "connect-src") resolve();
        });
      });
      try {
        document.body.insertAdjacentHTML("beforeend", ${JSON.stringify(IMAGE)});
      } catch (error) {
        refused.push(String(error));
      }
      await fetch("http://localhost:9/").catch(() => undefined);
      await violation;
      return refused;
    })()`);
    expect(outcome.join()).toMatch(/TrustedHTML/);
    expect(outcome).toContain("connect-src");
  });
});

describe.skipIf(browser === undefined)("the keyboard", () => {
  test("reaches everything, and shows where it is", async () => {
    const live = await open(["--live", "--target-sst-size", "16KiB", "--compaction", "none"]);
    const { page } = live;
    live.program.send("fill 1 8000\nflush\n");
    await live.program.until("flush success");
    await expect.poll(() => live.tables().then(({ length }) => length), { timeout: PATIENCE_MS }).toBeGreaterThan(5);

    // The tables are one stop of the tabulator; arrows go from one to the next.
    await page.keyboard.press("Tab");
    const attribute = (name: string): Promise<string | null> => {
      return page.evaluate<string | null>(`document.activeElement.getAttribute("${name}")`);
    };
    const first = await attribute("data-table");
    expect(first).not.toBeNull();
    expect(await page.evaluate("getComputedStyle(document.activeElement).outlineStyle")).toBe("solid");
    await page.keyboard.press("ArrowDown");
    const below = await attribute("data-table");
    expect([null, first]).not.toContain(below);
    await page.keyboard.press("ArrowUp");
    const chosen = await attribute("data-table");
    expect([null, below]).not.toContain(chosen);

    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: `Table ${chosen} in L0` }).waitFor();
    await page.locator(".block").first().waitFor();
    await page.keyboard.press("Tab");
    expect(await attribute("aria-label")).toBe("Close");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await page.getByRole("region", { name: "Entries" }).waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("heading", { name: "What happened" }).waitFor();
    expect(await attribute("data-table")).toBe(chosen);

    await page.keyboard.press("/");
    await page.keyboard.type("get 7");
    await page.keyboard.press("Enter");
    await page.getByText('7=b"value7@0"').waitFor();
    expect(live.complaints).toEqual([]);
  });
});

describe.skipIf(browser === undefined)("the page", () => {
  test.each([
    ["in light", { colorScheme: "light" }],
    ["in dark", { colorScheme: "dark" }],
    ["on a narrow screen", { colorScheme: "dark", viewport: { width: 360, height: 740 } }],
  ] as const)("%s is legible, fits, and keeps the rules that axe knows", async (_, options) => {
    // What is half faded in has little contrast.
    const still = { ...options, reducedMotion: "reduce" } as const;
    const live = await open(["--live", "--target-sst-size", "64KiB", "--compaction", "none"], still);
    const { page } = live;
    const offences = async (): Promise<readonly string[]> => {
      await page.evaluate(AXE);
      return page.evaluate<readonly string[]>(`axe.run().then(({ violations }) => {
        return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => id + ": " + html));
      })`);
    };
    live.program.send("fill 1 30000\nflush\n");
    await live.program.until("flush success");
    await live.page.locator("[data-table]").last().waitFor();
    expect(await offences()).toEqual([]);

    await page.locator("[data-table]").last().click();
    await page.locator(".block").first().click();
    await page.locator(".entries td").first().waitFor();
    await live.run("stats");
    expect(await offences()).toEqual([]);
    // Nothing is wider than the screen.
    expect(await page.evaluate("document.documentElement.scrollWidth - innerWidth")).toBeLessThanOrEqual(0);
    const [ground = Number.NaN, ink = Number.NaN] = await page.evaluate<readonly number[]>(`(() => {
      const { backgroundColor, color } = getComputedStyle(document.body);
      return [backgroundColor, color].map((each) => Number(/\\d+/.exec(each)[0]));
    })()`);
    expect(ground < ink).toBe(options.colorScheme === "dark");
  });
});
