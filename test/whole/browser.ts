import { type Browser, chromium } from "playwright-core";
import { findChromium } from "../../scripts/find-chromium.js";

/** A headless Chromium; undefined, and a warning that says why, where none runs. */
export async function launchBrowser(): Promise<Browser | undefined> {
  const executablePath = findChromium();
  if (executablePath === undefined) {
    console.warn("no Chromium was found: what needs a browser is not tested");
    return undefined;
  }
  try {
    return await chromium.launch({ executablePath, timeout: 120_000 });
  } catch (error) {
    console.warn(`${executablePath} does not start: what needs a browser is not tested\n${(error as Error).message}`);
    return undefined;
  }
}
