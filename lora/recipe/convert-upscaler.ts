/**
 * Converts a network of the UpscalerJS project for `animula upscale`. In an empty folder:
 * `npm pack @upscalerjs/esrgan-medium@1.0.0 && tar xzf *.tgz`, then
 * `node lora/recipe/convert-upscaler.ts --package FOLDER/package --out assets/upscale`.
 */
import { createHash } from "node:crypto";
import { copyFileSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { writeSafetensors, type SafetensorsTensor } from "../format/index.ts";
import { recipeErrors } from "./errors.ts";

/** What the conversion was written for and tested with; another file under the same name is not converted. */
const SOURCES: Readonly<Record<string, string>> = {
  "@upscalerjs/esrgan-slim@1.0.0": "82637daaf3ba024df5e9da2389e8992e7a6e8a992ba6268ce6bc490c92e9516e",
  "@upscalerjs/esrgan-medium@1.0.0": "ed791214e78e498dd42ce5da0e16b78a1047732e5d99467aaead2a90cb566a69",
};
const SCALE = 4;

interface Tensor {
  readonly shape: readonly number[];
  readonly data: Float32Array<ArrayBuffer>;
}
type Layer = { readonly weight: Tensor; readonly bias: Tensor };

/** Their names for the layers (those of the RDN paper), and ours. */
const LAYER_NAMES: readonly (readonly [RegExp, string])[] = [
  [/^F_m1$/, "shallow.0"],
  [/^F_0$/, "shallow.1"],
  [/^F_(\d+)_1$/, "blocks.#.dense"],
  [/^LFF_(\d+)$/, "blocks.#.fuse"],
  [/^GFF_1$/, "fuse.0"],
  [/^GFF_2$/, "fuse.1"],
  [/^UPN1$/, "up.0"],
  [/^UPN2$/, "up.1"],
  [/^UPN3$/, "up.2"],
  [/^SR$/, "pixels"],
];

function ourName(theirs: string): string {
  for (const [pattern, ours] of LAYER_NAMES) {
    const match = pattern.exec(theirs);
    if (match) return ours.replace("#", String(Number(match[1]) - 1));
  }
  throw new RangeError(`no layer ${theirs} is known in this kind of network`);
}

/** Every tensor of a TensorFlow.js layers model, by name. */
function readTensors(manifest: Buffer, bytes: Buffer): Map<string, Tensor> {
  const { weightsManifest } = JSON.parse(manifest.toString("utf8")) as {
    weightsManifest: { weights: { name: string; shape: number[]; dtype: string }[] }[];
  };
  const tensors = new Map<string, Tensor>();
  let offset = 0;
  for (const { name, shape, dtype } of weightsManifest.flatMap(({ weights }) => weights)) {
    const count = shape.reduce((a, b) => a * b, 1);
    if (dtype !== "float32") throw new TypeError(`${name}: expected float32, got ${dtype}`);
    tensors.set(name, {
      shape,
      data: Float32Array.from({ length: count }, (_, i) => bytes.readFloatLE(offset + 4 * i)),
    });
    offset += 4 * count;
  }
  return tensors;
}

/** [kH, kW, in, out] → [out, in, kH, kW] */
function toOnnxLayout({ shape, data }: Tensor): Tensor {
  const [kH, kW, inSize, outSize] = shape as [number, number, number, number];
  const out = new Float32Array(data.length);
  for (let at = 0; at < kH * kW; at++)
    for (let i = 0; i < inSize; i++)
      for (let o = 0; o < outSize; o++) out[(o * inSize + i) * kH * kW + at] = data[(at * inSize + i) * outSize + o]!;
  return { shape: [outSize, inSize, kH, kW], data: out };
}

/**
 * "Repeat each pixel 4×4, then convolve 3×3" as one convolution before the repeating, with 4·4 outputs per colour that are
 * then laid side by side. The taps of a fine pixel fall on at most two coarse ones a side: tap d of sub-pixel i reads coarse
 * pixel ⌊(i + d) / 4⌋, so the weights that meet are summed. Zeros outside the picture stay zeros.
 * @param layer weight [3, in, 3, 3] → [3·4·4, in, 3, 3]
 */
function beforeRepeating({ weight, bias }: Layer): Layer {
  const [colours, inSize] = weight.shape as [number, number];
  const taps = [-1, 0, 1];
  const data = new Float64Array(colours * SCALE * SCALE * inSize * 9);
  const coarse = (sub: number, tap: number): number => Math.floor((sub + tap) / SCALE) + 1;
  for (let o = 0; o < colours * SCALE * SCALE; o++) {
    const [colour, y, x] = [Math.floor(o / (SCALE * SCALE)), Math.floor(o / SCALE) % SCALE, o % SCALE];
    for (let i = 0; i < inSize; i++)
      for (const down of taps)
        for (const across of taps)
          data[(o * inSize + i) * 9 + coarse(y, down) * 3 + coarse(x, across)]! +=
            weight.data[(colour * inSize + i) * 9 + (down + 1) * 3 + across + 1]!;
  }
  const offsets = Float32Array.from(
    { length: colours * SCALE * SCALE },
    (_, o) => bias.data[Math.floor(o / SCALE ** 2)]!,
  );
  return {
    weight: { shape: [colours * SCALE * SCALE, inSize, 3, 3], data: Float32Array.from(data) },
    bias: { shape: [offsets.length], data: offsets },
  };
}

function convert(tensors: ReadonlyMap<string, Tensor>): Record<string, SafetensorsTensor> {
  const converted: Record<string, SafetensorsTensor> = {};
  for (const [name, kernel] of tensors) {
    if (!name.endsWith("/kernel")) continue;
    const theirs = name.slice(0, -"/kernel".length);
    const ours = ourName(theirs);
    const plain: Layer = { weight: toOnnxLayout(kernel), bias: tensors.get(`${theirs}/bias`)! };
    const { weight, bias } = ours === "pixels" ? beforeRepeating(plain) : plain;
    converted[`${ours}.weight`] = { dtype: "F32", ...weight };
    converted[`${ours}.bias`] = { dtype: "F32", ...bias };
  }
  return converted;
}

const { values: args } = parseArgs({
  options: { package: { type: "string" }, out: { type: "string", default: "assets/upscale" } },
});
if (args.package === undefined) throw recipeErrors.UPSCALER_PACKAGE("nothing", Object.keys(SOURCES).join(" or "));
const packed = JSON.parse(readFileSync(join(args.package, "package.json"), "utf8")) as {
  name: string;
  version: string;
};
const source = `${packed.name}@${packed.version}`;
const bytes = readFileSync(join(args.package, "models/x4/group1-shard1of1.bin"));
const sha256 = createHash("sha256").update(bytes).digest("hex");
if (SOURCES[source] !== sha256)
  throw recipeErrors.UPSCALER_PACKAGE(`${source} with weights ${sha256}`, Object.keys(SOURCES).join(" or "));
mkdirSync(args.out, { recursive: true });
const tensors = convert(readTensors(readFileSync(join(args.package, "models/x4/model.json")), bytes));
const name = packed.name.split("/")[1]!;
writeSafetensors(join(args.out, `${name}-x4.safetensors`), tensors, { source, sha256, license: "MIT" });
copyFileSync(join(args.package, "LICENSE"), join(args.out, "LICENSE"));
