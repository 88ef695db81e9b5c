/**
 * Converts the MobileNetV2 of the npm package `nsfwjs` for `measure-base.ts`. In an empty folder:
 * `npm pack nsfwjs@4.4.0 && tar xzf *.tgz`, then
 * `node lora/recipe/mobilenet-convert.ts --package FOLDER/package --out assets/measure`.
 * The bytes stay as they are; only the layout and the names change, and the classes at the end are left out.
 */
import { createHash } from "node:crypto";
import { copyFileSync, mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { writeSafetensors, type SafetensorsTensor } from "../format/index.ts";
import { recipeErrors } from "./errors.ts";
import type { Quantisation } from "./mobilenet-features.ts";

const SOURCE = "nsfwjs@4.4.0";
const FOLDER = "dist/models/mobilenet_v2";
/** Both files are scripts, so only what they were when this was written is run. */
const FILES: Readonly<Record<string, string>> = {
  "model.min.js": "c32f104fd562b08cdff5ed69dfe1209643afa47e792fb12751d2949aa61a397a",
  "group1-shard1of1.min.js": "ef2e0a63f7d2c4960b37b024b669313f65d3c45cd59e9042636c55b39de53517",
};

interface TheirTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly quantization: { readonly min: number; readonly scale: number; readonly dtype: string };
}

/** Keras's names for the layers, and ours. */
const LAYER_NAMES: readonly (readonly [RegExp, string])[] = [
  [/^(?:Conv1|bn_Conv1)$/, "stem"],
  [/^(?:Conv_1|Conv_1_bn)$/, "head"],
  [/^expanded_conv_(depthwise|project)(?:_BN)?$/, "blocks.0.$1"],
  [/^block_(\d+)_(expand|depthwise|project)(?:_BN)?$/, "blocks.$1.$2"],
];
const PARTS: Readonly<Record<string, string>> = {
  kernel: "weight",
  depthwise_kernel: "weight",
  gamma: "gamma",
  beta: "beta",
  moving_mean: "mean",
  moving_variance: "variance",
};

/** None for the classes at the end. */
function ourName(theirs: string): string | undefined {
  const [layer, part] = theirs.split("/") as [string, string];
  const row = LAYER_NAMES.find(([pattern]) => pattern.test(layer));
  return row && `${layer.replace(row[0], row[1])}.${PARTS[part]}`;
}

/** [kH, kW, in, out] → [out, in, kH, kW]; of a depthwise kernel [kH, kW, channels, 1] → [channels, 1, kH, kW]. */
function toOnnxLayout(bytes: Uint8Array, [kH, kW, third, fourth]: readonly number[], isDepthwise: boolean) {
  const [area, rows, columns] = [kH! * kW!, third!, fourth!];
  const data = new Uint8Array(bytes.length);
  for (let at = 0; at < area; at++)
    for (let i = 0; i < rows; i++)
      for (let o = 0; o < columns; o++) {
        const channel = isDepthwise ? i * columns + o : o * rows + i;
        data[channel * area + at] = bytes[(at * rows + i) * columns + o]!;
      }
  return { shape: isDepthwise ? [rows, columns, kH!, kW!] : [columns, rows, kH!, kW!], data };
}

function convert(manifest: readonly TheirTensor[], bytes: Uint8Array) {
  const tensors: Record<string, SafetensorsTensor> = {};
  const quantisation: Record<string, Quantisation[string]> = {};
  let offset = 0;
  for (const { name, shape, quantization } of manifest) {
    if (quantization.dtype !== "uint8") throw new TypeError(`${name}: expected uint8, got ${quantization.dtype}`);
    const count = shape.reduce((a, b) => a * b, 1);
    const own = bytes.slice(offset, offset + count);
    offset += count;
    const ours = ourName(name);
    if (ours === undefined) continue;
    const isDepthwise = name.endsWith("/depthwise_kernel");
    const laid = shape.length === 4 ? toOnnxLayout(own, shape, isDepthwise) : { shape, data: own };
    tensors[ours] = { dtype: "U8", ...laid };
    quantisation[ours] = [quantization.min, quantization.scale];
  }
  return { tensors, quantisation };
}

const { values: args } = parseArgs({
  options: { package: { type: "string" }, out: { type: "string", default: "assets/measure" } },
});
if (args.package === undefined) throw recipeErrors.MOBILENET_PACKAGE("nothing", SOURCE);
const folder = resolve(args.package, FOLDER);
const sha256: Record<string, string> = {};
for (const [name, expected] of Object.entries(FILES)) {
  sha256[name] = createHash("sha256")
    .update(readFileSync(join(folder, name)))
    .digest("hex");
  if (sha256[name] !== expected) throw recipeErrors.MOBILENET_PACKAGE(`${name} with SHA-256 ${sha256[name]}`, SOURCE);
}
const require = createRequire(import.meta.url);
const { weightsManifest } = require(join(folder, "model.min.js")) as {
  weightsManifest: { weights: TheirTensor[] }[];
};
const base64 = require(join(folder, "group1-shard1of1.min.js")) as string;
const manifest = weightsManifest.flatMap(({ weights }) => weights);
const { tensors, quantisation } = convert(manifest, new Uint8Array(Buffer.from(base64, "base64")));
mkdirSync(args.out, { recursive: true });
writeSafetensors(join(args.out, "nsfwjs-mobilenet-v2.safetensors"), tensors, {
  source: SOURCE,
  sha256: sha256["group1-shard1of1.min.js"]!,
  license: "MIT",
  quantisation: JSON.stringify(quantisation),
});
copyFileSync(join(args.package, "LICENSE"), join(args.out, "LICENSE-nsfwjs"));
