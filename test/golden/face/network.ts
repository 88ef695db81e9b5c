/** Weights and a picture for the face network that any machine can make: nothing of the real network is in the repository. */
import type { PackedWeights } from "../../../lora/recipe/face-descriptor-package.ts";

const BLOCKS = [
  ["conv32_1", 32, 32],
  ["conv32_2", 32, 32],
  ["conv32_3", 32, 32],
  ["conv64_down", 32, 64],
  ["conv64_1", 64, 64],
  ["conv64_2", 64, 64],
  ["conv64_3", 64, 64],
  ["conv128_down", 64, 128],
  ["conv128_1", 128, 128],
  ["conv128_2", 128, 128],
  ["conv256_down", 128, 256],
  ["conv256_1", 256, 256],
  ["conv256_2", 256, 256],
  ["conv256_down_out", 256, 256],
] as const;

/** The linear congruence of Numerical Recipes; its high bits are good enough, and five million of them quick. */
function byteSource(): () => number {
  let state = 1;
  return () => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) >>> 24;
}

/** Random bytes with scales that keep every stage at about the same size; the filters of one block are floats, as in the package. */
export function randomFaceWeights(): PackedWeights {
  const nextByte = byteSource();
  const weights: object[] = [];
  const pieces: Buffer[] = [];
  const add = (name: string, shape: readonly number[], low: number, high: number, isFloat = false): void => {
    const count = shape.reduce((a, b) => a * b, 1);
    const scale = (high - low) / 255;
    const bytes = Buffer.from(Uint8Array.from({ length: count }, nextByte));
    if (isFloat) pieces.push(Buffer.from(Float32Array.from(bytes, (byte) => byte * scale + low).buffer));
    else pieces.push(bytes);
    const quantization = isFloat ? {} : { quantization: { dtype: "uint8", scale, min: low } };
    weights.push({ name, shape, dtype: "float32", ...quantization });
  };
  const addConv = (name: string, kernel: number, inSize: number, outSize: number, isFloat = false): void => {
    const bound = Math.sqrt(3 / (kernel * kernel * inSize));
    add(`${name}/conv/filters`, [kernel, kernel, inSize, outSize], -bound, bound, isFloat);
    add(`${name}/conv/bias`, [outSize], -0.1, 0.1);
    add(`${name}/scale/weights`, [outSize], 0.5, 1);
    add(`${name}/scale/biases`, [outSize], -0.2, 0.2);
  };
  addConv("conv32_down", 7, 3, 32);
  for (const [name, inSize, outSize] of BLOCKS) {
    addConv(`${name}/conv1`, 3, inSize, outSize, name === "conv64_1");
    addConv(`${name}/conv2`, 3, outSize, outSize, name === "conv64_1");
  }
  add("fc", [256, 128], -0.1, 0.1);
  return { manifest: Buffer.from(JSON.stringify([{ weights }])), bytes: Buffer.concat(pieces) };
}

/** RGB bytes [150, 150, 3]: smooth in x, another in y, so that swapped axes show. */
export function testFace(): Uint8Array {
  const side = 150;
  return Uint8Array.from({ length: side * side * 3 }, (_, i) => {
    const [c, p] = [i % 3, Math.floor(i / 3)];
    const [x, y] = [(p % side) / side, Math.floor(p / side) / side];
    return Math.floor(127.5 * (1 + Math.sin(9 * x + c) * Math.cos(5 * y * y + 2 * c)));
  });
}
