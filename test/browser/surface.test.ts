/**
 * A texture for a surface by keyboard alone, in Chinese and dark, and a folder dragged from a desktop: the ways of the
 * studio that the story does not take. Screenshots are kept in `output/screenshots`.
 */
import assert from "node:assert/strict";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { describeInBrowser, launchChromium, openPage, PATIENCE_MS, screenshot } from "../support/browser.ts";
import { ServiceProcess } from "../support/service-process.ts";
import { surfaceLook } from "../support/surface-look.ts";

const root = join(import.meta.dirname, "../..");
const NODE = "house-inn";

interface Point {
  readonly x: number;
  readonly y: number;
  readonly z: number;
}

/** Metres from what the camera looks at to the middle of a node. */
function metresOff(page: Page, id: string): Promise<number> {
  return page.evaluate((nodeId) => {
    interface Node {
      getHierarchyBoundingVectors(): { min: Point; max: Point };
    }
    const { world } = (
      globalThis as unknown as {
        animula: { world: { scene: { activeCamera: { target: Point } }; node(id: string): Node } };
      }
    ).animula;
    const { min, max } = world.node(nodeId).getHierarchyBoundingVectors();
    const { target } = world.scene.activeCamera;
    const off = (axis: keyof Point) => (min[axis] + max[axis]) / 2 - target[axis];
    return Math.hypot(off("x"), off("y"), off("z"));
  }, id);
}

/** Presses a key until the focus is on what has that test id. */
async function pressTo(page: Page, key: string, testId: string, timesMax: number): Promise<void> {
  for (let times = 0; times < timesMax; times++) {
    await page.keyboard.press(key);
    const focused = await page.evaluate(() => (document.activeElement as HTMLElement | null)?.dataset["testid"]);
    if (focused === testId) return;
  }
  assert.fail(`${testId}: not reached by ${timesMax} times ${key}`);
}

describeInBrowser("a surface and a folder, in a browser", function () {
  this.timeout(600_000);
  this.slow(240_000);
  const dataDir = mkdtempSync(join(tmpdir(), "animula-surface-"));
  const faults: string[] = [];
  let service: ServiceProcess;
  let browser: Browser;
  let page: Page;
  const slot = async (version: number, isOwn: boolean): Promise<void> => {
    const end = Date.now() + PATIENCE_MS;
    for (;;) {
      const now = await surfaceLook(page, NODE);
      const asWanted = isOwn
        ? now.sha256 === "" && !now.colours.includes("/assets/")
        : now.sha256 !== "" && now.colours.includes(now.sha256);
      if (now.version === version && asWanted) return;
      if (Date.now() > end) assert.fail(`version ${version}: ${JSON.stringify(now)}`);
      await page.waitForTimeout(100);
    }
  };

  before(async () => {
    service = await ServiceProcess.start(dataDir);
    browser = await launchChromium();
    const viewport = { width: 1280, height: 800 };
    const context = await browser.newContext({ viewport, locale: "zh-CN", colorScheme: "dark" });
    page = await openPage(context, faults);
  });
  after(async () => {
    await browser?.close();
    await service?.stop();
    rmSync(dataDir, { recursive: true, force: true });
  });

  it("is selected, drawn for and painted by keyboard", async () => {
    await page.goto(service.url);
    const option = page.getByTestId(`node-${NODE}`);
    await option.waitFor();
    await pressTo(page, "Tab", "node-list", 15);
    for (let times = 0; (await option.getAttribute("aria-selected")) !== "true"; times++) {
      assert.ok(times < 30, "the arrow keys do not reach the surface");
      await page.keyboard.press("ArrowDown");
    }
    await pressTo(page, "Tab", "tab-tag", 8);
    assert.equal(await page.getByTestId("tab-tag").textContent(), "标签");
    await pressTo(page, "ArrowRight", "tab-generate", 2);
    await pressTo(page, "Tab", "draw-prompt", 2);
    await page.keyboard.type("wooden planks");
    await pressTo(page, "Tab", "draw-count", 2);
    await page.keyboard.press("Home");
    await pressTo(page, "Tab", "generate", 5);
    await page.keyboard.press("Enter");
    await page.locator('[data-testid="seed-1"][data-ready="true"]').waitFor();
    // The button was busy meanwhile; the person is still where they were.
    assert.equal(await page.evaluate(() => (document.activeElement as HTMLElement).dataset["testid"]), "generate");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Space");
    await pressTo(page, "Tab", "apply", 2);
    await page.keyboard.press("Enter");
    await slot(1, false);
    // Many nodes were passed on the way here; the camera ends at the last.
    assert.ok((await metresOff(page, NODE)) < 0.5);
    await screenshot(page, "10-surface");
  });

  it("keeps what was drawn while another tab is looked at", async () => {
    await page.getByTestId("tab-tag").click();
    await page.getByTestId("tag-prompt").waitFor();
    await page.getByTestId("tab-generate").click();
    assert.equal(await page.getByTestId("draw-prompt").inputValue(), "wooden planks");
    assert.equal(await page.getByTestId("seed-1").getAttribute("data-ready"), "true");
  });

  it("gets its own texture back by undo, the picture by redo, and its own by revert", async () => {
    await page.getByTestId("undo").click();
    await slot(2, true);
    await page.getByTestId("redo").click();
    await slot(3, false);
    await page.getByTestId("revert").click();
    await slot(4, true);
    assert.equal(await page.locator('[data-testid^="history-"]').count(), 4);
  });

  it("takes a dropped folder: pictures of folders within, captions beside them, and says what it left out", async () => {
    const folder = join(dataDir, "desktop/smith");
    mkdirSync(join(folder, "more"), { recursive: true });
    const picture = (n: number) => join(root, "assets/demo/zhangsan", `img0${n}.png`);
    copyFileSync(picture(1), join(folder, "img01.png"));
    copyFileSync(picture(2), join(folder, "more/img02.png"));
    writeFileSync(join(folder, "img01.txt"), "portrait of smith");
    writeFileSync(join(folder, "contract.pdf"), "not a picture");
    writeFileSync(join(folder, ".DS_Store"), "");

    await page.getByTestId("node-npc-smith").click();
    await page.getByTestId("tab-train").click();
    const zone = await page.locator(".an-drop").boundingBox();
    assert.ok(zone);
    const session = await page.context().newCDPSession(page);
    for (const type of ["dragEnter", "dragOver", "drop"] as const) {
      await session.send("Input.dispatchDragEvent", {
        type,
        x: zone.x + zone.width / 2,
        y: zone.y + zone.height / 2,
        data: { items: [], files: [folder], dragOperationsMask: 1 },
      });
    }
    const done = page.getByTestId("upload-done");
    await done.waitFor();
    assert.equal(await done.locator("div").textContent(), "已添加 2 张图片 · 已跳过 1 个非图片文件");
    const captions = page.locator('[data-testid^="caption-"]:is(textarea, input)');
    // The rows are there before what they say is read.
    const written = () => captions.evaluateAll((all) => all.map((each) => (each as HTMLTextAreaElement).value));
    const end = Date.now() + PATIENCE_MS;
    while ((await written()).join() !== "portrait of smith," && Date.now() < end) await page.waitForTimeout(100);
    assert.deepEqual(await written(), ["portrait of smith", ""]);
    await screenshot(page, "11-folder");
  });

  it("no page reported a fault", () => assert.deepEqual(faults, []));
});
