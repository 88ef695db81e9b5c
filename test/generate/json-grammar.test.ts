import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import * as fc from "fast-check";
import { z } from "zod";
import { seededRandom } from "../../lora/data/index.ts";
import { VoiceStudio, type JsonSchema } from "../../lora/generate/index.ts";
import { integersBetween, numbersBetween } from "../../lora/generate/json-rules.ts";
import { JsonGrammars } from "../../lora/generate/json-grammar.ts";
import { openLanguageModel } from "../../lora/models/index.ts";

const base = openLanguageModel(fileURLToPath(new URL("../golden/text/talker", import.meta.url)));
const { tokenizer, config } = base;

const person: JsonSchema = {
  $schema: "https://json-schema.org/draft/2020-12/schema",
  title: "A person",
  type: "object",
  properties: {
    name: { type: "string", minLength: 1, maxLength: 12, description: "as others call them" },
    mood: { enum: ["glad", "sad", 3, null] },
    age: { type: "integer", minimum: 0, maximum: 120 },
    friends: { type: "array", items: { $ref: "#/$defs/friend" }, maxItems: 2 },
  },
  required: ["name", "mood", "age"],
  additionalProperties: false,
  $defs: { friend: { anyOf: [{ type: "boolean" }, { const: "none" }, { type: "string", maxLength: 4 }] } },
};

const isPlain = (text: string): boolean => /^[ -~]+$/.test(text);

/** A text as a model without any sense would write it: of all that is allowed, by chance. */
async function scribble(grammars: JsonGrammars, schema: JsonSchema, seed: number): Promise<string> {
  const form = await grammars.form(schema);
  const uniform = seededRandom(seed);
  const ids: number[] = [];
  try {
    for (let isFull = false; !isFull;) {
      assert.ok(ids.length < 4000, "no end");
      const logits = await form.allowed(new Float32Array(config.vocabSize));
      const open = [...logits.keys()].filter((id) => logits[id] === 0);
      // Ends as soon as it may, so that numbers do.
      const end = open.find((id) => tokenizer.endIds.has(id));
      if (end !== undefined) break;
      const plain = open.filter((id) => isPlain(tokenizer.decode([id])));
      const from = plain.length > 0 && uniform() < 0.95 ? plain : open;
      ids.push(from[Math.floor(uniform() * from.length)]!);
      isFull = await form.add(ids.at(-1)!);
    }
  } finally {
    form.close();
  }
  return tokenizer.decode(ids);
}

const count = fc.integer({ min: 0, max: 6 });
const range = (low: string, high: string, value: fc.Arbitrary<number>) =>
  fc.tuple(fc.option(value), fc.option(value)).map(([a, b]) => {
    const [least, most] = a !== null && b !== null && a > b ? [b, a] : [a, b];
    return { ...(least === null ? {} : { [low]: least }), ...(most === null ? {} : { [high]: most }) };
  });
const name = fc.string({ minLength: 1, maxLength: 5, unit: fc.constantFrom(...'ab_ 你"\\{}\n'.split(""), "🐉") });
/** zod compares no lists and no objects. */
const json = fc.oneof(name, fc.integer(), fc.boolean(), fc.constant(null));
const { schema: anySchema } = fc.letrec<{ schema: JsonSchema }>((tie) => ({
  schema: fc.oneof(
    { maxDepth: 3 },
    range("minLength", "maxLength", count).map((more) => ({ type: "string", ...more })),
    range("minimum", "maximum", fc.integer({ min: -3000, max: 3000 })).map((more) => ({ type: "integer", ...more })),
    range("minimum", "maximum", fc.integer({ min: -3000, max: 3000 })).map((more) => ({ type: "number", ...more })),
    fc.constantFrom({ type: "boolean" }, { type: "null" }, { $ref: "#/$defs/leaf" }),
    json.map((value) => ({ const: value })),
    fc.array(json, { minLength: 1, maxLength: 3 }).map((values) => ({ enum: values })),
    fc.array(tie("schema"), { minLength: 1, maxLength: 3 }).map((all) => ({ anyOf: all })),
    fc
      .tuple(tie("schema"), range("minItems", "maxItems", fc.integer({ min: 0, max: 3 })))
      .map(([items, more]) => ({ type: "array", items, maxItems: 3, ...more })),
    fc
      .dictionary(name, tie("schema"), { maxKeys: 3, noNullPrototype: true })
      .chain((properties) =>
        fc.subarray(Object.keys(properties)).map((required) => ({ type: "object", properties, required })),
      ),
  ),
}));

describe("replies in the form of a schema", () => {
  let grammars: JsonGrammars;
  before(async () => void (grammars = await JsonGrammars.open(base)));
  after(() => grammars.close());

  it("whatever the model would rather say, it says JSON that zod's reading of the schema takes", async () => {
    await fc.assert(
      fc.asyncProperty(anySchema, fc.integer({ min: 1, max: 1000 }), async (schema, seed) => {
        const whole = { ...schema, $defs: { leaf: { type: "string", maxLength: 2 } } };
        const text = await scribble(grammars, whole, seed);
        // Bytes that are no character count as one and are shown as several; zod counts halves of surrogate pairs.
        const value: unknown = JSON.parse(text);
        fc.pre(!/[\uFFFD\u{10000}-\u{10FFFF}]/u.test(text));
        const result = z.fromJSONSchema(whole as Parameters<typeof z.fromJSONSchema>[0]).safeParse(value);
        assert.ok(result.success, `${text} ${result.error?.message}`);
      }),
      { numRuns: 60 },
    );
  });

  it("numbers are written from the least to the most and no further", () => {
    // These pieces of a grammar are regular expressions but for quotes and blanks.
    const pattern = (rule: string) => new RegExp(`^(?:${rule.replace(/[" ]/g, "").replaceAll(".[", "\\.[")})$`);
    const bound = fc.oneof(fc.integer({ min: -120, max: 120 }), fc.integer({ min: -100_000, max: 100_000 }));
    fc.assert(
      fc.property(
        bound,
        bound,
        fc.integer({ min: -3, max: 3 }),
        fc.integer({ min: 1, max: 99 }),
        (a, b, off, cents) => {
          const [least, most] = [Math.min(a, b), Math.max(a, b)];
          const [whole, decimal] = [pattern(integersBetween(least, most)), pattern(numbersBetween(least, most))];
          for (const n of [least + off, most + off, off, Math.round((least + most) / 2)]) {
            assert.equal(whole.test(String(n)), n >= least && n <= most, `${n} of ${least} to ${most}`);
            assert.equal(decimal.test(String(n)), n >= least && n <= most, `${n} of ${least} to ${most}`);
            const text = `${n}.${String(cents).padStart(2, "0")}`;
            const isWithin = Number(text) > least && Number(text) < most;
            assert.equal(decimal.test(text), isWithin, `${text} of ${least} to ${most}`);
            assert.ok(!whole.test(text) && !whole.test(`0${n}`));
          }
        },
      ),
    );
  });

  it("says which keywords it could not hold a reply to, and what is wrong with others", async () => {
    const cases: [JsonSchema, string, RegExp][] = [
      [{ type: "string", pattern: "a+" }, "SCHEMA_UNSUPPORTED", /schema #\/pattern: .*minLength, maxLength/],
      [{ type: "array", items: { type: "null" }, uniqueItems: true }, "SCHEMA_UNSUPPORTED", /#\/uniqueItems/],
      [{ anyOf: [{ type: "null" }], type: "null" }, "SCHEMA_UNSUPPORTED", /#\/type/],
      [
        { type: "object", properties: { a: { type: "string", format: "email" } } },
        "SCHEMA_UNSUPPORTED",
        /#\/properties\/a\/format/,
      ],
      [{ oneOf: [{ type: "null" }] }, "SCHEMA_INVALID", /one of \$ref, const, enum, anyOf, type, got none/],
      [{ type: "text" }, "SCHEMA_INVALID", /#\/type: expected one of string, integer/],
      [{ type: ["string", "null"] }, "SCHEMA_INVALID", /#\/type/],
      [{ type: "array" }, "SCHEMA_INVALID", /#\/items: expected a schema \(an object\), got nothing/],
      [{ type: "object" }, "SCHEMA_INVALID", /#\/properties/],
      [{ type: "object", properties: {}, required: ["a"] }, "SCHEMA_INVALID", /#\/required/],
      [{ type: "integer", minimum: 3, maximum: 2 }, "SCHEMA_INVALID", /#\/minimum: expected at most 2, got 3/],
      [{ type: "string", maxLength: 100_000 }, "SCHEMA_INVALID", /whole number from 0 to 128/],
      [{ enum: [] }, "SCHEMA_INVALID", /#\/enum/],
      [{ $ref: "https://example.com/a" }, "SCHEMA_INVALID", /definition of this schema \(none is defined\)/],
      [{ $ref: "#/$defs/a", $defs: { a: { $ref: "#/$defs/a" } } }, "SCHEMA_INVALID", /only itself/],
      [
        { $ref: "#/$defs/a", $defs: { a: { anyOf: [{ $ref: "#/$defs/b" }] }, b: { $ref: "#/$defs/a" } } },
        "SCHEMA_INVALID",
        /itself/,
      ],
      [
        Array(20)
          .fill(0)
          .reduce<JsonSchema>((items) => ({ type: "array", items }), { type: "null" }),
        "SCHEMA_INVALID",
        /16 levels/,
      ],
    ];
    for (const [schema, code, message] of cases)
      await assert.rejects(grammars.form(schema), (error: Error & { code?: string }) => {
        assert.equal(error.code, code, JSON.stringify(schema));
        assert.match(error.message, message);
        return true;
      });
    await assert.rejects(grammars.form([] as unknown as JsonSchema), { code: "SCHEMA_INVALID" });
  });

  it("a list in itself is written to its end", async () => {
    const tree = { type: "array", items: { $ref: "#/$defs/tree" }, maxItems: 1 };
    const text = await scribble(grammars, { $ref: "#/$defs/tree", $defs: { tree } }, 4);
    assert.match(text, /^\[+\]+$/);
  });

  it("a base whose tokens do not make up every byte is refused", async () => {
    const few = Object.create(tokenizer, { spellings: { value: () => ["a", "{", "}"] } }) as typeof tokenizer;
    await assert.rejects(JsonGrammars.open({ ...base, tokenizer: few }), { code: "SCHEMA_VOCABULARY" });
  });
});

describe("a voice that answers in JSON", () => {
  let studio: VoiceStudio;
  before(async () => void (studio = await VoiceStudio.open(base)));
  after(() => studio.close());
  const messages = [{ role: "user", content: "Who are you?" }] as const;

  it("each row of a batch has its own schema or none, is whole, and is what it is alone", async () => {
    const requests = [
      { messages, schema: person, seed: 3, maxTokens: 200 },
      { messages, seed: 3, maxTokens: 12 },
      { messages, schema: { type: "integer", minimum: 5, maximum: 9 }, seed: 4, maxTokens: 200 },
      { messages, schema: { enum: ["yes", "no"] }, seed: 3, sampling: { temperature: 0 }, maxTokens: 200 },
      { messages, schema: { type: "sum" }, seed: 3 },
    ];
    const replies = await studio.replies(requests);
    const [first, plain, digit, word, refused] = replies;
    const { name: called, mood, age, friends = [], ...rest } = JSON.parse(first!.text) as Record<string, unknown>;
    assert.deepEqual([typeof called, rest, ["glad", "sad", 3, null].includes(mood as string)], ["string", {}, true]);
    assert.ok(Number.isInteger(age) && Number(age) >= 0 && Number(age) <= 120, first!.text);
    assert.ok(Array.isArray(friends) && friends.length <= 2, first!.text);
    assert.ok(["5", "6", "7", "8", "9"].includes(digit!.text), digit!.text);
    assert.ok(['"yes"', '"no"'].includes(word!.text), word!.text);
    assert.deepEqual(
      [first, digit, word].map((reply) => reply!.reason),
      ["end", "end", "end"],
    );
    assert.throws(() => JSON.parse(plain!.text));
    assert.equal(refused!.reason, "refused");
    assert.equal((refused!.error as { code?: string }).code, "SCHEMA_INVALID");
    for (const [i, reply] of replies.slice(0, 4).entries()) assert.deepEqual(reply, await studio.reply(requests[i]!));
  });

  it("is cut off where it may say no more", async () => {
    const reply = await studio.reply({ messages, schema: person, maxTokens: 5 });
    assert.deepEqual([reply.reason, reply.tokens], ["length", 5]);
    assert.ok(reply.text.startsWith('{"name": "'.slice(0, reply.text.length)), reply.text);
  });
});
