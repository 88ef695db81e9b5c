import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import {
  cachedFaceWeights,
  faceWeights,
  untar,
  type PackedWeights,
} from "../../lora/recipe/face-descriptor-package.ts";
import { faceParameters, FaceNetwork } from "../../lora/recipe/face-descriptor.ts";
import { randomFaceWeights, testFace } from "../golden/face/network.ts";
import { tempDir } from "../support/temp-dir.ts";

const golden = JSON.parse(readFileSync(resolve(import.meta.dirname, "../golden/face/descriptors.json"), "utf8")) as {
  random: number[];
  published: number[];
};

const random = randomFaceWeights();

async function worstDifference(weights: PackedWeights, expected: readonly number[]): Promise<number> {
  const network = await FaceNetwork.open(weights);
  const got = await network.describe(testFace());
  await network.close();
  assert.equal(got.length, expected.length);
  return got.reduce((worst, value, i) => Math.max(worst, Math.abs(value - expected[i]!)), 0);
}

describe("face descriptors", () => {
  it("are those of the package for weights of its form", async () => {
    // Sums of up to 2,304 products in float32, through 29 layers.
    assert.ok((await worstDifference(random, golden.random)) < 2e-5);
  });

  it("are those of the package for its own weights", async function () {
    const weights = cachedFaceWeights();
    if (weights === undefined) return this.skip(); // until a measurement has fetched them
    assert.ok((await worstDifference(weights, golden.published)) < 2e-6);
  });

  it("look at the part of the picture that the crop names", async () => {
    const network = await FaceNetwork.open(random);
    const face = testFace();
    const framed = new Uint8Array(300 * 300 * 3).fill(255);
    for (let y = 0; y < 150; y++) framed.set(face.subarray(y * 450, (y + 1) * 450), ((y + 75) * 300 + 30) * 3);
    assert.deepEqual(await network.describe(framed, { left: 0.1, top: 0.25, side: 0.5 }), await network.describe(face));
    assert.notDeepEqual(await network.describe(framed), await network.describe(face));
    await network.close();
  });

  it("are not made of bytes that the manifest does not tell of", () => {
    const { manifest, bytes } = random;
    assert.throws(() => faceParameters({ manifest, bytes: bytes.subarray(1) }), RangeError);
  });
});

/** A tar archive of one file. */
function tarOf(name: string, contents: string): Buffer {
  const header = Buffer.alloc(512);
  header.write(name, 0);
  header.write(contents.length.toString(8).padStart(11, "0"), 124);
  header.write("0", 156);
  const body = Buffer.alloc(512 * Math.ceil(contents.length / 512));
  body.write(contents);
  return Buffer.concat([header, body]);
}

describe("the face package", () => {
  it("is unpacked", () => {
    const files = untar(Buffer.concat([tarOf("a", "first"), tarOf("b/c", "x".repeat(600)), Buffer.alloc(1024)]));
    assert.deepEqual([...files.keys()], ["a", "b/c"]);
    assert.equal(files.get("a")!.toString(), "first");
    assert.equal(files.get("b/c")!.length, 600);
  });

  it("is refused when it is not what was published, or cannot be fetched", async () => {
    const folder = join(tempDir(), "weights");
    const wrong = async (into: string): Promise<void> => writeFileSync(join(into, "face.tgz"), "something else");
    await assert.rejects(faceWeights({ folder, fetchPackage: wrong }), { code: "FACE_PACKAGE" });
    const down = (): Promise<void> => Promise.reject(new Error("ENOTFOUND"));
    await assert.rejects(faceWeights({ folder, fetchPackage: down }), /ENOTFOUND.*registry/s);
    assert.equal(cachedFaceWeights(folder), undefined);
  });

  it("is fetched again when what is kept was changed", () => {
    const folder = tempDir();
    writeFileSync(join(folder, "face_recognition_model.bin"), "broken");
    writeFileSync(join(folder, "face_recognition_model-weights_manifest.json"), "[]");
    assert.equal(cachedFaceWeights(folder), undefined);
  });
});
