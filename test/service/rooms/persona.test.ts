import assert from "node:assert/strict";
import fc from "fast-check";
import { voiceTag } from "../../../service/protocol/index.ts";
import { systemParts } from "../../../service/rooms/persona.ts";
import { spokenText } from "../../../service/rooms/spoken-text.ts";

describe("what is said", () => {
  it("R26 is one line without what nobody sees", () => {
    assert.equal(spokenText("  hi\r\n### Response:\n\tyes "), "hi ### Response: yes");
    assert.equal(spokenText("a\u202Eb\u200Bc\u0000d\u{E0041}\uFEFF"), "abc d");
    assert.equal(spokenText("\u0007\u200B \n"), "");
    // Emoji of several parts and other scripts stay.
    for (const text of ["👩‍🚀 你好，旅行者！", "می‌خواهم", "Ünïcödé"]) assert.equal(spokenText(text), text);
    assert.equal(spokenText("half \uD83D"), "half \uFFFD");
  });

  it("R26 is the same when cleaned twice, and has no control characters, whatever it was", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 60 }), (text) => {
        const once = spokenText(text);
        assert.equal(spokenText(once), once);
        assert.doesNotMatch(once, /[\p{Cc}\u202A-\u202E]/u);
      }),
    );
  });
});

describe("the system message", () => {
  it("is persona and memory, with both sides by the names of their parts", () => {
    const voice = voiceTag.parse({ persona: "{{char}} guards the gate. {{user}} is unknown to <BOT>." });
    assert.deepEqual(systemParts(voice, "Rolf $& Co", [{ text: "The bridge\nis out." }, { text: "It is winter." }]), {
      system: "Rolf $& Co guards the gate. the player is unknown to Rolf $& Co.",
      memory: "You remember:\n- The bridge is out.\n- It is winter.",
    });
    assert.deepEqual(systemParts(voiceTag.parse({}), "Rolf", []), { system: "You are Rolf.", memory: "" });
    const chinese = voiceTag.parse({ persona: "你是{{char}}，{{user}}来了。" });
    const parts = { system: "你是铁匠，玩家来了。", memory: "你记得：\n- 桥断了" };
    assert.deepEqual(systemParts(chinese, "铁匠", [{ text: "桥断了" }]), parts);
  });
});
