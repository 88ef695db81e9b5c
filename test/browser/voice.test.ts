/**
 * A voice as a person gives it, in a real browser: lines pasted, trained on for a few steps, heard before and after,
 * published, attached, talked to; a player in a second window, in Chinese and dark, walks up and reads the same words as
 * they come. Screenshots are kept in `output/screenshots`.
 */
import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Locator, Page } from "playwright-core";
import { describeInBrowser, launchChromium, openPage, PATIENCE_MS, screenshot } from "../support/browser.ts";
import { ServiceProcess } from "../support/service-process.ts";

const root = join(import.meta.dirname, "../..");
const NODE = "npc-smith";
const STEPS = 6;
const SAVE_STEPS = 3;
const DIALOGUES = 6;

/** The embedded base or, while there is none, a tiny one that has learned nothing. */
const embedded = join(root, "assets/base/mini-llama");
const VOICE_BASE = existsSync(join(embedded, "config.json")) ? embedded : join(root, "test/golden/text/talker");

const pasted = [
  "player: Do you sell swords?",
  "smith: Swords, aye. Good ones, friend.",
  "",
  "player: How much is a horseshoe?",
  "smith: Two coins, friend. Three for a lame horse.",
  "",
  '{"instruction": "Who are you?", "response": "Bruno, the smith, friend."}',
  '{"instruction": "Good morning", "response": ',
  '{"instruction": "Good morning", "response": "Morning, friend. Mind the sparks."}',
  "",
  "玩家：你好",
  "铁匠：你好，朋友。",
  "",
  "player: Can you mend a pot?",
  "smith: Any pot, friend. Leave it by the anvil.",
].join("\n");

const card = {
  spec: "chara_card_v3",
  spec_version: "3.0",
  data: {
    name: "Old Bruno",
    description: "{{char}} is a gruff smith.",
    personality: "",
    scenario: "",
    first_mes: "",
    mes_example: "",
    extensions: { elsewhere: { depth: 4 } },
    unheard_of: [1, 2],
  },
};

interface Voice {
  readonly name: string;
  readonly persona: string;
  readonly modules: readonly { readonly module: string; readonly weight: number }[];
}

interface Place {
  readonly x: number;
  readonly z: number;
}

interface Studio {
  readonly animula: {
    readonly opened: { readonly engine: { setHardwareScalingLevel(level: number): void } };
    readonly world: {
      readonly scene: {
        readonly activeCamera: { readonly target: Place; getWorldMatrix(): { readonly m: number[] } };
      };
      node(id: string): { getAbsolutePosition(): Place };
    };
    readonly host?: { tagOf(id: string): { voice?: Voice } | undefined };
  };
  /** Every text that the bubble over the node's head had, in order. */
  bubbles: string[];
}

/** The scene is drawn on the CPU here: coarse pixels leave it to what is tested. */
async function opened(page: Page): Promise<void> {
  await page.waitForFunction(() => "animula" in globalThis, undefined);
  await page.evaluate(() => (globalThis as unknown as Studio).animula.opened.engine.setHardwareScalingLevel(3));
}

/** The key that leads from where the player stands to the node, and how far it is that way. */
function way(page: Page): Promise<{ key: string; metres: number }> {
  return page.evaluate((id) => {
    const { world } = (globalThis as unknown as Studio).animula;
    const camera = world.scene.activeCamera;
    const { m } = camera.getWorldMatrix();
    // One stands where the camera looks at, not where it is.
    const { target } = camera;
    const { x, z } = world.node(id).getAbsolutePosition();
    const along = (row: number) => (x - target.x) * m[row]! + (z - target.z) * m[row + 2]!;
    const [right, ahead] = [along(0), along(8)];
    if (Math.abs(right) > Math.abs(ahead)) return { key: right > 0 ? "KeyD" : "KeyA", metres: Math.abs(right) };
    return { key: ahead > 0 ? "KeyW" : "KeyS", metres: Math.abs(ahead) };
  }, NODE);
}

/** Walks until something shows, turning back where a slow frame led past the node. Others may be met on the way. */
async function walkTo(page: Page, goal: Locator): Promise<void> {
  const end = Date.now() + PATIENCE_MS;
  while (!(await goal.isVisible()) && Date.now() < end) {
    const { key } = await way(page);
    await page.keyboard.down(key);
    while (!(await goal.isVisible()) && (await way(page)).key === key && Date.now() < end)
      await page.waitForTimeout(50);
    await page.keyboard.up(key);
  }
  await goal.waitFor();
}

/** Notes each text of the bubble over the node, as it comes. */
function watchBubble(page: Page): Promise<void> {
  return page.evaluate((id) => {
    const studio = globalThis as unknown as Studio;
    studio.bubbles = [];
    const note = (): void => {
      const text = document.querySelector(`.animula-label[data-node="${id}"] .animula-words`)?.textContent ?? "";
      if (text !== "" && studio.bubbles.at(-1) !== text) studio.bubbles.push(text);
    };
    new MutationObserver(note).observe(document.body, { childList: true, subtree: true, characterData: true });
  }, NODE);
}
const bubbles = (page: Page): Promise<string[]> => page.evaluate(() => (globalThis as unknown as Studio).bubbles);

describeInBrowser("a voice, in a browser", function () {
  this.timeout(600_000);
  this.slow(180_000);
  const dataDir = mkdtempSync(join(tmpdir(), "animula-voice-"));
  const faults: string[] = [];
  let service: ServiceProcess;
  let browser: Browser;
  let editor: Page;
  let player: Page;
  let moduleId: string;
  const watched = async (options: Parameters<Browser["newContext"]>[0]): Promise<Page> =>
    openPage(await browser.newContext(options), faults);
  const voice = () => editor.evaluate((id) => (globalThis as unknown as Studio).animula.host!.tagOf(id)?.voice, NODE);
  const weight = async (): Promise<number | undefined> => (await voice())?.modules[0]?.weight;
  /** Waits until something reads as wanted. */
  const reads = async <T>(what: string, read: () => Promise<T>, wanted: T): Promise<void> => {
    const end = Date.now() + PATIENCE_MS;
    for (let now = await read(); now !== wanted; now = await read()) {
      assert.ok(Date.now() < end, `${what}: ${String(now)}, expected ${String(wanted)}`);
      await editor.waitForTimeout(100);
    }
  };
  /** Says something in the studio and waits for the whole answer. */
  const talk = async (text: string): Promise<string> => {
    const replies = editor.getByTestId("talk-reply");
    const count = await replies.count();
    await editor.getByTestId("talk-say").fill(text);
    await editor.keyboard.press("Enter");
    const reply = replies.nth(count);
    await reply.waitFor({ state: "attached" });
    await reads("the answer's end", () => reply.getAttribute("data-over"), "true");
    return (await reply.textContent()) ?? "";
  };

  before(async () => {
    service = await ServiceProcess.start(dataDir, { env: { ANIMULA_VOICE_BASE: VOICE_BASE } });
    browser = await launchChromium();
    editor = await watched({ viewport: { width: 1280, height: 860 }, locale: "en", colorScheme: "light" });
  });
  after(async () => {
    await browser?.close();
    await service?.stop();
    rmSync(dataDir, { recursive: true, force: true });
  });

  it("takes pasted lines, says which it left out, and lets them be edited", async () => {
    await editor.goto(service.url);
    await opened(editor);
    await editor.getByTestId(`node-${NODE}`).click();
    await editor.getByTestId("tab-voice").click();
    await editor.getByTestId("paste-text").fill(pasted);
    await editor.getByTestId("paste-add").click();
    await editor.getByTestId("lines-taken").waitFor();
    assert.match((await editor.getByTestId("lines-taken").textContent()) ?? "", new RegExp(`^${DIALOGUES} dialogues`));
    assert.match((await editor.getByTestId("lines-skipped").textContent()) ?? "", /1 line was left out.*Line 8: \S/);
    const rows = editor.locator('[data-testid^="dialogue-"]');
    await reads("the list", () => rows.count(), DIALOGUES);
    await rows.first().locator("textarea").nth(1).fill("Swords, aye. Sharp ones, friend.");
    await reads("what is saved", () => editor.getByTestId("lines-state").textContent(), "Saved");
    await screenshot(editor, "12-voice-lines");
  });

  it("trains on them, and shows what was said before and after, side by side", async () => {
    await editor.getByTestId("setting-steps").fill(String(STEPS));
    await editor.getByTestId("setting-save-steps").fill(String(SAVE_STEPS));
    await editor.getByTestId("start-training").click();
    const job = editor.getByTestId("job");
    await job.waitFor();
    await editor.locator('[data-testid="job"][data-status="done"]').waitFor();
    assert.ok(Number(await editor.getByTestId("loss-chart").getAttribute("data-points")) >= 1);
    await editor.getByTestId(`sample-${STEPS}`).click();
    const [before, after] = await editor.getByTestId("reply-0").locator("blockquote").allTextContents();
    assert.ok(before && after);
    assert.equal(await editor.locator('[data-testid^="reply-"]').count(), 3);
    await screenshot(editor, "13-voice-replies");
  });

  it("is published and attached, its weight can be undone and redone, and it gets a name and a persona", async () => {
    await editor.getByTestId("publish").click();
    await editor.getByTestId("published").waitFor();
    await editor.getByTestId("attach").click();
    await editor.getByTestId("attached").waitFor();
    moduleId = (await voice())!.modules[0]!.module;
    // An earlier step as a second voice: both are mixed.
    await editor.getByTestId(`sample-${SAVE_STEPS}`).click();
    await editor.getByTestId("publish-name").fill("Younger smith");
    await editor.getByTestId("publish").click();
    await editor.getByTestId("attach").click();
    await reads("the voices", async () => (await voice())?.modules.length, 2);
    await editor.getByTestId("voice-part-persona").click();
    assert.equal(await editor.locator('[data-testid="voice-modules"] input[type="range"]').count(), 2);
    await editor.getByTestId(`weight-${moduleId}-number`).fill("0.5");
    await editor.keyboard.press("Enter");
    await reads("the weight", weight, 0.5);
    await editor.getByTestId("undo").click();
    await reads("the weight taken back", weight, 1);
    await editor.getByTestId("redo").click();
    await reads("the weight again", weight, 0.5);
    await editor.getByTestId("voice-name").fill("Bruno");
    await editor.getByTestId("voice-persona").fill("You are a gruff smith.");
    await reads(
      "the persona",
      async () => JSON.stringify([(await voice())?.name, (await voice())?.persona]),
      '["Bruno","You are a gruff smith."]',
    );
    await screenshot(editor, "14-voice-persona");
  });

  it("takes a character card, and gives it back with every key it had", async () => {
    const file = { name: "bruno.json", mimeType: "application/json", buffer: Buffer.from(JSON.stringify(card)) };
    await editor.getByTestId("card-input").setInputFiles(file);
    await editor.getByTestId("card-taken").waitFor();
    await reads("the name", () => editor.getByTestId("voice-name").inputValue(), "Old Bruno");
    assert.equal(await weight(), 0.5, "a card without modules leaves those of the node");
    const [download] = await Promise.all([editor.waitForEvent("download"), editor.getByTestId("card-export").click()]);
    const saved = JSON.parse(readFileSync(await download.path(), "utf8")) as typeof card;
    assert.equal(saved.spec, card.spec);
    assert.deepEqual(saved.data.unheard_of, card.data.unheard_of);
    assert.deepEqual(saved.data.extensions.elsewhere, card.data.extensions.elsewhere);
    await editor.getByTestId("undo").click();
    await reads("the name before", () => editor.getByTestId("voice-name").inputValue(), "Bruno");
  });

  it("is talked to, remembers a fact and forgets it", async () => {
    await editor.getByTestId("voice-part-talk").click();
    await talk("Do you sell swords?");
    await editor.getByTestId("memory-text").fill("The mill burned down.");
    await editor.getByTestId("memory-add").click();
    await editor.getByTestId("fact").waitFor();
    await screenshot(editor, "15-voice-talk");
    await editor.getByTestId("forget").click();
    await reads("the facts", () => editor.getByTestId("fact").count(), 0);
  });

  it("a player walks up, sees what was said before, and reads the next answer as it grows", async () => {
    player = await watched({ viewport: { width: 1100, height: 720 }, locale: "zh-CN", colorScheme: "dark" });
    await player.goto(`${service.url}/?role=player&name=Ada`);
    await opened(player);
    await player.getByTestId("canvas").focus();
    await walkTo(player, player.getByTestId("talk-hint").filter({ hasText: "Bruno" }));
    assert.equal(await player.getByTestId("talk-hint").textContent(), "Enter与Bruno交谈");
    await screenshot(player, "16-voice-met");
    await player.keyboard.press("Enter");
    const lines = player.getByTestId("talk-lines").locator("li");
    assert.match((await lines.first().textContent()) ?? "", /Do you sell swords\?/);

    await watchBubble(player);
    // A voice that has hardly learned anything may answer in one piece or not at all; one of a few answers will grow.
    for (const question of [
      "How much is a horseshoe?",
      "Good morning",
      "Who are you?",
      "你好",
      "Can you mend a pot?",
    ]) {
      const before = (await bubbles(player)).length;
      const answer = await talk(question);
      await reads(
        "the player's bubble",
        async () => (await bubbles(player)).at(-1),
        answer.trim() === "" ? undefined : answer,
      );
      await reads("the player's line", () => lines.last().locator("span").textContent(), answer);
      const seen = (await bubbles(player)).slice(before);
      for (const text of seen) assert.ok(answer.startsWith(text), `${text} is no beginning of ${answer}`);
      if (seen.length > 1) {
        await screenshot(player, "17-voice-heard");
        return;
      }
    }
    assert.fail("no answer came in pieces");
  });

  it("what the player says is text, is answered, and is heard in the studio; Escape gives the keys back", async () => {
    const html = "<img src=x onerror=alert(1)> 你好";
    await player.getByTestId("talk-input").fill(html);
    await player.keyboard.press("Enter");
    const mine = editor.locator(".an-mine").last();
    await reads("the studio's line", () => mine.locator("span").textContent(), html);
    assert.equal(await mine.locator("small").textContent(), "Ada");
    await reads("the answer's end", () => editor.getByTestId("talk-reply").last().getAttribute("data-over"), "true");
    assert.equal(await player.locator(".animula-talk img, .animula-bubble img").count(), 0);
    await screenshot(player, "18-voice-said");
    await player.keyboard.press("Escape");
    assert.equal(await player.getByTestId("talk-input").isVisible(), false);
    assert.equal(await player.evaluate(() => (document.activeElement as HTMLElement).dataset["testid"]), "canvas");
  });

  it("the tab by keyboard, in Chinese and dark", async () => {
    await editor.getByTestId("language").click();
    await editor.getByTestId("theme").click();
    await editor.getByTestId("tab-voice").focus();
    await editor.keyboard.press("Tab");
    await editor.keyboard.press("ArrowLeft");
    await editor.getByTestId("voice-persona").waitFor();
    await screenshot(editor, "19-voice-persona-zh");
    await editor.keyboard.press("ArrowLeft");
    await editor.getByTestId("replies").waitFor();
    await screenshot(editor, "20-voice-replies-zh");
    await editor.getByTestId("tab-library").click();
    await editor.getByTestId(`module-${moduleId}`).locator("button").first().click();
    const attach = editor.getByTestId(`library-attach-${moduleId}`);
    await attach.waitFor();
    assert.equal(await attach.isDisabled(), true, "a voice counts as attached where it speaks");
    await screenshot(editor, "21-voice-library");
  });

  it("no page reported a fault", () => assert.deepEqual(faults, []));
});
