/**
 * What TensorFlow.js makes of one small picture with the network that `animula upscale` uses. In an empty folder:
 * `npm install --legacy-peer-deps --ignore-scripts @tensorflow/tfjs@4.22.0 @upscalerjs/esrgan-medium@1.0.0`, then
 * `node test/golden/upscale/make.ts FOLDER/node_modules`.
 */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import sharp from "sharp";
import { writeSafetensors } from "../../../lora/format/index.ts";
import { portrait } from "../../../lora/recipe/portraits.ts";

const TENSORFLOW = "4.22.0";
const MODEL = "@upscalerjs/esrgan-medium";
/** Not square, so that swapped axes show. */
const [WIDTH, HEIGHT, SCALE] = [20, 16, 4];

/** The few parts of TensorFlow.js that are used here; it is no dependency of this project. */
interface TensorFlow {
  readonly version: { readonly tfjs: string };
  setBackend(name: string): Promise<boolean>;
  tensor(data: Float32Array, shape: readonly number[]): unknown;
  transpose(
    x: unknown,
    perm: readonly number[],
  ): { data(): Promise<Float32Array<ArrayBuffer>>; readonly shape: number[] };
  loadLayersModel(handler: { load: () => Promise<object> }): Promise<{ predict(x: unknown): unknown }>;
}

const modules = process.argv[2] ?? "";
const tf = createRequire(import.meta.url)(join(modules, "@tensorflow/tfjs/dist/tf.node.js")) as TensorFlow;
if (tf.version.tfjs !== TENSORFLOW) throw new Error(`expected TensorFlow.js ${TENSORFLOW}, got ${tf.version.tfjs}`);
await tf.setBackend("cpu");

const folder = join(modules, MODEL, "models/x4");
const { modelTopology, weightsManifest } = JSON.parse(readFileSync(join(folder, "model.json"), "utf8")) as {
  modelTopology: object;
  weightsManifest: { weights: object[] }[];
};
const weightData = new Uint8Array(readFileSync(join(folder, "group1-shard1of1.bin"))).buffer;
const weightSpecs = weightsManifest.flatMap(({ weights }) => weights);
const model = await tf.loadLayersModel({ load: () => Promise.resolve({ modelTopology, weightSpecs, weightData }) });

// The face only, so that there is something in every corner.
const face = sharp(Buffer.from(portrait(3, "validation").svg))
  .resize(48, 48)
  .removeAlpha();
const { data } = await face
  .extract({ left: 14, top: 10, width: WIDTH, height: HEIGHT })
  .raw()
  .toBuffer({ resolveWithObject: true });
const channelsLast = tf.tensor(Float32Array.from(data), [1, HEIGHT, WIDTH, 3]);
const result = tf.transpose(model.predict(channelsLast), [0, 3, 1, 2]);
writeSafetensors(fileURLToPath(new URL("esrgan-medium-x4.safetensors", import.meta.url)), {
  rgb: { dtype: "U8", shape: [HEIGHT, WIDTH, 3], data: new Uint8Array(data) },
  upscaled: { dtype: "F32", shape: [1, 3, SCALE * HEIGHT, SCALE * WIDTH], data: await result.data() },
});
