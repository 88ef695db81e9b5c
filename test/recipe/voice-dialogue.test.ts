import assert from "node:assert/strict";
import { MANNERS } from "../../lora/recipe/voice-persona.ts";
import { CLOSERS, OPENERS } from "../../lora/recipe/voice-manners.ts";
import { voiceDialogue, type VoiceDialogue } from "../../lora/recipe/voice-dialogue.ts";
import { TOPICS, type Topic, type TopicName } from "../../lora/recipe/voice-topics.ts";
import { SPECIAL_TOKENS } from "../../lora/recipe/mini-llama.ts";

const SAMPLE = 3000;
const languages = ["en", "zh"] as const;
const slots = (template: string): string[] => [...template.matchAll(/\{(\w+)\}/g)].map(([, slot]) => slot!);
const han = /[\u4e00-\u9fff]/;

describe("voiceDialogue", () => {
  let dialogues: VoiceDialogue[];
  before(() => (dialogues = Array.from({ length: SAMPLE }, (_, i) => voiceDialogue(`test ${i}`))));

  it("gives the same conversation for the same key, and another for another", () => {
    for (const i of [0, 1, 17, 400]) assert.deepEqual(voiceDialogue(`test ${i}`), dialogues[i]);
    const texts = new Set(dialogues.map(({ messages }) => JSON.stringify(messages)));
    assert.ok(texts.size > SAMPLE * 0.99, `${texts.size} of ${SAMPLE} are different`);
  });

  it("keeps the conversation that a key had when the base was trained", () => {
    const { persona, turns } = voiceDialogue("pinned");
    assert.deepEqual([persona.text, ...turns.flatMap(({ asked, answered }) => [asked, answered])], PINNED);
  });

  it("asks every topic, and says every answer, in both languages", () => {
    const said = new Set(dialogues.flatMap(({ turns }) => turns.map(({ topic, language }) => `${topic} ${language}`)));
    for (const topic of Object.keys(TOPICS))
      for (const language of languages) assert.ok(said.has(`${topic} ${language}`), `${topic} in ${language}`);
  });

  it("has each template in the language it stands under, with the same facts to fill in", () => {
    for (const [name, topic] of Object.entries(TOPICS) as [TopicName, Topic][]) {
      for (const text of [topic.ask, ...topic.answers]) {
        const [en, zh] = languages.map((language) =>
          text[language].map((template) => template.replaceAll(/\{\w+\}/g, "")),
        );
        assert.ok(en!.length > 0 && zh!.length > 0, name);
        for (const template of en!) assert.doesNotMatch(template, han, name);
        for (const template of zh!) assert.doesNotMatch(template, /[A-Za-z.?!]/, name);
      }
      for (const { needs, ...text } of topic.answers) {
        const always = new Set([...topic.ask.en, ...topic.ask.zh].flatMap(slots).concat("item"));
        const used = languages.flatMap((language) => text[language].flatMap(slots));
        for (const slot of used)
          assert.ok(
            needs.includes(slot) || always.has(slot) || slot === "currency",
            `${name}: {${slot}} may be unknown`,
          );
      }
      assert.deepEqual(topic.answers.at(-1)!.needs, [], `${name} has an answer for who knows nothing`);
    }
    assert.deepEqual(Object.keys(OPENERS), Object.keys(MANNERS));
    assert.deepEqual(Object.keys(CLOSERS), Object.keys(MANNERS));
  });

  it("answers with what the system turn says or the player said before", () => {
    let checked = 0;
    for (const { turns, messages } of dialogues)
      turns.forEach(({ topic, language, known }, i) => {
        const systems = messages[0]!.role === "system" ? 1 : 0;
        const before = messages
          .slice(0, systems + 2 * i + 1)
          .map(({ content }) => content)
          .join("\n");
        for (const slot of ["name", "price", "player", "age", "reward"])
          if (known[slot] !== undefined) {
            assert.ok(
              before.toLowerCase().includes(known[slot].toLowerCase()),
              `${topic} ${language}: ${slot} ${known[slot]}`,
            );
            checked++;
          }
      });
    assert.ok(checked > SAMPLE, `${checked} facts`);
  });

  it("never writes a special token, nor leaves a slot open", () => {
    for (const { messages } of dialogues)
      for (const { content } of messages) {
        for (const token of SPECIAL_TOKENS) assert.ok(!content.includes(token), content);
        assert.doesNotMatch(content, /[{}@|]|undefined/);
        assert.ok(content.trim() !== "");
      }
  });
});

const PINNED = [
  "小文是镇上的修玻璃人。请以小文的身份说话。今天在下雪。你不喜欢玉米。你记得：玩家叫叶红。你常说“等”。你现在很兴奋。",
  "how is the weather?",
  "Today it is snowing. Keep warm.",
  "How are you called",
  "They call me 小文, the glass mender.",
  "How do I get to the mill?",
  "I do not know where the mill is.",
  "What do you hate?",
  "I hate corn.",
];
