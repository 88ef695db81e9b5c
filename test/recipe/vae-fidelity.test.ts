import assert from "node:assert/strict";
import { join } from "node:path";
import { openStableDiffusion } from "../../lora/models/index.ts";
import { fidelitySets, measureFidelity, openBaseGiveBack } from "../../lora/recipe/vae-fidelity.ts";
import { closeTo } from "../support/close-to.ts";

const BYTES = 128 * 128 * 3;
const grey = async () => new Uint8Array(BYTES).fill(100);

describe("fidelity of a VAE", () => {
  it("is 20·log₁₀(255 / error) dB and the cast of each channel", async () => {
    const shifted = async (rgb: Uint8Array) => rgb.map((level, i) => level + [3, 0, -5][i % 3]!);
    const { psnr, cast } = await measureFidelity(shifted, grey, 2);
    closeTo([psnr], [20 * Math.log10(255 / Math.sqrt((9 + 25) / 3))], { rtol: 1e-12 });
    assert.deepEqual(cast, [3, 0, -5]);
  });

  it("averages the squares over all pictures, not the decibels", async () => {
    let pictures = 0;
    const firstOff = async (rgb: Uint8Array) => (pictures++ === 0 ? rgb.map((level) => level + 8) : rgb);
    const { psnr } = await measureFidelity(firstOff, grey, 4);
    assert.equal(pictures, 4);
    closeTo([psnr], [10 * Math.log10((255 ** 2 * 4) / 64)], { rtol: 1e-12 });
  });

  it("of the embedded base is above that of a plain grey, and shows pairs", async () => {
    const base = await openStableDiffusion(join(import.meta.dirname, "../../assets/base/mini-sd"));
    const vae = await openBaseGiveBack(base, { threads: 1 });
    const draw = fidelitySets["textures, held out"];
    const shown: Uint8Array[] = [];
    const own = await measureFidelity(vae.giveBack, draw, 2, (original) => shown.push(original));
    await vae.close();
    const flat = await measureFidelity(async (rgb) => rgb.map(() => 128), draw, 2);
    assert.ok(own.psnr > flat.psnr + 3, `${own.psnr} ${flat.psnr}`);
    assert.deepEqual(shown, [await draw(0), await draw(1)]);
  });
});
