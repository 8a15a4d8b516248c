import type { Browser, BrowserContextOptions, Locator, Page } from "playwright-core";
import { expect } from "vitest";
import { PROGRAM, RunningProgram, type WorkingDirectory } from "./shell-program.ts";

/** Ends what hangs, and no more: a busy machine takes ten times as long as an idle one. */
export const PATIENCE_MS = 60_000;

const LEVEL = /^(?<name>[LT]\d+)\s+(?:empty|(?<tables>[\d,]+) tables?(?: · (?<size>.+))?)$/;

/** A program that serves the page, and the page in a browser. */
export class LivePage {
  readonly program: RunningProgram;
  readonly page: Page;
  /** What the page complained about. */
  readonly complaints: string[] = [];

  private constructor(program: RunningProgram, page: Page) {
    this.program = program;
    this.page = page;
    page.setDefaultTimeout(PATIENCE_MS);
    page.on("console", (message) => {
      if (message.type() !== "log") this.complaints.push(message.text());
    });
    page.on("pageerror", (error) => this.complaints.push(String(error)));
    page.on("dialog", (dialog) => {
      this.complaints.push(`a dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
  }

  /** Starts the program with arguments that make it serve a page, and opens that. */
  static async open(
    browser: Browser,
    directory: WorkingDirectory,
    argv: readonly string[],
    options: BrowserContextOptions = {},
  ): Promise<LivePage> {
    const program = new RunningProgram(process.execPath, [PROGRAM, ...argv], directory.path);
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
    const live = new LivePage(program, await context.newPage());
    await live.page.goto(await live.url());
    await live.page.locator(".app").waitFor();
    return live;
  }

  /** The address that the program prints, with the token. */
  async url(): Promise<string> {
    await expect.poll(() => this.program.stdout, { timeout: PATIENCE_MS }).toContain("live page: ");
    return /live page: (?<url>\S+)/.exec(this.program.stdout)?.groups?.url ?? "";
  }

  /** Types a line on the page, and answers what came of it. */
  async run(line: string): Promise<string> {
    const entries = this.page.locator(".log .entry");
    const count = await entries.count();
    await this.page.locator("#command").fill(line);
    await this.page.keyboard.press("Enter");
    const answer = entries.nth(count).locator("pre");
    await answer.waitFor();
    return answer.textContent().then((text) => text ?? "");
  }

  /** A figure of the side, such as `Tables`: its value and what stands below. */
  async figure(name: string): Promise<string> {
    const figure = this.page.locator(".figure").filter({ has: this.page.getByText(name, { exact: true }) });
    return ((await figure.locator("dd").textContent()) ?? "").replace(/\s+/g, " ");
  }

  /** Tables and size of each level that has any, such as `L4: 33, 8.41 MiB`. */
  async levels(): Promise<readonly string[]> {
    const labels = await this.page.locator(".rows .row-label").allInnerTexts();
    return labels.flatMap((label) => {
      const { name, tables, size } = LEVEL.exec(label.replace(/\s+/g, " ").trim())?.groups ?? {};
      return tables === undefined ? [] : [`${name}: ${tables}, ${size}`];
    });
  }

  /** Ids of the tables that are drawn, each by itself. */
  async tables(): Promise<readonly number[]> {
    const ids = await this.page.locator("[data-table]").evaluateAll((marks) => {
      return marks.map((mark) => Number(mark.getAttribute("data-table")));
    });
    return ids.sort((a, b) => a - b);
  }

  /** The moment that is looked at, of how many. */
  async position(): Promise<readonly [shown: number, newest: number]> {
    const text = (await this.page.locator(".story .number").textContent()) ?? "";
    const [shown = 0, newest = 0] = text.split(" of ").map((part) => Number(part.replace(/,/g, "")));
    return [shown, newest];
  }

  /** Goes to the newest moment whose title begins so. */
  async goTo(title: string): Promise<void> {
    await this.moment(title).first().click();
  }

  moment(title: string): Locator {
    return this.page.locator(".moment").filter({ hasText: title });
  }

  async close(): Promise<void> {
    await this.page.context().close();
    this.program.process.kill();
    await this.program.ended;
  }
}
