/**
 * A surface in relief: a tileable texture is drawn, enlarged and given maps in the studio, and the bumps of
 * a map stand out of the surface and not into it. Screenshots are kept in `output/screenshots`.
 */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import type { Browser, Page } from "playwright-core";
import sharp from "sharp";
import { normalMap } from "../../lora/image/index.ts";
import { describeInBrowser, launchChromium, openPage, PATIENCE_MS, screenshot } from "../support/browser.ts";
import { ServiceProcess } from "../support/service-process.ts";
import { surfaceLook, type SurfaceLook } from "../support/surface-look.ts";

const NODE = "house-inn";
const SIDE = 128;

describeInBrowser("a surface in relief, in a browser", function () {
  this.timeout(600_000);
  this.slow(240_000);
  const dataDir = mkdtempSync(join(tmpdir(), "animula-maps-"));
  const faults: string[] = [];
  let service: ServiceProcess;
  let browser: Browser;
  let page: Page;

  const until = async (isWanted: (look: SurfaceLook) => boolean, what: string): Promise<SurfaceLook> => {
    const end = Date.now() + PATIENCE_MS;
    for (;;) {
      const look = await surfaceLook(page, NODE);
      if (isWanted(look)) return look;
      if (Date.now() > end) assert.fail(`${what}: ${JSON.stringify(look)}`);
      await page.waitForTimeout(100);
    }
  };
  const inRelief = ({ normal, textures }: SurfaceLook): boolean => normal !== "" && textures.includes(normal);

  before(async () => {
    service = await ServiceProcess.start(dataDir);
    browser = await launchChromium();
    const context = await browser.newContext({ viewport: { width: 1280, height: 1000 }, locale: "en" });
    page = await openPage(context, faults);
  });
  after(async () => {
    await browser?.close();
    await service?.stop();
    rmSync(dataDir, { recursive: true, force: true });
  });

  it("is drawn so that it tiles, enlarged and applied", async () => {
    await page.goto(service.url);
    await page.getByTestId(`node-${NODE}`).click();
    await page.getByTestId("tab-generate").click();
    assert.equal(await page.getByTestId("draw-tiling").isChecked(), true);
    await page.getByTestId("draw-prompt").fill("seamless texture of gray stone wall");
    await page.getByTestId("draw-count").selectOption("2");
    await page.getByTestId("generate").click();
    await page.locator('[data-testid="seed-2"][data-ready="true"]').waitFor();
    await page.getByTestId("seed-1").click();
    await page.getByTestId("upscale").click();
    await page.locator('[data-testid="seed-1"] .an-corner').waitFor();
    await page.getByTestId("apply").click();
    await until(({ version }) => version === 1, "the first version");
    const drawn = page.locator('[data-testid="history-1"] img');
    const size = await drawn.evaluate((image) => (image as HTMLImageElement).naturalWidth);
    assert.equal(size, 4 * SIDE);
  });

  it("gets its maps, as one step that can be undone, and they go with a revert", async () => {
    await page.getByTestId("maps-normal-number").fill("2.5");
    await page.getByTestId("maps-make").click();
    const { normal } = await until(inRelief, "the maps");
    await page.getByTestId("maps-make").scrollIntoViewIfNeeded();
    await screenshot(page, "12-relief");
    await page.getByTestId("undo").click();
    await until((look) => look.normal === "" && !look.textures.includes(normal), "the texture alone");
    await page.getByTestId("redo").click();
    await until(inRelief, "the maps again");
    await page.getByTestId("revert").click();
    await until((look) => look.version === 5 && look.normal === "", "what was before");
    assert.deepEqual(faults, []);
    await page.close();
  });

  it("stands out towards the light", async () => {
    const dome = Float32Array.from({ length: SIDE * SIDE }, (_, i) => {
      const [x, y] = [(i % SIDE) / SIDE - 0.5, Math.floor(i / SIDE) / SIDE - 0.5];
      return Math.sqrt(Math.max(0, 0.16 - x * x - y * y)) / 0.4;
    });
    const bytes = normalMap({ values: dome, width: SIDE, height: SIDE }, 8);
    const png = await sharp(bytes, { raw: { width: SIDE, height: SIDE, channels: 3 } })
      .png()
      .toBuffer();
    const { outputFiles } = await build({
      entryPoints: [join(import.meta.dirname, "../support/lit-relief.ts")],
      bundle: true,
      write: false,
      format: "iife",
    });
    const lit = await browser.newPage();
    await lit.setContent(`<canvas width="${SIDE}" height="${SIDE}"></canvas>`);
    await lit.addScriptTag({ content: outputFiles[0]!.text });
    const url = `data:image/png;base64,${png.toString("base64")}`;
    for (const kind of ["pbr", "standard"])
      for (const [light, bright, dark, invertY] of [
        ["left", "left", "right", true],
        ["top", "top", "bottom", true],
        ["top", "top", "bottom", false],
      ] as const) {
        const seen = await lit.evaluate(
          (wanted) =>
            (globalThis as unknown as { litRelief: (wanted: object) => Promise<Record<string, number>> }).litRelief(
              wanted,
            ),
          { url, kind, invertY, light },
        );
        assert.ok(seen[bright]! > seen[dark]! + 20, `${kind}, ${light}: ${JSON.stringify(seen)}`);
      }
  });
});
