import assert from "node:assert/strict";
import { Graph, symbol } from "../../lora/graph/index.ts";
import { clipText, unet, vaeDecode, vaeEncode } from "../../lora/models/index.ts";
import { createSampler, NoiseSchedule } from "../../lora/diffusion/index.ts";
import { Session, type HostTensor } from "../../lora/runtime/index.ts";
import { closeToScale, openGoldens, openTiny, scopeOf, unetInputs, type Goldens } from "./tiny-stable-diffusion.ts";

/** float32 against float64, as a fraction of the largest value; also the float32 sinusoid of the timestep in diffusers. */
const FORWARD = 1e-5;
/** Ten steps with guidance 7.5 amplify the rounding of each. */
const TRAJECTORY = 1e-4;
const GUIDANCE_SCALE = 7.5;

const sizeOf = (dims: readonly number[]) => dims.reduce((a, b) => a * b, 1);

async function openUnet(variant: "tiny" | "tiny-v2"): Promise<Session<"output">> {
  const base = await openTiny(variant);
  const graph = new Graph();
  return Session.open({ output: unet(scopeOf(graph, base, "unet"), unetInputs(graph, base), base.unet) });
}

/** [11, …] latents of the golden's trajectory, by our sampler and network. */
async function runTrajectory(
  session: Session<"output">,
  samplerId: "ddim" | "euler",
  goldens: Goldens,
  config: object,
) {
  const schedule = new NoiseSchedule(config);
  const golden = goldens.floats(`${samplerId}/latents`);
  const sampler = createSampler(samplerId, schedule, golden.dims[0]! - 1);
  assert.deepEqual([...sampler.timesteps], [...goldens.floats(`${samplerId}/timesteps`).data]);
  const dims = golden.dims.slice(1);
  const predict = async (sample: Float32Array, timestep: number, textEmbeddings: HostTensor) => {
    const feeds = {
      sample: { data: sample, dims },
      timestep: { data: Float32Array.of(timestep), dims: [1] },
      textEmbeddings,
    };
    return (await session.run(feeds)).output.data as Float32Array;
  };
  let latents: Float32Array = goldens.floats("trajectory/noise").data.map((value) => value * sampler.initNoiseSigma);
  const states = [latents];
  for (const [i, timestep] of sampler.timesteps.entries()) {
    const scaled = sampler.scaleInput(latents, i);
    const plain = await predict(scaled, timestep, goldens.floats("trajectory/uncond"));
    const guided = await predict(scaled, timestep, goldens.floats("trajectory/cond"));
    const mixed = plain.map((value, at) => value + GUIDANCE_SCALE * (guided[at]! - value));
    latents = sampler.step(latents, mixed, i);
    states.push(latents);
  }
  return { states, golden, stateSize: sizeOf(dims), dims };
}

for (const [variant, goldenFile] of [
  ["tiny", "goldens.safetensors"],
  ["tiny-v2", "goldens-v2.safetensors"],
] as const) {
  describe(`Stable Diffusion against diffusers: ${variant}`, () => {
    const goldens = openGoldens(goldenFile);

    it("tokenises the prompts as transformers does", async () => {
      const { tokenizer } = await openTiny(variant);
      const ids = goldens.tensor("text/ids");
      const prompts = ["a portrait of an old woman, painted in warm evening light", ""];
      const given = prompts.flatMap((prompt) => [...tokenizer.encode(prompt)]);
      assert.deepEqual(given.map(Number), [...ids.data].map(Number));
    });

    it("text embeddings, of the last layer and the last but one", async () => {
      const base = await openTiny(variant);
      const graph = new Graph();
      const tokens = graph.input("tokens", "int64", [symbol("n"), 77]);
      const session = await Session.open({
        last: clipText(scopeOf(graph, base, "text_encoder"), tokens, base.text),
        penultimate: clipText(scopeOf(graph, base, "text_encoder"), tokens, base.text, 1),
      });
      const results = await session.run({ tokens: goldens.tensor("text/ids") });
      closeToScale(results.last, goldens.floats("text/last"), FORWARD, "last");
      closeToScale(results.penultimate, goldens.floats("text/penultimate"), FORWARD, "penultimate");
    });

    it("UNet, two sizes, a batch with different timesteps", async () => {
      const session = await openUnet(variant);
      for (const size of ["unet16x16", "unet8x24"]) {
        const { output } = await session.run({
          sample: goldens.floats(`${size}/latents`),
          timestep: goldens.asFloats(`${size}/timesteps`),
          textEmbeddings: goldens.floats(`${size}/embeddings`),
        });
        assert.deepEqual(output.dims, goldens.floats(`${size}/output`).dims);
        closeToScale(output, goldens.floats(`${size}/output`), FORWARD, size);
      }
    });

    for (const samplerId of ["ddim", "euler"] as const) {
      it(`ten steps of ${samplerId}`, async () => {
        const { scheduler } = await openTiny(variant);
        const session = await openUnet(variant);
        const { states, golden, stateSize, dims } = await runTrajectory(session, samplerId, goldens, scheduler);
        for (const [i, data] of states.entries()) {
          const expected = { data: golden.data.subarray(i * stateSize, (i + 1) * stateSize), dims };
          closeToScale({ data, dims }, expected, TRAJECTORY, `latents ${i}`);
        }
      });
    }
  });
}

describe("VAE against diffusers", () => {
  const goldens = openGoldens("goldens.safetensors");

  it("encodes to mean and log-variance, and decodes", async () => {
    const base = await openTiny("tiny");
    const graph = new Graph();
    const [n, h, w] = [symbol("n"), symbol("h"), symbol("w")];
    const scope = scopeOf(graph, base, "vae");
    const { factor } = base;
    const pixels = [symbol("H", factor), symbol("W", factor)] as const;
    const image = graph.input("image", "float32", [n, 3, ...pixels]);
    const latents = graph.input("latents", "float32", [n, base.vae.latentChannels, h, w]);
    const { mean, logVariance } = vaeEncode(scope, image, base.vae);
    const session = await Session.open({ mean, logVariance, decoded: vaeDecode(scope, latents, base.vae) });
    const results = await session.run({ image: goldens.floats("vae/image"), latents: goldens.floats("vae/latents") });
    closeToScale(results.mean, goldens.floats("vae/mean"), FORWARD, "mean");
    closeToScale(results.logVariance, goldens.floats("vae/logvar"), FORWARD, "log-variance");
    closeToScale(results.decoded, goldens.floats("vae/decoded"), FORWARD, "decoded");
  });
});
