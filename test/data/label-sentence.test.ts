import assert from "node:assert/strict";
import {
  isSeen,
  labelSentence,
  labelVocabulary,
  attributeQuestions,
  type LabelLanguage,
} from "../../lora/data/index.ts";
import { portraitAttributes } from "../../lora/recipe/portraits.ts";
import { DataRandom } from "../../lora/recipe/random.ts";
import { texture } from "../../lora/recipe/textures.ts";

const face = { headwear: "none", hairShape: "short", hairColor: "black", eyewear: "glasses", facialHair: "none" };

describe("labelSentence", () => {
  const cases: readonly [facts: Record<string, string>, language: LabelLanguage, expected: string][] = [
    [{}, "en", "portrait of a person"],
    [{}, "zh", "一个人的肖像"],
    [face, "en", "portrait of a person with short black hair, glasses"],
    [face, "zh", "一个人的肖像，黑色短发，戴眼镜"],
    [{ hairColor: "red" }, "en", "portrait of a person with red hair"],
    [{ hairShape: "bob" }, "en", "portrait of a person with a bob"],
    [{ hairShape: "afro" }, "en", "portrait of a person with an afro"],
    [{ headwear: "cap", headwearColor: "orange" }, "en", "portrait of a person with an orange cap"],
    [{ headwear: "cap", headwearColor: "orange" }, "zh", "一个人的肖像，戴橙色鸭舌帽"],
    [{ expression: "sad", background: "blue" }, "en", "portrait of a person, sad face, blue background"],
    [{ style: "peeps" }, "en", "portrait of a person"],
  ];
  for (const [facts, language, expected] of cases)
    it(`${JSON.stringify(facts)} in ${language}`, () =>
      assert.equal(labelSentence("portrait", facts, language), expected));

  it("tells textures", () => {
    const facts = { kind: "bricks", color: "red", scale: "large" };
    assert.equal(labelSentence("texture", facts, "en"), "seamless texture of red bricks, large scale");
    assert.equal(labelSentence("texture", facts, "zh"), "红色砖墙的无缝纹理，大尺度");
    assert.equal(labelSentence("texture", { scale: "small" }, "en"), "seamless texture, small scale");
  });

  it("tells what is absent and the style only where asked to", () => {
    assert.equal(
      labelSentence("portrait", { ...face, style: "peeps" }, "en", true),
      "portrait of a person with no hat, short black hair, glasses, no beard, peeps style",
    );
  });

  it("has a sentence of its own for every value of an attribute, in both languages", () => {
    for (const { name, values, sentence } of attributeQuestions)
      for (const language of ["en", "zh"] as const) {
        const sentences = values.map((value) => sentence(value, language));
        assert.equal(new Set(sentences).size, sentences.length, `${name} in ${language}`);
        const { subject } = labelVocabulary[name]!;
        assert.ok(!sentences.includes(labelSentence(subject, {}, language)), name);
      }
  });

  it("leaves no empty place in any sentence of the training data, and knows every value there", () => {
    const textures = Array.from({ length: 12 }, (_, i) => texture(i).attributes);
    for (let i = 0; i < 300; i++) {
      const drawn = [
        { subject: "portrait", attributes: portraitAttributes(new DataRandom(`label ${i}`)) },
        { subject: "texture", attributes: textures[i % textures.length]! },
      ] as const;
      for (const { subject, attributes } of drawn)
        for (const language of ["en", "zh"] as const) {
          const sentence = labelSentence(subject, attributes, language, true);
          assert.doesNotMatch(sentence, /[{}]|undefined|, ,|，，| {2}|^\s|\s$/, sentence);
          for (const [name, value] of Object.entries(attributes)) {
            const question = attributeQuestions.find((each) => each.name === name);
            assert.ok(!question || question.values.includes(value), `${name} ${value}`);
          }
        }
    }
  });

  it("knows what cannot be seen", () => {
    const { hairShape, hairColor, headwearColor, eyewear } = labelVocabulary;
    assert.equal(isSeen(hairShape!, { headwear: "cap" }), false);
    assert.equal(isSeen(hairShape!, { headwear: "none" }), true);
    assert.equal(isSeen(hairColor!, { headwear: "none", hairShape: "bald" }), false);
    assert.equal(isSeen(headwearColor!, { headwear: "none" }), false);
    assert.equal(isSeen(headwearColor!, { headwear: "hat" }), true);
    assert.equal(isSeen(eyewear!, { headwear: "hat" }), true);
  });
});
