/**
 * The main job as a person does it, in a real browser against the real service on the embedded base: open, select, drop
 * pictures, train, publish, attach, draw, apply; a player in a second window sees the same bytes. In between a worker and
 * then the service itself are killed. Screenshots of every step are kept in `output/screenshots`.
 */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { describeInBrowser, launchChromium, openPage, screenshot } from "../support/browser.ts";
import { ServiceProcess } from "../support/service-process.ts";

const root = join(import.meta.dirname, "../..");
const PICTURES = join(root, "assets/demo/zhangsan");
const NODE = "npc-smith";
const SLOT = `${NODE}/portrait`;
/** So many that the training outlives what is done to it, also on a fast machine. */
const STEPS = 120;
const SAVE_STEPS = 30;

/** Twelve pictures as they lie on a person's disk. */
const pictures = (): string[] =>
  readdirSync(PICTURES)
    .filter((name) => name.endsWith(".png"))
    .slice(0, 12)
    .map((name) => join(PICTURES, name));

/** The training process of the service, by its command line. */
function trainer(servicePid: number): number | undefined {
  for (const entry of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      const words = readFileSync(`/proc/${entry}/cmdline`, "utf8").split("\0");
      const parent = /^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${entry}/status`, "utf8"))?.[1];
      if (words.includes("train") && Number(parent) === servicePid) return Number(entry);
    } catch {
      // Gone meanwhile.
    }
  }
  return undefined;
}

/** What a page shows in a slot: version and hash of the room's state, and the hash of the picture's decoded pixels. */
async function shown(page: Page): Promise<{ version: number; sha256: string; pixels: string }> {
  const found = await page.evaluate(async (slot) => {
    const { world } = (globalThis as unknown as { animula: { world: { connection: { state: unknown } } } }).animula;
    const state = world.connection.state as { slots: Map<string, { version: number; sha256: string }> };
    const { version, sha256 } = state.slots.get(slot) ?? { version: 0, sha256: "" };
    const image = [...document.querySelectorAll<HTMLImageElement>(".animula-frame img")].find(({ src }) =>
      src.includes(sha256),
    );
    if (!image || sha256 === "") return { version, sha256, data: [] };
    const canvas = new OffscreenCanvas(image.naturalWidth, image.naturalHeight);
    const context = canvas.getContext("2d")!;
    context.drawImage(image, 0, 0);
    return { version, sha256, data: [...context.getImageData(0, 0, canvas.width, canvas.height).data] };
  }, SLOT);
  const pixels = found.data.length > 0 ? createHash("sha256").update(Uint8Array.from(found.data)).digest("hex") : "";
  return { version: found.version, sha256: found.sha256, pixels };
}

async function until<T>(what: string, read: () => Promise<T | undefined | false>, seconds: number): Promise<T> {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const value = await read();
    if (value !== undefined && value !== false) return value;
    if (Date.now() > end) assert.fail(`${what}: not within ${seconds} s`);
    await sleep(200);
  }
}

describeInBrowser("the main job, in a browser", function () {
  this.timeout(1_200_000);
  this.slow(480_000);
  const dataDir = mkdtempSync(join(tmpdir(), "animula-story-"));
  let service: ServiceProcess;
  let browser: Browser;
  let editor: Page;
  let playerContext: BrowserContext;
  let player: Page;
  const faults: string[] = [];

  const step = async (): Promise<number> => {
    const text = await editor.getByTestId("fact-step").textContent();
    return Number(/\d+/.exec(text ?? "")?.[0] ?? 0);
  };
  const status = () => editor.getByTestId("job").getAttribute("data-status");

  before(async () => {
    service = await ServiceProcess.start(dataDir);
    browser = await launchChromium();
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, locale: "en" });
    editor = await openPage(context, faults);
  });
  after(async () => {
    await browser?.close();
    await service?.stop();
    rmSync(dataDir, { recursive: true, force: true });
  });

  it("opens a world and selects a character", async () => {
    await editor.goto(service.url);
    await editor.getByTestId(`node-${NODE}`).click();
    await editor.getByTestId("selected-name").waitFor();
    await screenshot(editor, "1-selected");
  });

  it("takes dropped pictures, reports on them, and lets captions be edited", async () => {
    await editor.getByTestId("tab-train").click();
    await editor.getByTestId("drop-input").setInputFiles(pictures());
    await editor.getByTestId("report").waitFor();
    await until("12 pictures", async () => (await editor.locator('[data-testid^="image-"]').count()) === 12, 60);
    const caption = editor.locator('[data-testid^="caption-"]:is(textarea, input)').first();
    await caption.fill("portrait of smith, smiling, yellow shirt, red background");
    await until(
      "captions saved",
      async () => /saved/i.test((await editor.getByTestId("captions-state").textContent()) ?? ""),
      20,
    );
    await screenshot(editor, "2-pictures");
  });

  it("trains, and goes on when the worker is killed", async () => {
    await editor.getByTestId("setting-steps").fill(String(STEPS));
    await editor.getByTestId("setting-save-steps").fill(String(SAVE_STEPS));
    await editor.getByTestId("start-training").click();
    await until("the first step", async () => (await step()) >= 1, 120);
    const first = await until("the training process", async () => trainer(service.pid), 10);
    process.kill(first, "SIGKILL");
    const second = await until(
      "another training process",
      async () => {
        const pid = trainer(service.pid);
        return pid !== first && pid;
      },
      60,
    );
    assert.notEqual(second, first);
    await until("the first save", async () => (await step()) > SAVE_STEPS, 600);
    assert.equal(await status(), "running");
    await screenshot(editor, "3-training");
  });

  it("goes on after kill -9 of the service: the page comes back by itself, the job ends", async () => {
    await service.kill();
    await editor.getByTestId("offline").waitFor();
    await screenshot(editor, "4-offline");
    service = await ServiceProcess.start(dataDir, { port: Number(new URL(service.url).port) });
    await until("the end of the job", async () => (await status()) === "done", 900);
    assert.equal(await step(), STEPS);
    await screenshot(editor, "5-trained");
  });

  it("publishes the chosen step and attaches it", async () => {
    await editor.getByTestId(`sample-${STEPS}`).click();
    await editor.getByTestId("publish").click();
    await editor.getByTestId("published").waitFor();
    await editor.getByTestId("attach").click();
    await editor.getByTestId("attached").waitFor();
    await screenshot(editor, "6-published");
  });

  it("draws portraits, and shows the chosen one to a player in another window: same hash, same pixels", async () => {
    await editor.getByTestId("go-generate").click();
    await editor.getByTestId("draw-seed").fill("7");
    await editor.getByTestId("generate").click();
    const seed = editor.getByTestId("seed-7");
    await until("a drawing", async () => (await seed.getAttribute("data-ready")) === "true", 300);
    await seed.click();
    await editor.getByTestId("apply").click();
    const mine = await until(
      "the portrait",
      async () => {
        const now = await shown(editor);
        return now.pixels !== "" && now;
      },
      30,
    );
    await screenshot(editor, "7-applied");
    playerContext = await browser.newContext({ viewport: { width: 1280, height: 800 }, locale: "en" });
    player = await openPage(playerContext, faults);
    await player.goto(`${service.url}/?role=player&name=Ada`);
    const theirs = await until(
      "the same portrait in the other window",
      async () => {
        const now = await shown(player).catch(() => undefined);
        return now !== undefined && now.pixels !== "" && now;
      },
      90,
    );
    assert.deepEqual(theirs, mine);
    await screenshot(player, "8-player");
  });

  it("a player who drops and comes back sees what changed meanwhile", async () => {
    await playerContext.setOffline(true);
    await sleep(500);
    await editor.getByTestId("revert").click();
    const back = await until(
      "the slot given back",
      async () => {
        const now = await shown(editor);
        return now.version === 2 && now;
      },
      20,
    );
    assert.equal(back.sha256, "");
    await playerContext.setOffline(false);
    const again = await until(
      "the player's state",
      async () => {
        const now = await shown(player);
        return now.version === 2 && now;
      },
      60,
    );
    assert.deepEqual(again, back);
    await screenshot(player, "9-player-back");
  });

  it("no page reported a fault", () => assert.deepEqual(faults, []));
});
