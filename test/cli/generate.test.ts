import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import sharp from "sharp";
import { createModule, targetSites, writeKohya } from "../../lora/adapter/index.ts";
import { DrawingStudio, modelHash, moduleHash, readGenerationInfo } from "../../lora/generate/index.ts";
import { moduleSites, openStableDiffusion } from "../../lora/models/index.ts";
import { openSafetensors } from "../../lora/format/index.ts";
import { tempDir } from "../support/temp-dir.ts";
import { animula, filesBelow, TINY, TINY_V2 } from "./animula.ts";

const SMALL = ["--base", TINY, "--width", "64", "--height", "64", "--steps", "2"];

/** A module for the tiny base that changes every picture a lot. */
async function writeModule(path: string): Promise<void> {
  const sites = targetSites(moduleSites(await openStableDiffusion(TINY)), ["attention"]);
  let state = 1;
  const uniform = () => (state = (state * 16_807) % 2_147_483_647) / 2_147_483_647;
  const module = createModule(sites, { rank: 2, alpha: 2, uniform });
  module.parameters.forEach((_, i) => (module.parameters[i] = uniform() - 0.5));
  writeKohya(path, module, sites);
}

const pixels = (path: string) => sharp(path).raw().toBuffer();
const draw = (cwd: string, prompt: string, ...more: string[]) =>
  animula(["generate", ...SMALL, "--prompt", prompt, ...more], { cwd });

describe("animula generate", () => {
  it("draws the same bytes for the same seed, alone or one of several, and never replaces a picture", async () => {
    const dir = tempDir();
    const several = await draw(dir, "a cat", "--seed", "6", "--count", "2", "--output", "out");
    assert.equal(several.code, 0, several.stderr);
    assert.deepEqual(several.stdout.trim().split("\n"), ["out/00001-6.png", "out/00002-7.png"]);
    const alone = await draw(dir, "a cat", "--seed", "7", "--output", "out");
    assert.equal(alone.stdout, "out/00003-7.png\n");
    const bytes = (name: string) => readFileSync(join(dir, "out", name));
    assert.deepEqual(bytes("00003-7.png"), bytes("00002-7.png"));
    assert.notDeepEqual(bytes("00001-6.png"), bytes("00002-7.png"));
  });

  it("draws a seed in a batch as it draws it alone", async () => {
    const studio = await DrawingStudio.open(await openStableDiffusion(TINY));
    const request = { prompt: "a cat", steps: 2, width: 64, height: 64, sampler: "Euler a" };
    const batch = await studio.draw({ ...request, seeds: [5, 6, 7] });
    const [alone] = await studio.draw({ ...request, seeds: [6] });
    await studio.close();
    assert.deepEqual(batch[1], alone);
  });

  it("tiles where it is told to: another picture, whose sides fit, and which says so", async () => {
    const studio = await DrawingStudio.open(await openStableDiffusion(TINY));
    const request = { prompt: "a wall", steps: 2, width: 64, height: 64, seeds: [3] };
    const [plain] = await studio.draw(request);
    const [tiled] = await studio.draw({ ...request, tiling: true });
    const [again] = await studio.draw(request);
    await studio.close();
    assert.deepEqual(again, plain);
    assert.notDeepEqual(tiled!.pixels, plain!.pixels);

    const dir = tempDir();
    const said = await draw(dir, "a wall", "--seed", "3", "--tiling", "--output", "out");
    assert.equal(said.code, 0, said.stderr);
    const path = join(dir, "out/00001-3.png");
    assert.deepEqual(await pixels(path), Buffer.from(tiled!.pixels));
    assert.equal(readGenerationInfo(readFileSync(path))!.others!["Tiling"], "True");
  });

  it("draws with LCM in four steps without guidance, unless told otherwise", async () => {
    const dir = tempDir();
    const small = ["--base", TINY, "--width", "64", "--height", "64", "--prompt", "a cat", "--sampler", "lcm"];
    const said = await animula(["generate", ...small, "--output", "out"], { cwd: dir });
    assert.equal(said.code, 0, said.stderr);
    const { steps, guidanceScale, sampler } = readGenerationInfo(readFileSync(join(dir, "out/00001-1.png")))!;
    assert.deepEqual({ steps, guidanceScale, sampler }, { steps: 4, guidanceScale: 1, sampler: "lcm" });
  });

  it("guides the first steps only, and tames guidance, if told to; the picture says so", async () => {
    const dir = tempDir();
    const pictureOf = async (name: string, ...options: string[]) => {
      const said = await draw(dir, "a cat", ...options, "--output", name);
      assert.equal(said.code, 0, said.stderr);
      return join(dir, name, "00001-1.png");
    };
    const guided = await pixels(await pictureOf("guided"));
    const plain = await pixels(await pictureOf("plain", "--guidance", "1"));
    assert.deepEqual(await pixels(await pictureOf("never", "--guidance-stop", "0")), plain);
    const half = await pictureOf("half", "--guidance-stop", "0.5");
    for (const other of [guided, plain]) assert.notDeepEqual(await pixels(half), other);
    const tamed = await pictureOf("tamed", "--guidance-rescale", "0.7");
    assert.notDeepEqual(await pixels(tamed), guided);
    const others = (path: string) => readGenerationInfo(readFileSync(path))!.others;
    assert.equal(others(half)!["CFG stop"], "0.5");
    assert.equal(others(tamed)!["CFG Rescale"], "0.7");
    const wrong = await draw(dir, "a cat", "--guidance-stop", "2");
    assert.match(wrong.stderr, /guidance-stop.*0 to 1/);
  });

  it("a module changes the picture, and with weight 0 it does not; the picture says how it was made", async () => {
    const dir = tempDir();
    await writeModule(join(dir, "hero.safetensors"));
    const one = await draw(dir, "a cat", "--negative", "blurry, 模糊", "--lora", "hero.safetensors", "--output", "one");
    assert.equal(one.code, 0, one.stderr);
    assert.match(one.stderr, /^hero: \d+ tensors applied, 0 ignored$/m);
    const picture = join(dir, "one/00001-1.png");

    const studio = await DrawingStudio.open(await openStableDiffusion(TINY));
    studio.loadModule("hero", join(dir, "hero.safetensors"));
    const bare = async (prompt: string) => {
      const [drawn] = await studio.draw({ prompt, negative: "blurry, 模糊", steps: 2, width: 64, height: 64 });
      return Buffer.from(drawn!.pixels);
    };
    const base = await bare("a cat ");
    assert.deepEqual(await bare("a cat <lora:hero:0>"), base);
    assert.notDeepEqual(await bare("a cat <lora:hero:1>"), base);
    assert.deepEqual(await pixels(picture), await bare("a cat <lora:hero:1>"));
    await studio.close();
    const { others: _, ...info } = readGenerationInfo(readFileSync(picture))!;
    assert.deepEqual(info, {
      prompt: "a cat <lora:hero:1>",
      negativePrompt: "blurry, 模糊",
      steps: 2,
      sampler: "DPM++ 2M",
      guidanceScale: 7,
      seed: 1,
      width: 64,
      height: 64,
      modelHash: await modelHash(await openStableDiffusion(TINY), join(dir, "hashes.json")),
      model: "tiny",
      loraHashes: [{ name: "hero", hash: moduleHash(join(dir, "hero.safetensors")) }],
    });
  });

  const refused: readonly [what: string, code: string, says: RegExp, args: readonly string[]][] = [
    [
      "an unknown module",
      "MODULE_UNKNOWN",
      /<lora:none:….*\(hero\), got "none"; give its file/,
      ["--prompt", "a <lora:none:1>", "--lora", "hero.safetensors"],
    ],
    [
      "a module for another base",
      "MODULE_SHAPE",
      /hero\.safetensors: .*base of another size/,
      ["--base", TINY_V2, "--lora", "hero.safetensors"],
    ],
    ["a module file that is not there", "FILE_NOT_FOUND", /no\.safetensors: /, ["--lora", "no.safetensors"]],
    ["a pickled module", "PICKLE_REFUSED", /old\.pt: /, ["--lora", "old.pt"]],
    [
      "a file that is no module",
      "MODULE_NOTHING_APPLIED",
      /nothing could be applied/,
      ["--lora", join(TINY, "vae/diffusion_pytorch_model.safetensors")],
    ],
    [
      "a folder of modules that is not there",
      "FOLDER_NOT_FOUND",
      /--lora-dir nowhere: /,
      ["--lora-dir", "nowhere", "--prompt", "<lora:a:1>"],
    ],
    ["a weight that is no number", "PROMPT_LORA", /<lora:hero:much>/, ["--prompt", "<lora:hero:much>"]],
    ["an unknown sampler", "SAMPLER_UNKNOWN", /expected one of DDIM, Euler/, ["--sampler", "foo"]],
    ["a size that does not fit", "SIZE_INVALID", /width: expected a positive multiple of/, ["--width", "65"]],
    [
      "a number out of range",
      "ARGUMENT_INVALID",
      /--steps: expected a whole number from 1 to 999, got "0"/,
      ["--steps", "0"],
    ],
    ["a negative seed", "ARGUMENT_INVALID", /--seed: .*got "-4"/, ["--seed", "-4"]],
  ];
  for (const [what, code, says, args] of refused)
    it(`refuses ${what}: ${code}, and draws nothing`, async () => {
      const dir = tempDir();
      writeFileSync(join(dir, "old.pt"), "PK");
      await writeModule(join(dir, "hero.safetensors"));
      const run = await draw(dir, "a cat", "--output", "out", ...args);
      assert.match(run.stderr, new RegExp(`^animula: ${code}$`, "m"));
      assert.match(run.stderr, says);
      assert.equal(run.code, 2);
      assert.deepEqual(filesBelow(join(dir, "out")), []);
    });
});

describe("hashes", () => {
  it("a module's is what the WebUI computes: sd-scripts' sshs_model_hash, shortened", async () => {
    const path = join(tempDir(), "hero.safetensors");
    await writeModule(path);
    assert.equal(moduleHash(path), openSafetensors(path).metadata["sshs_model_hash"]!.slice(0, 12));
  });

  it("a base's is remembered, and a damaged memory is no obstacle", async () => {
    const remembered = join(tempDir(), "hashes/hashes.json");
    const base = await openStableDiffusion(TINY);
    const hash = await modelHash(base, remembered);
    assert.match(hash, /^[0-9a-f]{10}$/);
    writeFileSync(remembered, readFileSync(remembered, "utf8").replace(hash, "0123456789"));
    assert.equal(await modelHash(base, remembered), "0123456789");
    writeFileSync(remembered, "[1");
    assert.equal(await modelHash(base, remembered), hash);
  });
});
