/** Suggested captions in a real browser: the button fills what is empty, for everyone, and is taken back in one step. */
import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Browser, Page } from "playwright-core";
import { describeInBrowser, launchChromium, openPage, PATIENCE_MS, screenshot } from "../support/browser.ts";
import { ServiceProcess } from "../support/service-process.ts";

const root = join(import.meta.dirname, "../..");
const PICTURES = join(root, "assets/demo/zhangsan");
const NODE = "npc-smith";
const OWN = "a caption of my own";

describeInBrowser("suggested captions, in a browser", function () {
  this.timeout(600_000);
  this.slow(240_000);
  const dataDir = mkdtempSync(join(tmpdir(), "animula-suggest-"));
  let service: ServiceProcess;
  let browser: Browser;
  let page: Page;

  const captions = () =>
    page
      .locator('[data-testid^="caption-"]:is(textarea, input)')
      .evaluateAll((all) => all.map((each) => (each as HTMLTextAreaElement).value));
  const until = async (what: string, isSo: (all: readonly string[]) => boolean): Promise<void> => {
    const end = Date.now() + PATIENCE_MS;
    for (let all = await captions(); !isSo(all); all = await captions()) {
      assert.ok(Date.now() < end, `${what}: ${JSON.stringify(all)}`);
      await sleep(200);
    }
  };
  const openDataset = async (): Promise<void> => {
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, locale: "en" });
    page = await openPage(context);
    await page.goto(service.url);
    await page.getByTestId(`node-${NODE}`).click();
    await page.getByTestId("tab-train").click();
  };

  before(async () => {
    service = await ServiceProcess.start(dataDir);
    browser = await launchChromium();
    await openDataset();
  });
  after(async () => {
    await browser?.close();
    await service?.stop();
    rmSync(dataDir, { recursive: true, force: true });
  });

  it("fill what is empty and leave what was written", async () => {
    const files = readdirSync(PICTURES).filter((name) => name.endsWith(".png"));
    await page.getByTestId("drop-input").setInputFiles(files.slice(0, 3).map((name) => join(PICTURES, name)));
    await until("three pictures", (all) => all.length === 3);
    await page.locator('[data-testid^="caption-"]:is(textarea, input)').first().fill(OWN);
    await page.getByTestId("suggest-captions").click();
    const isGuess = (text: string) => /^(portrait of a person|seamless texture)/.test(text);
    await until("two guesses", ([first, ...others]) => first === OWN && others.every(isGuess));
    await screenshot(page, "suggested-captions");
  });

  it("are taken back and put in again as one step", async () => {
    await page.getByTestId("undo").click();
    await until("empty again", ([first, ...others]) => first === OWN && others.every((text) => text === ""));
    await page.getByTestId("redo").click();
    await until("guesses again", ([first, ...others]) => first === OWN && others.every((text) => text !== ""));
    assert.equal(await page.getByTestId("suggest-captions").isDisabled(), true, "nothing is empty");
  });
});
