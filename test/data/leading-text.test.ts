import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import * as fc from "fast-check";
import { leadingText } from "../../lora/data/index.ts";
import { openLanguageModel } from "../../lora/models/index.ts";

const { tokenizer } = openLanguageModel(fileURLToPath(new URL("../golden/text/talker", import.meta.url)));
/** A token for each character. */
const letters = { encode: (text: string) => Array.from(text, (_, i) => i) };

describe("the beginning of a text", () => {
  it("is all of it where it fits", () => {
    const text = "Rolf guards the gate. He is gruff.\n";
    assert.equal(leadingText(letters, text, text.length), text);
    assert.equal(leadingText(letters, "", 0), "");
  });

  it("ends with a sentence, in either script, where one ends in its second half", () => {
    const cut = (text: string, most: number) => leadingText(letters, text, most);
    assert.equal(cut("Rolf guards the gate. He is gruff and old.", 35), "Rolf guards the gate.");
    assert.equal(cut('He said "Halt!" Then he sat down.', 20), 'He said "Halt!"');
    assert.equal(cut("罗尔夫守着城门。他脾气很坏，年纪也大。", 12), "罗尔夫守着城门。");
    assert.equal(cut("Name: Rolf\nTrade: guard of the old gate", 18), "Name: Rolf");
    assert.equal(cut("Hm. A sentence that goes on and on and on", 20), "Hm. A sentence that");
    assert.equal(cut("It costs 3.5 crowns a week", 12), "It costs 3.5");
  });

  it("begins the text and takes no more tokens than it may, whatever it says; half an emoji is none", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", maxLength: 300 }), fc.integer({ min: -1, max: 60 }), (text, most) => {
        const part = leadingText(tokenizer, text, most);
        assert.ok(text.startsWith(part));
        assert.ok(part.isWellFormed() || !text.isWellFormed());
        assert.ok(tokenizer.encode(part).length <= Math.max(0, most));
      }),
      { numRuns: 60 },
    );
    assert.equal(leadingText({ encode: (said) => Array.from(said.repeat(2), (_, i) => i) }, "👩👩", 3), "👩");
  });
});
