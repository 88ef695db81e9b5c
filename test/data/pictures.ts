import sharp, { type Sharp } from "sharp";
import { seededRandom } from "../../lora/data/random.ts";

/** A picture with detail at every scale, like a photograph's: blocks of 64 down to 1 pixel, grey or coloured. */
export function drawPicture(seed: number, width = 256, height = 256, channels: 1 | 3 = 3): Sharp {
  const random = seededRandom(seed);
  const pixels = new Uint8Array(width * height * channels);
  const layers = [64, 32, 16, 8, 4, 2, 1].map((side) => {
    const across = Math.ceil(width / side);
    const values = Float64Array.from({ length: across * Math.ceil(height / side) * channels }, () => random() - 0.5);
    return { side, across, values };
  });
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let c = 0; c < channels; c++) {
        let value = 128;
        for (const { side, across, values } of layers) {
          const block = Math.floor(y / side) * across + Math.floor(x / side);
          value += values[block * channels + c]! * 20 * Math.sqrt(side);
        }
        pixels[(y * width + x) * channels + c] = Math.max(0, Math.min(255, Math.round(value)));
      }
    }
  }
  return sharp(pixels, { raw: { width, height, channels } });
}

/** One colour. */
export const drawPlain = (width: number, height: number, background: string): Sharp =>
  sharp({ create: { width, height, channels: 3, background } });
