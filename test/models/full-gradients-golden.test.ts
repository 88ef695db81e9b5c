import assert from "node:assert/strict";
import { openSafetensors, readTensor } from "../../lora/format/index.ts";
import {
  add,
  addScalar,
  allAxes,
  exp,
  Graph,
  gradients,
  mul,
  mulScalar,
  reduceMean,
  sub,
  type Value,
} from "../../lora/graph/index.ts";
import { clipText, unet, vaeDecode, vaeEncode, type SdPart, type StableDiffusion } from "../../lora/models/index.ts";
import { Scope, type ParameterSource } from "../../lora/nn/index.ts";
import { Session, type HostTensor } from "../../lora/runtime/index.ts";
import { closeTo } from "../support/close-to.ts";
import { openGoldens, openTiny } from "./tiny-stable-diffusion.ts";
import { meanSquaredError, trainingFeeds } from "./tiny-training.ts";

/** float32 sums against float64, relative to the gradient's norm (times the probe's, for a dot product). */
const GRADIENT = 1e-4;
const LOSS = 1e-5;
/**
 * A smaller share of the largest gradient is measured against this share: an attention's key bias, which softmax cancels,
 * has no gradient but the rounding of the sums behind it.
 */
const NEGLIGIBLE = 1e-4;

/** All weights of a network as graph inputs: what training a base differentiates. */
class WeightInputs implements ParameterSource {
  readonly graph: Graph;
  readonly values = new Map<string, Value>();
  readonly feeds: Record<string, HostTensor> = {};
  private readonly base: StableDiffusion;
  private readonly part: SdPart;

  constructor(graph: Graph, base: StableDiffusion, part: SdPart) {
    this.graph = graph;
    this.base = base;
    this.part = part;
  }
  parameter(name: string, shape: readonly number[]): Value {
    const key = `${this.part}/${name}`;
    return this.graph.once(key, () => {
      const { path } = this.base.weights[this.part].get(name)!;
      this.feeds[key] = { data: readTensor(openSafetensors(path), name), dims: shape };
      const value = this.graph.input(key, "float32", shape);
      this.values.set(key, value);
      return value;
    });
  }
  has(name: string): boolean {
    return this.base.weights[this.part].has(name);
  }
}

/** v_i = (i · 2654435761 mod 2³²) / 2³¹ − 1, as test/golden/sd/make.py has it. */
const probeAt = (i: number) => (Math.imul(i, 2654435761) >>> 0) / 2 ** 31 - 1;

/** [norm, sum, dot with the probe], and the norms of what the gradient was multiplied with. */
function probe(gradient: Float32Array): { values: readonly number[]; sizes: readonly number[] } {
  let [squares, sum, dot, probeSquares] = [0, 0, 0, 0];
  for (const [i, g] of gradient.entries()) {
    const v = probeAt(i);
    squares += g * g;
    sum += g;
    dot += g * v;
    probeSquares += v * v;
  }
  return { values: [Math.sqrt(squares), sum, dot], sizes: [1, Math.sqrt(gradient.length), Math.sqrt(probeSquares)] };
}

const goldens = openGoldens("full-gradients.safetensors");

/** Runs loss and all gradients, and compares each with the golden's three numbers under `group`. */
async function compare(
  group: string,
  loss: Value,
  sources: readonly WeightInputs[],
  feeds: Record<string, HostTensor>,
) {
  const weights = new Map(sources.flatMap((source) => [...source.values]));
  const expectedNames = goldens.names.filter((name) => name.startsWith(`${group}/`) && name !== `${group}/loss`);
  assert.deepEqual([...weights.keys()].map((key) => `${group}/${key}`).toSorted(), expectedNames.toSorted());
  const cotangents = gradients(loss, [...weights.values()]);
  const outputs = [...weights.keys()].map((key, i): [string, Value] => [key, cotangents[i]!]);
  const session = await Session.open<string>({ loss, ...Object.fromEntries(outputs) });
  const allFeeds = sources.reduce((all, source) => ({ ...all, ...source.feeds }), feeds);
  const results = await session.run(allFeeds);
  await session.close();
  closeTo(results["loss"]!.data as Float32Array, goldens.floats(`${group}/loss`).data, { rtol: LOSS }, "loss");
  const largest = Math.max(...expectedNames.map((name) => goldens.floats(name).data[0]!));
  for (const key of weights.keys()) {
    const expected = goldens.floats(`${group}/${key}`).data;
    const { values, sizes } = probe(results[key]!.data as Float32Array);
    const norm = Math.max(expected[0]!, NEGLIGIBLE * largest);
    values.forEach((value, i) => {
      const error = Math.abs(value - expected[i]!) / (norm * sizes[i]!);
      assert.ok(error < GRADIENT, `${key}: number ${i}: expected ${expected[i]}, got ${value}, error ${error}`);
    });
  }
}

/** Every size known, as training a base on pictures of one size has it. */
function inputOf(
  graph: Graph,
  name: string,
  { dims }: HostTensor,
  feeds: Record<string, HostTensor>,
  tensor: HostTensor,
): Value {
  feeds[name] = tensor;
  return graph.input(name, "float32", dims);
}

describe("gradients of every base weight against PyTorch", () => {
  it("UNet and text encoder, of the diffusion loss", async function () {
    this.timeout(240_000);
    const base = await openTiny("tiny");
    const training = openGoldens("goldens.safetensors");
    const ids = training.tensor("text/ids");
    const { textEmbeddings: _, ...step } = trainingFeeds(training, base, 0);
    const feeds: Record<string, HostTensor> = { tokens: ids };
    const graph = new Graph();
    const [sample, timestep, target] = ["sample", "timestep", "target"].map((name) =>
      inputOf(graph, name, step[name]!, feeds, step[name]!),
    ) as [Value, Value, Value];
    const text = new WeightInputs(graph, base, "text_encoder");
    const net = new WeightInputs(graph, base, "unet");
    const textEmbeddings = clipText(new Scope(text), graph.input("tokens", "int64", ids.dims), base.text);
    const prediction = unet(new Scope(net), { sample, timestep, textEmbeddings }, base.unet);
    await compare("diffusion", meanSquaredError(prediction, target), [net, text], feeds);
  });

  it("VAE decoder, of the squared error", async () => {
    const base = await openTiny("tiny");
    const graph = new Graph();
    const feeds: Record<string, HostTensor> = {};
    const [latents, image] = ["latents", "image"].map((name) =>
      inputOf(graph, name, goldens.floats(`vae/${name}`), feeds, goldens.floats(`vae/${name}`)),
    ) as [Value, Value];
    const vae = new WeightInputs(graph, base, "vae");
    await compare("decoder", meanSquaredError(vaeDecode(new Scope(vae), latents, base.vae), image), [vae], feeds);
  });

  it("the whole VAE, of squared error and divergence through a sample", async () => {
    const base = await openTiny("tiny");
    const graph = new Graph();
    const feeds: Record<string, HostTensor> = {};
    const [image, noise] = ["image", "noise"].map((name) =>
      inputOf(graph, name, goldens.floats(`vae/${name}`), feeds, goldens.floats(`vae/${name}`)),
    ) as [Value, Value];
    const vae = new WeightInputs(graph, base, "vae");
    const { mean, logVariance } = vaeEncode(new Scope(vae), image, base.vae);
    const latents = add(mean, mul(exp(mulScalar(logVariance, 0.5)), noise));
    const inside = sub(add(mul(mean, mean), exp(logVariance)), addScalar(logVariance, 1));
    const divergence = mulScalar(reduceMean(inside, allAxes(inside), false), 0.5);
    const error = meanSquaredError(vaeDecode(new Scope(vae), latents, base.vae), image);
    await compare("autoencoder", add(error, mulScalar(divergence, 0.01)), [vae], feeds);
  });
});
