import assert from "node:assert/strict";
import sharp from "sharp";
import { seamScore } from "../../../lora/image/index.ts";
import { readGenerationInfo } from "../../../lora/index.ts";
import { mapKinds } from "../../../service/protocol/index.ts";
import { texture, textureSide } from "../../../lora/recipe/textures.ts";
import { ADA, drawRequest, isDone, openWorkbench, PATIENCE_MS, until, type Workbench } from "./workbench.ts";

const ASKED = { normal: 1, roughness: 0.5, occlusion: 1, darkHigh: false };

describe("retouching", function () {
  this.timeout(PATIENCE_MS);
  let bench: Workbench;
  let stone: string;
  before(async () => {
    bench = await openWorkbench();
    const raw = { width: textureSide, height: textureSide, channels: 3 } as const;
    const png = await sharp(texture(5).pixels, { raw }).png().toBuffer();
    stone = await bench.library.saveAsset({ texture: 5 }, png);
  });
  after(() => bench.close());

  const pixels = async (sha256: string) => {
    const png = await bench.library.readAsset(sha256);
    const { data, info } = await sharp(png).raw().toBuffer({ resolveWithObject: true });
    return { rgb: new Uint8Array(data), width: info.width, height: info.height, channels: info.channels };
  };

  it("R34 enlarges a picture once for all who ask, and a texture so that it still tiles", async () => {
    const request = { sha256: stone, seamless: true };
    const asked = await Promise.all([1, 2, 3].map(() => bench.jobs.retouching.upscale(request, "Ada")));
    assert.equal(new Set(asked.map(({ sha256 }) => sha256)).size, 1);
    const large = await pixels(asked[0]!.sha256);
    assert.deepEqual([large.width, large.height, large.channels], [4 * textureSide, 4 * textureSide, 3]);
    assert.ok(seamScore(large) < 1.2, `seam ${seamScore(large)}`);
    const plain = await bench.jobs.retouching.upscale({ sha256: stone, seamless: false }, "Ada");
    assert.notEqual(plain.sha256, asked[0]!.sha256);
    assert.deepEqual((await pixels(stone)).width, textureSide, "the picture is as it was");
  });

  it("R34 makes a texture's maps once, and others for other strengths", async () => {
    const [maps, again] = await Promise.all(
      [1, 2].map(() => bench.jobs.retouching.maps({ sha256: stone, ...ASKED }, "Ada")),
    );
    assert.deepEqual(again, maps);
    for (const kind of mapKinds) {
      const { width, channels } = await pixels(maps![kind]);
      assert.deepEqual([width, channels], [textureSide, 3], kind);
    }
    // A normal map of a flat mean points out of the surface.
    const { rgb } = await pixels(maps!.normal);
    const mean = (channel: number) =>
      rgb.reduce((sum, value, i) => sum + (i % 3 === channel ? value : 0), 0) / (rgb.length / 3);
    assert.ok(Math.abs(mean(0) - 128) < 4 && Math.abs(mean(1) - 128) < 4 && mean(2) > 180);
    const strong = await bench.jobs.retouching.maps({ sha256: stone, ...ASKED, normal: 3 }, "Ada");
    assert.notEqual(strong.normal, maps!.normal);
    assert.equal(strong.roughness, maps!.roughness, "what was not changed is the same asset");
  });

  it("refuses what is no picture of the service, and what is too large, with the reason", async () => {
    const unknown = { sha256: "0".repeat(64), seamless: false };
    await assert.rejects(bench.jobs.retouching.upscale(unknown, "Ada"), { code: "NOT_FOUND" });
    const wide = await sharp({ create: { width: 2048, height: 2048, channels: 3, background: "#aaa" } })
      .png()
      .toBuffer();
    const sha256 = await bench.library.saveAsset({ wide: true }, wide);
    await assert.rejects(bench.jobs.retouching.upscale({ sha256, seamless: false }, "Ada"), {
      code: "DRAWING_FAILED",
      message: /2048/,
    });
  });

  it("R19 a texture that tiles is another drawing than one that does not, and its sides fit", async () => {
    const request = { kind: "albedo", prompt: "seamless texture of brown bricks", steps: 8 } as const;
    const drawn = [];
    for (const tiling of [true, false]) {
      const { jobId } = await bench.jobs.draw(drawRequest({ ...request, tiling }), ADA);
      const { samples } = await until(bench.jobs, jobId, isDone);
      drawn.push(samples[0]!.sha256);
    }
    const [tiled, plain] = await Promise.all(drawn.map(pixels));
    assert.ok(seamScore(tiled!) < seamScore(plain!) / 1.5, `${seamScore(tiled!)} and ${seamScore(plain!)}`);
    const info = readGenerationInfo((await bench.library.readAsset(drawn[0]!))!);
    assert.equal(info?.others?.["Tiling"], "True");
    const slot = {
      nodeId: "wall",
      kind: "albedo",
      negative: "",
      modules: [],
      prompt: request.prompt,
      seed: 1,
    } as const;
    const asked = await bench.jobs.drawForSlot(slot, ADA);
    const direct = await bench.jobs.draw(drawRequest({ ...request, steps: 20, tiling: true }), ADA);
    const { samples } = await until(bench.jobs, direct.jobId, isDone);
    assert.equal(samples[0]!.sha256, asked, "a texture that a player asks for tiles too");
  });
});
