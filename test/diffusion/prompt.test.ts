import assert from "node:assert/strict";
import fc from "fast-check";
import { AnimulaError } from "../../lora/format/index.ts";
import { parsePrompt } from "../../lora/diffusion/prompt.ts";
import type { PromptSegment } from "../../lora/diffusion/prompt.ts";

/** [text, weight] pairs; a break is null. */
function pairs(segments: readonly PromptSegment[]): ([string, number] | null)[] {
  return segments.map((segment) =>
    segment.kind === "break" ? null : [segment.text, Math.round(segment.weight * 1e6) / 1e6],
  );
}

describe("diffusion/prompt", () => {
  for (const [prompt, expected] of [
    ["normal text", [["normal text", 1]]],
    ["", [["", 1]]],
    [
      "an (important) word",
      [
        ["an ", 1],
        ["important", 1.1],
        [" word", 1],
      ],
    ],
    ["(unbalanced", [["unbalanced", 1.1]]],
    ["stray) and] end", [["stray) and] end", 1]]],
    ["\\(literal\\] \\\\ \\n", [["(literal] \\ \\n", 1]]],
    ["(unnecessary)(parens)", [["unnecessaryparens", 1.1]]],
    [
      "[less] ((more))",
      [
        ["less", 0.909091],
        [" ", 1],
        ["more", 1.21],
      ],
    ],
    [
      "(a:1.5) (b: .5 ) (c:-1)",
      [
        ["a", 1.5],
        [" ", 1],
        ["b", 0.5],
        [" ", 1],
        ["c", -1],
      ],
    ],
    ["(time 12:30:1.2)", [["time 12:30", 1.2]]],
    ["(not a number:1.2.3)", [["not a number:1.2.3", 1.1]]],
    ["a: b, c:1.2)", [["a: b, c:1.2)", 1]]],
    [
      "(张三:1.3)，黑发",
      [
        ["张三", 1.3],
        ["，黑发", 1],
      ],
    ],
    ["a BREAK b", [["a", 1], null, ["b", 1]]],
    ["(a BREAK b:1.5)BREAKFAST", [["a", 1.5], null, ["b", 1.5], ["BREAKFAST", 1]]],
    [
      "a (((house:1.3)) [on] a (hill:0.5), sun, (((sky))).",
      [
        ["a ", 1],
        ["house", 1.573],
        [" ", 1.1],
        ["on", 1],
        [" a ", 1.1],
        ["hill", 0.55],
        [", sun, ", 1.1],
        ["sky", 1.4641],
        [".", 1.1],
      ],
    ],
  ] as [string, ([string, number] | null)[]][]) {
    it(`reads ${JSON.stringify(prompt)} as WebUI does`, () => {
      assert.deepEqual(pairs(parsePrompt(prompt).segments), expected);
    });
  }

  for (const [tag, lora] of [
    ["<lora:zhang san>", ["zhang san", 1, 1]],
    ["<lora:张三:0.8>", ["张三", 0.8, 0.8]],
    ["<lora:a:0.5:0.9>", ["a", 0.5, 0.9]],
    ["<lora:a:te=0.5:unet=0.9>", ["a", 0.5, 0.9]],
    ["<lora:a:0.7:unet=0>", ["a", 0.7, 0]],
    ["<lora:a:te=0.3>", ["a", 0.3, 0.3]],
    ["<lyco:a:-1.>", ["a", -1, -1]],
  ] as [string, [string, number, number]][]) {
    it(`takes ${tag} out of the text`, () => {
      const [name, textEncoderWeight, unetWeight] = lora;
      const { segments, loras, warnings } = parsePrompt(`a man ${tag}, (smiling)`);
      assert.deepEqual(loras, [{ name, textEncoderWeight, unetWeight }]);
      assert.deepEqual(pairs(segments), [
        ["a man , ", 1],
        ["smiling", 1.1],
      ]);
      assert.deepEqual(warnings, []);
    });
  }

  it("keeps the order and number of tags", () => {
    const { loras } = parsePrompt("<lora:b:1> x <lora:a:2><lora:b:3>");
    assert.deepEqual(
      loras.map(({ name, unetWeight }) => [name, unetWeight]),
      [
        ["b", 1],
        ["a", 2],
        ["b", 3],
      ],
    );
  });

  for (const tag of [
    "<lora::1>",
    "<lora:a:x>",
    "<lora:a:>",
    "<lora:a:1:1:8>",
    "<lora:a:dyn=4>",
    "<lora:a:1e9>",
    "<lora:a:99999>",
  ]) {
    it(`refuses ${tag}`, () => {
      assert.throws(() => parsePrompt(tag), { code: "PROMPT_LORA", message: new RegExp(tag.replace(/[[\]]/g, "")) });
    });
  }

  it("refuses a prompt of a megabyte", () => {
    assert.throws(() => parsePrompt("a".repeat(1e6)), { code: "PROMPT_LENGTH" });
  });

  it("warns of syntax it reads as text or leaves out", () => {
    for (const [prompt, text] of [
      ["a cat AND a dog", "a cat AND a dog"],
      ["a [cat:dog:0.5]", "a cat:dog:0.5"],
      ["a [cat|dog]", "a cat|dog"],
      ["x <hypernet:y:1>", "x "],
      ["x <lora:y", "x <lora:y"],
    ] as const) {
      const { segments, warnings } = parsePrompt(prompt);
      assert.equal(warnings.length, 1, prompt);
      assert.equal(segments.map((segment) => (segment.kind === "text" ? segment.text : "")).join(""), text);
    }
    assert.deepEqual(parsePrompt("sand and [grass], 12:30").warnings, []);
  });

  it("no text makes it throw anything but a typed error, and weights stay finite", () => {
    const alphabet = [
      "(",
      ")",
      "[",
      "]",
      "\\",
      ":",
      "1.2",
      ":1.5)",
      "BREAK",
      " ",
      "<lora:",
      ">",
      "te=",
      "张",
      "a",
      ",",
      "AND",
      "|",
    ];
    const text = fc.array(fc.oneof(fc.constantFrom(...alphabet), fc.string({ unit: "binary", maxLength: 4 })), {
      maxLength: 60,
    });
    fc.assert(
      fc.property(text, (parts) => {
        try {
          const { segments } = parsePrompt(parts.join(""));
          assert.ok(segments.length > 0);
          for (const segment of segments) assert.ok(segment.kind === "break" || Number.isFinite(segment.weight));
        } catch (error) {
          assert.ok(error instanceof AnimulaError, String(error));
        }
      }),
      { numRuns: 2000 },
    );
    const [deep] = parsePrompt(`${"(".repeat(5000)}a${":9)".repeat(1500)}`).segments;
    assert.ok(deep?.kind === "text" && deep.weight === 1e4);
  });

  it("text without special characters comes back whole", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 50 }), (text) => {
        fc.pre(!/[\\()[\]<]|BREAK/.test(text));
        assert.deepEqual(parsePrompt(text).segments, [{ kind: "text", text, weight: 1 }]);
      }),
    );
  });

  it("reads the longest allowed prompt fast, whatever it is made of", () => {
    for (const unit of ["(", "(a", "[a:", "\\", "<lora:", "[a|", ":1.2)", "BREAK ", "AND "]) {
      const started = performance.now();
      parsePrompt(unit.repeat(Math.floor(10_000 / unit.length)));
      assert.ok(performance.now() - started < 2000, unit);
    }
  });
});
