/**
 * What TensorFlow.js makes of one picture with the MobileNetV2 that `measure-base.ts` compares pictures by. In an empty
 * folder: `npm install --legacy-peer-deps --ignore-scripts @tensorflow/tfjs@4.22.0 nsfwjs@4.4.0`, then
 * `node test/golden/measure/make.ts FOLDER/node_modules`.
 */
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { writeSafetensors } from "../../../lora/format/index.ts";

const TENSORFLOW = "4.22.0";
/** A coarse picture of unlike quarters, each pixel 8 × 8: small in the repository, and swapped axes show. */
const [COARSE, TIMES] = [28, 8];
const SIDE = COARSE * TIMES;
const PENULTIMATE = "flatten_1";

interface Model {
  readonly inputs: unknown;
  getLayer(name: string): { readonly output: unknown };
  predict(x: unknown): { data(): Promise<Float32Array<ArrayBuffer>> };
}
/** The few parts of TensorFlow.js that are used here; it is no dependency of this project. */
interface TensorFlow {
  readonly version: { readonly tfjs: string };
  setBackend(name: string): Promise<boolean>;
  tensor(data: Float32Array, shape: readonly number[]): unknown;
  model(parts: { inputs: unknown; outputs: unknown }): Model;
  loadLayersModel(handler: { load: () => Promise<object> }): Promise<Model>;
}

const modules = resolve(process.argv[2] ?? "");
const require = createRequire(import.meta.url);
const tf = require(join(modules, "@tensorflow/tfjs/dist/tf.node.js")) as TensorFlow;
if (tf.version.tfjs !== TENSORFLOW) throw new Error(`expected TensorFlow.js ${TENSORFLOW}, got ${tf.version.tfjs}`);
await tf.setBackend("cpu");

const folder = join(modules, "nsfwjs/dist/models/mobilenet_v2");
const { modelTopology, weightsManifest } = require(join(folder, "model.min.js")) as {
  modelTopology: object;
  weightsManifest: { weights: object[] }[];
};
const weightData = new Uint8Array(Buffer.from(require(join(folder, "group1-shard1of1.min.js")) as string, "base64"))
  .buffer;
const weightSpecs = weightsManifest.flatMap(({ weights }) => weights);
const whole = await tf.loadLayersModel({ load: () => Promise.resolve({ modelTopology, weightSpecs, weightData }) });
const model = tf.model({ inputs: whole.inputs, outputs: whole.getLayer(PENULTIMATE).output });

const coarse = Uint8Array.from({ length: COARSE * COARSE * 3 }, (_, i) => {
  const [c, x, y] = [i % 3, Math.floor(i / 3) % COARSE, Math.floor(i / 3 / COARSE)];
  return 128 + 120 * Math.sin(0.4 * x * (c + 1) + 0.1 * y) * Math.cos(0.25 * y * (3 - c));
});
const pixels = Float32Array.from({ length: SIDE * SIDE * 3 }, (_, i) => {
  const [c, x, y] = [i % 3, Math.floor(i / 3) % SIDE, Math.floor(i / 3 / SIDE)];
  return coarse[3 * (Math.floor(y / TIMES) * COARSE + Math.floor(x / TIMES)) + c]! / 255;
});
const features = await model.predict(tf.tensor(pixels, [1, SIDE, SIDE, 3])).data();
writeSafetensors(fileURLToPath(new URL("mobilenet-v2.safetensors", import.meta.url)), {
  rgb: { dtype: "U8", shape: [COARSE, COARSE, 3], data: coarse },
  features: { dtype: "F32", shape: [features.length], data: features },
});
