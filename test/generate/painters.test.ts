import assert from "node:assert/strict";
import { Painter } from "../../lora/generate/index.ts";
import { Painters } from "../../lora/generate/painters.ts";
import type { StableDiffusion } from "../../lora/models/index.ts";
import type { Borders } from "../../lora/nn/index.ts";
import { openTiny } from "../models/tiny-stable-diffusion.ts";

describe("painters", function () {
  this.timeout(120_000);
  let base: StableDiffusion;
  before(async () => {
    base = await openTiny("tiny-v2");
  });

  const request = () => {
    const embeddings = new Float32Array(77 * base.unet.crossAttentionDim).fill(0.1);
    const shared = { positive: embeddings, negative: embeddings, guidanceScale: 1, sampler: "DDIM" };
    return { ...shared, steps: 1, seeds: [1], width: 64, height: 64 };
  };

  /** Draws plain, tiling and plain again, all asked for at once; which graphs were opened for it. */
  async function drawn(bothBytesMax?: number) {
    const opened: Borders[] = [];
    const open = (borders: Borders) => {
      opened.push(borders);
      return Painter.open(base, undefined, undefined, borders);
    };
    const painters = new Painters(base, open, bothBytesMax);
    const order = ["zeros", "circular", "zeros"] as const;
    const pictures = await Promise.all(
      order.map((borders) => painters.use(borders, (painter) => painter.paint(request()))),
    );
    await painters.close();
    return { opened, pixels: pictures.map(([picture]) => Buffer.from(picture!.pixels)) };
  }

  it("keep both graphs of a small base open, and one of a large one, and draw the same", async () => {
    const small = await drawn();
    assert.deepEqual(small.opened, ["zeros", "circular"]);
    const large = await drawn(0);
    assert.deepEqual(large.opened, ["zeros", "circular", "zeros"]);
    assert.deepEqual(large.pixels, small.pixels);
    assert.deepEqual(small.pixels[0], small.pixels[2]);
    assert.notDeepEqual(small.pixels[0], small.pixels[1]);
  });

  it("open again after a base that could not be opened, and what was asked for meanwhile is told so", async () => {
    let tries = 0;
    const painters = new Painters(base, (borders) =>
      ++tries === 1 ? Promise.reject(new Error("no memory")) : Painter.open(base, undefined, undefined, borders),
    );
    await assert.rejects(
      painters.use("zeros", (painter) => painter.paint(request())),
      /no memory/,
    );
    assert.equal((await painters.use("zeros", (painter) => painter.paint(request()))).length, 1);
    await painters.close();
  });
});
