import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { openSafetensors, readTensorRaw, writeSafetensors, type SafetensorsTensor } from "../../lora/format/index.ts";
import { Graph, symbol, type FileTensor } from "../../lora/graph/index.ts";
import {
  clipText,
  openStableDiffusion,
  unet,
  vaeDecode,
  type SdPart,
  type StableDiffusion,
} from "../../lora/models/index.ts";
import { sdNames, type SdNameLayout } from "../../lora/models/sd-names.ts";
import { Session } from "../../lora/runtime/index.ts";
import { tempDir } from "../support/temp-dir.ts";
import { closeToScale, goldenPath, openGoldens, openTiny, scopeOf, unetInputs } from "./tiny-stable-diffusion.ts";

const FORWARD = 1e-5;
const parts: readonly SdPart[] = ["unet", "vae", "text_encoder"];
const fileOf: Readonly<Record<SdPart, string>> = {
  unet: "diffusion_pytorch_model",
  vae: "diffusion_pytorch_model",
  text_encoder: "model",
};

const layouts: Readonly<Record<"tiny" | "tiny-v2", SdNameLayout>> = {
  tiny: {
    unet: { layersPerBlock: 2, attention: [true, true, true, false] },
    vae: { layersPerBlock: 2, blocks: 4 },
    text: { tower: "clip", layers: 3 },
  },
  "tiny-v2": {
    unet: { layersPerBlock: 1, attention: [true, true, true, false] },
    vae: { layersPerBlock: 1, blocks: 4 },
    text: { tower: "openclip", layers: 2 },
  },
};

/** The folder's tensors as one file, with the LDM code's names and shapes. */
function writeSingleFile(path: string, variant: "tiny" | "tiny-v2"): void {
  const names = sdNames(layouts[variant]);
  const tensors: Record<string, SafetensorsTensor> = {};
  const stacks = new Map<string, SafetensorsTensor[]>();
  for (const part of parts) {
    const file = openSafetensors(goldenPath(`${variant}/${part}/${fileOf[part]}.safetensors`));
    for (const name of file.tensors.keys()) {
      const tensor = readTensorRaw(file, name);
      const ref = names.toLdm(part, name)!;
      const isConv = ref.name.includes(".mid.attn_1.") && tensor.shape.length === 2;
      const shape = isConv ? [...tensor.shape, 1, 1] : tensor.shape;
      if (!ref.slice) tensors[ref.name] = { ...tensor, shape };
      else {
        const rows = stacks.get(ref.name) ?? [];
        rows[ref.slice.index] = tensor;
        stacks.set(ref.name, rows);
      }
    }
  }
  for (const [name, rows] of stacks) tensors[name] = joinRows(rows);
  // What real files carry besides.
  tensors["betas"] = { dtype: "F64", shape: [2], data: Float64Array.of(0.1, 0.2) };
  tensors["model_ema.decay"] = { dtype: "F32", shape: [], data: Float32Array.of(0.99) };
  writeSafetensors(path, tensors);
}

function joinRows(rows: readonly SafetensorsTensor[]): SafetensorsTensor {
  const [first] = rows as [SafetensorsTensor];
  const data = new Uint16Array(rows.reduce((sum, row) => sum + row.data.length, 0));
  let offset = 0;
  for (const row of rows) {
    data.set(row.data as Uint16Array, offset);
    offset += row.data.length;
  }
  return { dtype: first.dtype, shape: [first.shape[0]! * rows.length, ...first.shape.slice(1)], data };
}

const bytesOf = ({ path, offset, byteLength }: FileTensor) => readFileSync(path).subarray(offset, offset + byteLength);
const sizeOf = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);

for (const variant of ["tiny", "tiny-v2"] as const) {
  describe(`a single-file checkpoint: ${variant}`, () => {
    let single: StableDiffusion;
    let folder: StableDiffusion;
    beforeEach(async () => {
      const path = join(tempDir(), "model.safetensors");
      writeSingleFile(path, variant);
      [single, folder] = await Promise.all([openStableDiffusion(path), openTiny(variant)]);
    });

    it("holds every tensor of the folder, byte for byte, under diffusers' names, and nothing else", () => {
      for (const part of parts) {
        assert.deepEqual([...single.weights[part].keys()].toSorted(), [...folder.weights[part].keys()].toSorted());
        for (const [name, tensor] of folder.weights[part]) {
          const found: FileTensor = single.weights[part].get(name)!;
          assert.equal(sizeOf(found.shape), sizeOf(tensor.shape), name);
          assert.ok(bytesOf(found).equals(bytesOf(tensor)), name);
        }
      }
    });

    it("infers the sizes that a file's shapes tell", () => {
      const { blockOutChannels, crossAttentionDim, layersPerBlock, attentionLevels, useLinearProjection } = folder.unet;
      const expected = { blockOutChannels, crossAttentionDim, layersPerBlock, attentionLevels, useLinearProjection };
      assert.deepEqual({ ...single.unet, ...expected }, single.unet);
      assert.deepEqual(single.vae.blockOutChannels, folder.vae.blockOutChannels);
      assert.equal(single.text.hiddenSize, folder.text.hiddenSize);
      assert.equal(single.text.vocabSize, folder.text.vocabSize);
      assert.equal(single.text.activation, folder.text.activation);
    });

    it("gives the folder's outputs", async () => {
      const goldens = openGoldens(variant === "tiny" ? "goldens.safetensors" : "goldens-v2.safetensors");
      const graph = new Graph();
      const tokens = graph.input("tokens", "int64", [symbol("n"), 77]);
      const latents = graph.input("latents", "float32", [symbol("n"), 4, symbol("rows"), symbol("columns")]);
      // Heads and groups cannot be read off a file, and the tiny model's are not the published models'.
      const session = await Session.open({
        prediction: unet(scopeOf(graph, single, "unet"), unetInputs(graph, folder), folder.unet),
        text: clipText(scopeOf(graph, single, "text_encoder"), tokens, folder.text),
        decoded: vaeDecode(scopeOf(graph, single, "vae"), latents, folder.vae),
      });
      const sample = goldens.floats("unet16x16/latents");
      const results = await session.run({
        sample,
        latents: sample,
        timestep: goldens.asFloats("unet16x16/timesteps"),
        textEmbeddings: goldens.floats("unet16x16/embeddings"),
        tokens: goldens.tensor("text/ids"),
      });
      await session.close();
      closeToScale(results.prediction, goldens.floats("unet16x16/output"), FORWARD, "prediction");
      closeToScale(results.text, goldens.floats("text/last"), FORWARD, "text");
      assert.ok((results.decoded.data as Float32Array).every(Number.isFinite));
    });
  });
}
