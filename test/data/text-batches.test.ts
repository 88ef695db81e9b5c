import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { epochTextBatches, packRows, tokenizeDialogues, type Dialogue } from "../../lora/data/index.ts";
import { openLanguageModel } from "../../lora/models/index.ts";

const { tokenizer } = openLanguageModel(fileURLToPath(new URL("../golden/text/talker", import.meta.url)));
const said = (question: string, reply: string): Dialogue => ({
  messages: [
    { role: "user", content: question },
    { role: "assistant", content: reply },
  ],
  file: "a.jsonl",
  line: 1,
});

describe("tokenised dialogues", () => {
  it("asks for a loss on the reply and its end alone", () => {
    const { rows } = tokenizeDialogues([said("Who?", "A guard.")], tokenizer, { maxLength: 100 });
    const [{ ids, isReply }] = rows as [(typeof rows)[number]];
    const reply = [...ids].filter((_, i) => isReply[i]);
    assert.deepEqual(reply, [...tokenizer.encode("A guard."), 2]);
  });

  it("puts the persona before dialogues without a system message", () => {
    const own = {
      ...said("a", "b"),
      messages: [{ role: "system", content: "MINE" } as const, ...said("a", "b").messages],
    };
    const { rows } = tokenizeDialogues([said("a", "b"), own], tokenizer, { maxLength: 100, systemPrompt: "YOURS" });
    const texts = rows.map(({ ids }) => tokenizer.decode([...ids]));
    assert.match(texts[0]!, /YOURS/);
    assert.match(texts[1]!, /MINE/);
    assert.doesNotMatch(texts[1]!, /YOURS/);
  });

  it("cuts at the limit, and leaves out what then has no reply", () => {
    const long = said("Who?", "A guard. ".repeat(40));
    const late = said("Who? ".repeat(40), "A guard.");
    const { rows, problems, cutCount } = tokenizeDialogues([long, late], tokenizer, { maxLength: 48 });
    assert.deepEqual([rows.length, rows[0]!.ids.length, cutCount], [1, 48, 1]);
    assert.match(problems[0]!.reason, /expected a reply within 48 tokens/);
  });
});

describe("batches of text", () => {
  const rows = fc.array(
    fc.integer({ min: 1, max: 90 }).map((length) => ({ ids: new Int32Array(length) })),
    { minLength: 1, maxLength: 60 },
  );
  it("show every row once an epoch, recomputed from the seed alone", () => {
    fc.assert(
      fc.property(rows, fc.integer({ min: 1, max: 7 }), fc.integer({ min: 0 }), (all, size, seed) => {
        const batches = epochTextBatches(all, size, seed);
        assert.equal(batches.length, Math.ceil(all.length / size));
        assert.deepEqual(new Set(batches.flat()), new Set(all));
        assert.equal(batches.flat().length, all.length);
        assert.deepEqual(epochTextBatches(all, size, seed), batches);
      }),
    );
  });

  it("put rows of equal length together: a tenth of the padding of chance", () => {
    const all = Array.from({ length: 200 }, (_, i) => ({ ids: new Int32Array(10 + ((i * 37) % 100)) }));
    const padding = (batches: (typeof all)[]) =>
      batches.reduce((sum, batch) => {
        const longest = Math.max(...batch.map(({ ids }) => ids.length));
        return sum + batch.reduce((inner, { ids }) => inner + longest - ids.length, 0);
      }, 0);
    const byChance = Array.from({ length: 50 }, (_, i) => all.slice(4 * i, 4 * i + 4));
    assert.ok(padding(epochTextBatches(all, 4, 1)) < 0.1 * padding(byChance));
  });

  it("are packed whole, each text once, in rows no longer than the longest and never more than texts", () => {
    fc.assert(
      fc.property(rows, (all) => {
        const packed = packRows(all);
        const longest = Math.max(...all.map(({ ids }) => ids.length));
        for (const row of packed) assert.ok(row.reduce((sum, { ids }) => sum + ids.length, 0) <= longest);
        assert.ok(packed.length <= all.length && packed.every((row) => row.length > 0));
        assert.deepEqual(new Set(packed.flat()), new Set(all));
        assert.equal(packed.flat().length, all.length);
        // First-fit decreasing leaves no two rows that would fit into one.
        const fills = packed.map((row) => row.reduce((sum, { ids }) => sum + ids.length, 0)).toSorted((a, b) => a - b);
        if (fills.length > 1) assert.ok(fills[0]! + fills[1]! > longest);
      }),
    );
    assert.deepEqual(packRows([]), []);
  });
});
