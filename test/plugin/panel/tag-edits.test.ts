import assert from "node:assert/strict";
import { loraTag, limits, type LoraTag } from "../../../service/protocol/index.ts";
import {
  addModule,
  attachModule,
  attachTaught,
  attachVoice,
  emptyTag,
  isEmptyTag,
  isFull,
  joinPrompt,
  newVoice,
  removeModule,
  sameTag,
  setPlayersMay,
  setVersion,
  setVoice,
  setWeight,
} from "../../../plugin/panel/tag-edits.ts";

const tag: LoraTag = Object.freeze({ ...emptyTag, modules: Object.freeze([{ module: "a", weight: 0.5 }]) as never });

describe("panel: tag edits", () => {
  it("every edit gives a tag that the protocol takes, and leaves the old one as it was", () => {
    const edits = [
      addModule(tag, "b", 3),
      removeModule(tag, "a"),
      setWeight(tag, "a", 1.2),
      setVersion(tag, "a", 2),
      setPlayersMay(tag, "portrait", true),
      attachModule(tag, "b", 1, "zsmith"),
      attachVoice(tag, "v", 2, "Ben"),
      setVoice(tag, newVoice("a name that goes on and on, as those of scene files sometimes do, for ever")),
    ];
    for (const edit of edits) assert.deepEqual(loraTag.parse(edit), edit);
    assert.deepEqual(tag, { ...emptyTag, modules: [{ module: "a", weight: 0.5 }] });
  });

  it("adding a module that is there moves it to the version and keeps its weight and place", () => {
    const two = addModule(tag, "b");
    assert.deepEqual(addModule(two, "a", 4).modules, [
      { module: "a", weight: 0.5, version: 4 },
      { module: "b", weight: 1 },
    ]);
  });

  it("is full at the protocol's limit and then takes no more", () => {
    let many = emptyTag;
    for (let i = 0; i < limits.modulesPerStackMax; i++) many = addModule(many, `m${i}`);
    assert.ok(isFull(many));
    assert.equal(addModule(many, "one more"), many);
  });

  it("weights are hundredths within the limits", () => {
    const weight = (value: number) => setWeight(tag, "a", value).modules[0]?.weight;
    assert.equal(weight(0.8500000001), 0.85);
    assert.equal(weight(7), 2);
    assert.equal(weight(-7), -2);
  });

  it("a version can be fixed, and left to follow the newest again", () => {
    const fixed = setVersion(tag, "a", 2);
    assert.equal(fixed.modules[0]?.version, 2);
    assert.deepEqual(setVersion(fixed, "a", undefined), tag);
    assert.deepEqual(setVersion(fixed, "other", 9), fixed);
  });

  it("what players may ask for is in one order, however it was chosen", () => {
    const both = setPlayersMay(setPlayersMay(emptyTag, "albedo", true), "portrait", true);
    assert.deepEqual(both.playersMay, ["portrait", "albedo"]);
    assert.deepEqual(setPlayersMay(both, "portrait", false).playersMay, ["albedo"]);
  });

  it("attaching puts the trigger word first, once", () => {
    const attached = attachModule({ ...emptyTag, prompt: "a smith, leather apron" }, "m", 1, "zsmith");
    assert.equal(attached.prompt, "zsmith, a smith, leather apron");
    assert.equal(attachModule(attached, "m", 2, "ZSmith").prompt, attached.prompt);
    assert.equal(attachModule(emptyTag, "m", 1, "").prompt, "");
  });

  it("attaching what was taught the node itself puts the trigger word in its description's place, once", () => {
    const described = { ...emptyTag, prompt: "a smith, leather apron" };
    const attached = attachTaught(described, "m", 1, "zsmith");
    assert.deepEqual([attached.prompt, attached.modules.length], ["zsmith", 1]);
    assert.equal(attachTaught({ ...attached, prompt: "zsmith, smiling" }, "m", 2, "zsmith").prompt, "zsmith, smiling");
    assert.equal(attachTaught({ ...described, prompt: "zsmith, angry" }, "m", 1, "zsmith").prompt, "zsmith, angry");
    assert.equal(attachTaught(described, "m", 1, "").prompt, described.prompt);
    const another = attachTaught({ ...attached, prompt: "an apron" }, "n", 1, "zapron");
    assert.equal(another.prompt, "zapron, an apron");
  });

  it("prompts are joined without empty parts and doubled commas", () => {
    assert.equal(joinPrompt(" zsmith, ", "", "smiling"), "zsmith, smiling");
    assert.equal(joinPrompt("", "  "), "");
  });

  it("compares by meaning", () => {
    assert.ok(sameTag(tag, { ...tag, modules: [{ weight: 0.5, module: "a" }] }));
    assert.ok(!sameTag(tag, setWeight(tag, "a", 0.6)));
    assert.ok(isEmptyTag({ modules: [], prompt: "", negative: "", playersMay: [] }));
    assert.ok(!isEmptyTag({ ...emptyTag, negative: "hat" }));
  });

  it("a voice is mixed apart from what draws the node; the same voice module moves to the version", () => {
    const first = attachVoice(tag, "v", 1, "Ben");
    assert.deepEqual(first.modules, tag.modules);
    assert.deepEqual(first.voice, { name: "Ben", persona: "", modules: [{ module: "v", version: 1, weight: 1 }] });
    const named = setVoice(first, { ...setWeight(first.voice!, "v", 0.4), persona: "A smith." });
    assert.deepEqual(attachVoice(named, "v", 2, "Bo").voice, {
      name: "Ben",
      persona: "A smith.",
      modules: [{ module: "v", version: 2, weight: 0.4 }],
    });
  });

  it("a tag with a voice, even one without words, is another than one without", () => {
    const speaking = setVoice(emptyTag, newVoice("Ben"));
    assert.ok(!sameTag(emptyTag, speaking) && !isEmptyTag(speaking));
    assert.ok(!sameTag(speaking, setVoice(emptyTag, { ...newVoice("Ben"), persona: "x" })));
    assert.ok(!sameTag(speaking, setVoice(emptyTag, { ...newVoice("Ben"), card: { spec: "chara_card_v2" } })));
    assert.deepEqual(setVoice(speaking, undefined), emptyTag);
  });
});
