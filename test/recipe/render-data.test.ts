import assert from "node:assert/strict";
import { readFileSync, truncateSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { dataSample, renderData, renderDataCommand } from "../../lora/recipe/render-data.ts";
import { textureSide } from "../../lora/recipe/textures.ts";
import { tempDir } from "../support/temp-dir.ts";

const sampleBytes = textureSide * textureSide * 3;
const captionLines = (dir: string): string[] => readFileSync(join(dir, "captions.jsonl"), "utf8").trimEnd().split("\n");

describe("render-data", () => {
  it("writes pixels and captions in the same, evenly mixed order", async () => {
    const out = tempDir();
    await renderData({ out, portraits: 8, textures: 4 });
    const images = readFileSync(join(out, "images.bin"));
    assert.equal(images.length, 12 * sampleBytes);
    const lines = captionLines(out).map((line) => JSON.parse(line) as { caption: string; kind: string; style: string });
    assert.equal(lines.slice(0, 6).filter((line) => line.kind === "texture").length, 2);
    for (const [i, line] of lines.entries()) {
      const { pixels, ...words } = await dataSample(i, 8, 4);
      assert.deepEqual(line, words);
      assert.deepEqual(images.subarray(i * sampleBytes, (i + 1) * sampleBytes), Buffer.from(pixels));
    }
  });

  it("continues a stopped run to the same bytes", async () => {
    const [whole, stopped] = [tempDir(), tempDir()];
    await renderData({ out: whole, portraits: 5, textures: 2 });
    await renderData({ out: stopped, portraits: 5, textures: 2 });
    // As after a kill in the middle of a write: half a picture, and captions ahead of it.
    truncateSync(join(stopped, "images.bin"), Math.floor(3.5 * sampleBytes));
    truncateSync(join(stopped, "captions.jsonl"), captionLines(stopped).slice(0, 5).join("\n").length);
    await renderData({ out: stopped, portraits: 5, textures: 2 });
    for (const name of ["images.bin", "captions.jsonl", "manifest.json"]) {
      assert.deepEqual(readFileSync(join(stopped, name)), readFileSync(join(whole, name)), name);
    }
    assert.deepEqual(readdirSync(stopped).sort(), ["captions.jsonl", "images.bin", "manifest.json"]);
  });

  it("RECIPE_DATA_DIFFERS: refuses a folder with other data", async () => {
    const out = tempDir();
    await renderData({ out, portraits: 1, textures: 0 });
    await assert.rejects(renderData({ out, portraits: 2, textures: 0 }), { code: "RECIPE_DATA_DIFFERS" });
  });

  it("RECIPE_ARGUMENT: refuses a count that is no whole number", async () => {
    for (const bad of ["-1", "1.5", "many", ""]) {
      await assert.rejects(renderDataCommand(["--out", tempDir(), `--portraits=${bad}`]), { code: "RECIPE_ARGUMENT" });
    }
  });

  it("RECIPE_OUT_MISSING: asks for the folder", async () => {
    await assert.rejects(renderDataCommand([]), { code: "RECIPE_OUT_MISSING" });
  });
});
