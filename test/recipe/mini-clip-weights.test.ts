import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { isSeen, labelCaptions, Labeller, labelVocabulary, type Seen } from "../../lora/data/index.ts";
import { factsOf, type DescribedSample } from "../../lora/recipe/mini-clip.ts";
import { portrait } from "../../lora/recipe/portraits.ts";
import { rasterizePortrait } from "../../lora/recipe/render-data.ts";
import { heldOutTexture } from "../../lora/recipe/textures.ts";

const CLIP = join(import.meta.dirname, "../../assets/base/mini-clip");
const DEMO = join(import.meta.dirname, "../../assets/demo/zhangsan");
const SIDE = 128;
const PORTRAITS = 40;
const TEXTURES = 20;

describe("the embedded CLIP", function () {
  this.timeout(120_000);
  let labeller: Labeller;
  before(async () => {
    labeller = await Labeller.open(CLIP);
  });
  after(() => labeller.close());

  it("tells what pictures show that no training saw", async () => {
    const tally = { right: 0, asked: 0 };
    for (let i = 0; i < PORTRAITS + TEXTURES; i++) {
      const isPortrait = i < PORTRAITS;
      const plan = isPortrait ? portrait(i, "validation") : heldOutTexture(i - PORTRAITS);
      const kind = isPortrait ? "portrait" : "texture";
      const rgb = "svg" in plan ? await rasterizePortrait(plan.svg, SIDE) : plan.pixels;
      const sample: DescribedSample = { kind, style: "", caption: "", attributes: { ...plan.attributes } };
      const { subject, guesses } = await labeller.guess({ rgb, width: SIDE, height: SIDE });
      assert.equal(subject.value, kind, `picture ${i}`);
      for (const [name, value] of Object.entries(factsOf(sample))) {
        tally.asked++;
        tally.right += Number(guesses[name]!.value === value);
      }
    }
    // 94 % of what 450 pictures are asked; always saying the most frequent value would make 49 %.
    assert.ok(tally.right / tally.asked > 0.9, `${tally.right} of ${tally.asked}`);
  });

  it("says of a portrait, in either language, what it is sure of", async () => {
    const { svg, attributes } = portrait(3, "validation");
    const picture = { rgb: await rasterizePortrait(svg, SIDE), width: SIDE, height: SIDE };
    const { background } = attributes;
    const words = labelVocabulary["background"]!.values[background]!;
    assert.ok(isSeen(labelVocabulary["background"]!, attributes));
    const seen = await labeller.guess(picture);
    for (const language of ["en", "zh"] as const) {
      const { caption, confidence } = labelCaptions([seen], { language, threshold: 0.6, onlyVaried: false })[0]!;
      assert.ok(caption.includes(words[language]), `${caption}: ${words[language]}`);
      assert.ok(confidence >= 0.6 && confidence <= 1);
    }
  });

  it("leaves to a trigger word what the demo's pictures have in common, and tells what varies", async () => {
    const files = readdirSync(DEMO).filter((name) => name.endsWith(".png")).slice(0, 12); // prettier-ignore
    const seen: Seen[] = [];
    for (const file of files) seen.push(await labeller.guessFile(join(DEMO, file)));
    const captions = (onlyVaried: boolean): string[] =>
      labelCaptions(seen, { language: "en", threshold: 0.6, onlyVaried }).map(({ caption }) => caption);
    assert.ok(captions(false).every((caption) => caption.includes("light skin")));
    for (const caption of captions(true)) {
      assert.doesNotMatch(caption, /hair|skin|beard|moustache|bob|bun/);
      assert.match(caption, /^portrait of a person, .*background/);
    }
  });
});
