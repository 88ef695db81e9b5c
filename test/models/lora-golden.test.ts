import assert from "node:assert/strict";
import { Graph, gradients, symbol, type Value } from "../../lora/graph/index.ts";
import { clipText, unet, type StableDiffusion } from "../../lora/models/index.ts";
import { Session } from "../../lora/runtime/index.ts";
import { closeTo } from "../support/close-to.ts";
import { closeToScale, openGoldens, openTiny, scopeOf, unetInputs } from "./tiny-stable-diffusion.ts";
import { AdapterInputs, meanSquaredError, trainingFeeds } from "./tiny-training.ts";

/** float32 against float64, as a fraction of the largest value. */
const FORWARD = 1e-5;
/** Of the largest gradient of the same matrix. */
const GRADIENT = 1e-4;

/**
 * Adapters on every kind of layer of the UNet (alpha = 2 · rank) and of the text encoder (alpha = rank), the text encoder
 * inside the graph: loss, prediction and the gradient of every matrix.
 */
describe("LoRA on every kind of layer, and on the text encoder, against PEFT", () => {
  const goldens = openGoldens("goldens.safetensors");
  let base: StableDiffusion;
  let session: Session;
  let adapters: AdapterInputs;

  before(async function () {
    this.timeout(240_000);
    base = await openTiny("tiny");
    const graph = new Graph();
    adapters = new AdapterInputs(graph, goldens, "everything/initial");
    const tokens = graph.input("tokens", "int64", [symbol("n"), 77]);
    const text = scopeOf(graph, base, "text_encoder", adapters.of("text_encoder", 1));
    const inputs = { ...unetInputs(graph, base), textEmbeddings: clipText(text, tokens, base.text) };
    const prediction = unet(scopeOf(graph, base, "unet", adapters.of("unet", 2)), inputs, base.unet);
    const loss = meanSquaredError(prediction, graph.input("target", "float32", prediction.shape));
    const names = [...adapters.values.keys()];
    const cotangents = gradients(loss, [...adapters.values.values()]);
    const outputs = names.map((name, i): [string, Value] => [name, cotangents[i]!]);
    session = await Session.open<string>({ loss, prediction, ...Object.fromEntries(outputs) });
  });
  after(() => session.close());

  it("loss and every gradient", async () => {
    const expected = goldens.names.filter((name) => name.startsWith("everything/gradient/")).length;
    assert.equal(adapters.values.size, expected);
    const tokens = goldens.tensor("text/ids");
    const results = await session.run({ ...trainingFeeds(goldens, base, 0), tokens, ...adapters.feeds });
    closeTo(results["loss"]!.data as Float32Array, goldens.floats("everything/loss").data, { rtol: FORWARD }, "loss");
    for (const name of adapters.values.keys()) {
      closeToScale(results[name]!, goldens.floats(`everything/gradient/${name}`), GRADIENT, name);
    }
  });

  it("the adapted output", async () => {
    const output = goldens.floats("everything/output");
    const { prediction } = await session.run({
      ...adapters.feeds,
      sample: goldens.floats("unet16x16/latents"),
      timestep: goldens.asFloats("unet16x16/timesteps"),
      tokens: goldens.tensor("text/ids"),
      target: output,
    });
    closeToScale(prediction!, output, FORWARD, "output");
  });
});
