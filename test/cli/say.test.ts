import assert from "node:assert/strict";
import { readdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { createModule, writePeft } from "../../lora/adapter/index.ts";
import { seededRandom } from "../../lora/data/index.ts";
import { languageModelSites, openLanguageModel } from "../../lora/models/index.ts";
import { tempDir } from "../support/temp-dir.ts";
import { animula } from "./animula.ts";

const TALKER = resolve(import.meta.dirname, "../golden/text/talker");
const say = (args: readonly string[], input?: string) =>
  animula(["say", "--base", TALKER, "--max-tokens", "12", ...args], {
    cwd: tempDir(),
    ...(input === undefined ? {} : { input }),
  });

/** A PEFT folder with a module that changes what is said. */
function writeVoice(): string {
  const folder = join(tempDir(), "voice");
  const sites = languageModelSites(openLanguageModel(TALKER));
  const uniform = seededRandom(5);
  const module = createModule(sites, { rank: 2, alpha: 4, uniform });
  for (let i = 0; i < module.parameters.length; i++) module.parameters[i] = uniform() - 0.5;
  writePeft(folder, module, sites, "language_model");
  return folder;
}

describe("animula say", () => {
  it("replies; a seed says the same again", async () => {
    const [first, again, other] = await Promise.all(
      ["3", "3", "4"].map((seed) => say(["--prompt", "Who are you?", "--seed", seed])),
    );
    assert.equal(first!.code, 0, first!.stderr);
    assert.ok(first!.stdout.trim().length > 0);
    assert.equal(first!.stdout, again!.stdout);
    assert.notEqual(first!.stdout, other!.stdout);
  });

  it("a module changes the reply, at weight 0 it does not; what was used of it is said", async () => {
    const voice = writeVoice();
    const prompt = ["--prompt", "Who are you?", "--temperature", "0", "--json"];
    const [bare, adapted, silent] = await Promise.all([
      say(prompt),
      say([...prompt, "--lora", voice]),
      say([...prompt, "--lora", `${voice}:0`]),
    ]);
    assert.match(adapted.stderr, /28 tensors applied, 0 ignored/);
    assert.notEqual(adapted.stdout, bare.stdout);
    assert.equal(silent.stdout, bare.stdout);
    assert.deepEqual(Object.keys(JSON.parse(bare.stdout) as object), ["text", "tokens", "reason"]);
  });

  it("weights of few bits are rounded once and say the same again", async () => {
    const folder = tempDir();
    const args = ["say", "--base", TALKER, "--max-tokens", "8", "--prompt", "Who are you?", "--weights", "int8"];
    const first = await animula(args, { cwd: folder });
    assert.equal(first.code, 0, first.stderr);
    const kept = readdirSync(join(folder, ".cache", "animula", "quantised"));
    assert.match(kept.join(), /^talker-int8-[0-9a-f]{16}\.safetensors$/);
    assert.equal((await animula(args, { cwd: folder })).stdout, first.stdout);
  });

  it("answers in JSON of a schema, and says what of it cannot be kept to", async () => {
    const folder = tempDir();
    const write = (name: string, text: string) => writeFileSync(join(folder, name), text);
    write(
      "mood.json",
      JSON.stringify({ type: "object", properties: { mood: { enum: ["glad", "sad"] } }, required: ["mood"] }),
    );
    write("broken.json", "{");
    write("pattern.json", JSON.stringify({ type: "string", pattern: "a" }));
    const answer = (schema: string) =>
      animula(["say", "--base", TALKER, "--prompt", "How are you?", "--schema", schema], { cwd: folder });
    const [mood, broken, pattern, missing] = await Promise.all(
      ["mood.json", "broken.json", "pattern.json", "none.json"].map(answer),
    );
    assert.equal(mood!.code, 0, mood!.stderr);
    assert.match(mood!.stdout, /^\{"mood": "(glad|sad)"\}\n$/);
    assert.match(broken!.stderr, /ARGUMENT_INVALID\n--schema: expected a file with a JSON schema, got "broken.json \(/);
    assert.match(pattern!.stderr, /SCHEMA_UNSUPPORTED\nschema #\/pattern/);
    assert.match(missing!.stderr, /ARGUMENT_INVALID\n--schema: .*none.json/);
  });

  it("goes on line by line until the input ends", async () => {
    const { code, stdout, stderr } = await say(["--temperature", "0"], "Who are you?\n\nMay I pass?\n");
    assert.equal(code, 0, stderr);
    assert.ok(stdout.length > 2);
  });

  it("says in one line what is wrong", async () => {
    const refused = async (args: readonly string[], expected: RegExp) => {
      const { code, stderr } = await say(args);
      assert.equal(code, 2);
      assert.match(stderr, expected);
    };
    await Promise.all([
      refused(["--prompt", "a", "--top-p", "2"], /ARGUMENT_INVALID\n--top-p: expected a number from 0 to 1/),
      refused(["--prompt", "a", "--lora", "guard:99"], /ARGUMENT_INVALID\n--lora: expected weights from -10 to 10/),
      refused(["--prompt", "a", "--weights", "int2"], /ARGUMENT_INVALID\n--weights: expected float or int8 or int4/),
      refused(["--prompt", "a ".repeat(400)], /PROMPT_TOO_LONG\n.*at most 255 tokens/),
      refused(["--prompt", "a", "--lora", resolve(TALKER, "../../sd/foreign/kohya.safetensors")], /MODULE_/),
    ]);
  });
});
