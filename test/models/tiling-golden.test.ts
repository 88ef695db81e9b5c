import assert from "node:assert/strict";
import { Graph, symbol } from "../../lora/graph/index.ts";
import { clipText, unet, vaeDecode } from "../../lora/models/index.ts";
import { Scope, type LayerAdapter, type AdapterSite } from "../../lora/nn/index.ts";
import { Session, type HostTensor } from "../../lora/runtime/index.ts";
import { closeToScale, openGoldens, openTiny, scopeOf, unetInputs } from "./tiny-stable-diffusion.ts";
import { AdapterInputs } from "./tiny-training.ts";

/** float32 against float64, as a fraction of the largest value. */
const FORWARD = 1e-5;

const circular = (scope: Scope): Scope => new Scope(scope.source, scope.path, "circular");

/** Rows of [N, C, H, W] moved down and columns moved right, around the border. */
function rolled({ data, dims }: HostTensor, down: number, right: number): HostTensor & { data: Float32Array } {
  const [, , h, w] = dims as [number, number, number, number];
  const out = new Float32Array(data.length);
  for (let i = 0; i < out.length; i++) {
    const [plane, y, x] = [Math.floor(i / (h * w)), Math.floor(i / w) % h, i % w];
    out[plane * h * w + ((y + down) % h) * w + ((x + right) % w)] = Number(data[i]);
  }
  return { data: out, dims };
}

describe("circular padding against diffusers", () => {
  const goldens = openGoldens("goldens.safetensors");
  const tiling = openGoldens("tiling.safetensors");
  const feeds = (size: string) => ({
    sample: goldens.floats(`${size}/latents`),
    timestep: goldens.asFloats(`${size}/timesteps`),
    textEmbeddings: goldens.floats(`${size}/embeddings`),
  });

  it("UNet at two sizes, and what it draws moves with its latents around the border", async () => {
    const base = await openTiny("tiny");
    const graph = new Graph();
    const inputs = unetInputs(graph, base);
    const session = await Session.open({ output: unet(circular(scopeOf(graph, base, "unet")), inputs, base.unet) });
    for (const size of ["unet16x16", "unet8x24"]) {
      const { output } = await session.run(feeds(size));
      closeToScale(output, tiling.floats(`${size}/output`), FORWARD, size);
    }
    // The coarsest of four levels has one position for eight.
    const sample = rolled(goldens.floats("unet16x16/latents"), 8, 8);
    const { output } = await session.run({ ...feeds("unet16x16"), sample });
    closeToScale(output, rolled(tiling.floats("unet16x16/output"), 8, 8), FORWARD, "moved");
    await session.close();
  });

  it("UNet with adapters on every kind of layer", async () => {
    const base = await openTiny("tiny");
    const graph = new Graph();
    const adapters = new AdapterInputs(graph, goldens, "everything/initial");
    const scoped = (part: "unet" | "text_encoder", scale: number): Scope =>
      scopeOf(graph, base, part, adapters.of(part, scale) as (site: AdapterSite) => LayerAdapter | undefined);
    const tokens = graph.input("tokens", "int64", [symbol("n"), 77]);
    const textEmbeddings = clipText(scoped("text_encoder", 1), tokens, base.text);
    const inputs = { ...unetInputs(graph, base), textEmbeddings };
    const session = await Session.open({ output: unet(circular(scoped("unet", 2)), inputs, base.unet) });
    const { sample, timestep } = feeds("unet16x16");
    const tokenIds = goldens.tensor("text/ids");
    const { output } = await session.run({ ...adapters.feeds, sample, timestep, tokens: tokenIds });
    closeToScale(output, tiling.floats("everything/output"), FORWARD, "adapted");
    await session.close();
  });

  it("VAE decoder", async () => {
    const base = await openTiny("tiny");
    const graph = new Graph();
    const latents = graph.input("latents", "float32", [symbol("n"), base.vae.latentChannels, symbol("h"), symbol("w")]);
    const decoded = vaeDecode(circular(scopeOf(graph, base, "vae")), latents, base.vae);
    const session = await Session.open({ decoded });
    const results = await session.run({ latents: goldens.floats("vae/latents") });
    closeToScale(results.decoded, tiling.floats("vae/decoded"), FORWARD, "decoded");
    assert.throws(
      () => closeToScale(results.decoded, goldens.floats("vae/decoded"), 0.01, "zeros"),
      "it differs from zeros",
    );
    await session.close();
  });
});
