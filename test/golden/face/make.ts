/**
 * What `@vladmandic/face-api` itself makes of one picture, with its own weights and with those of `network.ts`. In an
 * empty folder: `npm pack @vladmandic/face-api@1.7.15 && tar xzf *.tgz`, then `node test/golden/face/make.ts FOLDER/package`.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { randomFaceWeights, testFace } from "./network.ts";

const FACE_API = "1.7.15";
interface Tensors {
  setBackend(name: string): Promise<boolean>;
  tensor3d(data: Uint8Array, shape: readonly number[], dtype: string): unknown;
  readonly io: {
    decodeWeights(bytes: ArrayBuffer, specs: readonly object[]): Record<string, unknown>;
  };
}
interface FaceNet {
  loadFromWeightMap(map: Record<string, unknown>): void;
  computeFaceDescriptor(input: unknown): Promise<Float32Array>;
}
interface FaceApi {
  readonly tf: Tensors;
  readonly version: string;
  readonly FaceRecognitionNet: new () => FaceNet;
}

const folder = resolve(process.argv[2] ?? "");
// Its bundle leaves out what it needs of Node, and asks for a page.
Object.assign(globalThis, { window: globalThis, document: {} });
const faceApi = (await import(pathToFileURL(join(folder, "dist/face-api.esm.js")).href)) as FaceApi;
if (faceApi.version !== FACE_API) throw new Error(`expected face-api ${FACE_API}, got ${faceApi.version}`);
await faceApi.tf.setBackend("cpu");

async function descriptorOf(manifest: Buffer, bytes: Buffer): Promise<number[]> {
  const specs = (JSON.parse(manifest.toString("utf8")) as { weights: object[] }[]).flatMap(({ weights }) => weights);
  const net = new faceApi.FaceRecognitionNet();
  net.loadFromWeightMap(faceApi.tf.io.decodeWeights(new Uint8Array(bytes).buffer, specs));
  return [...(await net.computeFaceDescriptor(faceApi.tf.tensor3d(testFace(), [150, 150, 3], "int32")))];
}

const model = (name: string): Buffer => readFileSync(join(folder, "model", name));
const random = randomFaceWeights();
const descriptors = {
  random: await descriptorOf(random.manifest, random.bytes),
  published: await descriptorOf(
    model("face_recognition_model-weights_manifest.json"),
    model("face_recognition_model.bin"),
  ),
};
writeFileSync(
  fileURLToPath(new URL("descriptors.json", import.meta.url)),
  `${JSON.stringify(descriptors, (_, value: unknown) => (typeof value === "number" ? Number(value.toPrecision(8)) : value))}\n`,
);
