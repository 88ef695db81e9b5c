/** A real Chromium for the tests that drive a page. */
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { chromium, type Browser, type BrowserContext, type Page } from "playwright-core";

const CANDIDATES = [
  process.env["CHROMIUM"],
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
].filter((path) => path !== undefined);

export const chromiumPath = CANDIDATES.find((path) => existsSync(path));

/** WebGL in software, and nothing that calls home. */
const FLAGS = [
  "--no-sandbox",
  "--use-angle=swiftshader",
  "--enable-unsafe-swiftshader",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export function launchChromium(): Promise<Browser> {
  return chromium.launch({ executablePath: chromiumPath!, args: FLAGS });
}

/** `describe` that needs Chromium: left out, with a word about it, where there is none; in CI that is a failure. */
export function describeInBrowser(title: string, body: (this: Mocha.Suite) => void): void {
  if (chromiumPath) describe(title, body);
  else if (process.env["CI"])
    describe(title, () => {
      it("needs Chromium", () => {
        throw new Error("Chromium is missing; install the package `chromium`, or name the program in CHROMIUM");
      });
    });
  else describe.skip(`${title} (left out: no Chromium; install it, or name the program in CHROMIUM)`, body);
}

/** Pages drawn in software beside a training job, on a machine that may be slow: patience costs nothing where all goes well. */
export const PATIENCE_MS = 120_000;

/** A page that waits as long as a slow machine needs. @param faults gets what goes wrong in it */
export async function openPage(context: BrowserContext, faults: string[] = []): Promise<Page> {
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE_MS);
  page.on("pageerror", (error) => faults.push(String(error)));
  return page;
}

const SHOTS = join(import.meta.dirname, "../../output/screenshots");

/** Keeps what a page shows as `output/screenshots/<name>.png`. */
export async function screenshot(page: Page, name: string): Promise<void> {
  mkdirSync(SHOTS, { recursive: true });
  await page.screenshot({ path: join(SHOTS, `${name}.png`), timeout: PATIENCE_MS });
}
