import assert from "node:assert/strict";
import { AttributeJudge, judgedAttributes, type Judgement } from "../../lora/recipe/attribute-classifier.ts";
import { meanAccuracy, promptAccuracies, tellingPrompt } from "../../lora/recipe/portrait-accuracy.ts";
import { portrait, portraitPlan } from "../../lora/recipe/portraits.ts";
import { rasterizePortrait } from "../../lora/recipe/render-data.ts";

const plans = Array.from({ length: 60 }, (_, index) => portraitPlan(index, "validation"));
const truth = plans.map(({ attributes }) =>
  Object.fromEntries(judgedAttributes.map((name) => [name, attributes[name]])),
) as Judgement[];

describe("accuracy of portraits", () => {
  it("tells every prompt apart, with its colours and its style", () => {
    const prompts = plans.map((plan) => tellingPrompt(plan));
    assert.equal(new Set(prompts).size, prompts.length);
    for (const [i, { attributes }] of plans.entries()) {
      assert.ok(prompts[i]!.endsWith(`, ${attributes.style} style`), prompts[i]);
      assert.ok(prompts[i]!.includes(`${attributes.background} background`), prompts[i]);
    }
  });

  it("tells the same in Chinese", () => {
    const names = { peeps: "peeps", lorelei: "lorelei", pixel: "像素" };
    for (const plan of plans) {
      const prompt = tellingPrompt(plan, "zh");
      assert.ok(prompt.endsWith(`，${names[plan.attributes.style]}风格`), prompt);
      assert.match(prompt, /一个.*肖像.*背景/);
      assert.doesNotMatch(prompt.replace(/(peeps|lorelei)风格$/, ""), /[a-z]/);
    }
  });

  it("counts what is as told: all of the truth, some of another prompt's picture, nothing of wrong answers", () => {
    const wrong = truth.map((judged) =>
      Object.fromEntries(Object.entries(judged).map(([name]) => [name, "not a value"])),
    ) as Judgement[];
    const rows = promptAccuracies(plans, truth, wrong);
    assert.deepEqual(
      rows.map(({ attribute }) => attribute),
      judgedAttributes,
    );
    for (const row of rows) assert.deepEqual([row.generated, row.balanced, row.real, row.another], [1, 1, 0, 0]);
    const another = meanAccuracy(promptAccuracies(plans, truth, truth), "another");
    assert.ok(another > 0.1 && another < 0.6, `${another}`);
  });

  it("leaves out what no prompt tells", () => {
    const bald = Array.from({ length: 2000 }, (_, index) => portraitPlan(index, "validation"))
      .filter(({ attributes: a }) => a.hairShape === "bald" && a.headwear === "none" && a.facialHair === "none")
      .slice(0, 1);
    assert.equal(bald.length, 1);
    const told = promptAccuracies(bald, truth.slice(0, 1), truth.slice(0, 1)).map(({ attribute }) => attribute);
    assert.ok(!told.includes("hairColor") && told.includes("background"), told.join());
  });

  it("is judged by a judge that knows real pictures", async () => {
    const judge = await AttributeJudge.open();
    const seen: Judgement[] = [];
    const told = Array.from({ length: 60 }, (_, index) => portrait(index, "validation"));
    for (const { svg } of told) seen.push(await judge.judge(await rasterizePortrait(svg)));
    await judge.close();
    // 94 % over a thousand pictures.
    const right = meanAccuracy(promptAccuracies(told, seen, seen), "real");
    assert.ok(right > 0.88, `${right}`);
  });
});
