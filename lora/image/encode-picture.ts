import sharp from "sharp";
import type { Picture } from "./upscaler.ts";

/** A picture as PNG, with its transparency if it has any. */
export function encodePicture({ rgb, alpha, width, height }: Picture): Promise<Buffer> {
  const size = { width, height };
  const limitInputPixels = false;
  const colours = sharp(rgb, { raw: { ...size, channels: 3 }, limitInputPixels });
  const whole = alpha
    ? colours.joinChannel(Buffer.from(alpha.buffer, alpha.byteOffset, alpha.length), { raw: { ...size, channels: 1 } })
    : colours;
  return whole.png().toBuffer();
}
