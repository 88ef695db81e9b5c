import { NoiseSchedule } from "../../lora/diffusion/index.ts";
import { mul, reduceMean, allAxes, sub, type Graph, type Value } from "../../lora/graph/index.ts";
import type { SdPart, StableDiffusion } from "../../lora/models/index.ts";
import type { AdapterSite, LayerAdapter } from "../../lora/nn/index.ts";
import type { Feeds, HostTensor } from "../../lora/runtime/index.ts";
import type { Goldens } from "./tiny-stable-diffusion.ts";

/** The step's noised latents, timesteps and target, as the golden's script computed them. */
export function trainingFeeds(goldens: Goldens, base: StableDiffusion, step: number): Feeds {
  const schedule = new NoiseSchedule(base.scheduler);
  const timesteps = goldens.asFloats("training/timesteps");
  const latents = goldens.floats("training/latents");
  const noise = goldens.floats("training/noise");
  const [, batch, ...image] = latents.dims as [number, number, ...number[]];
  const size = image.reduce((a, b) => a * b, 1);
  const dims = [batch, ...image];
  const sample = new Float32Array(batch * size);
  const target = new Float32Array(batch * size);
  const times = (timesteps.data as Float32Array).slice(step * batch, (step + 1) * batch);
  times.forEach((timestep, row) => {
    const from = (step * batch + row) * size;
    const x0 = latents.data.subarray(from, from + size);
    const eps = noise.data.subarray(from, from + size);
    sample.set(schedule.addNoise(x0, eps, timestep), row * size);
    target.set(schedule.target(x0, eps, timestep), row * size);
  });
  return {
    sample: { data: sample, dims },
    target: { data: target, dims },
    timestep: { data: times, dims: [batch] },
    textEmbeddings: goldens.floats("training/embeddings"),
  };
}

/** mean((prediction − target)²), a scalar */
export function meanSquaredError(prediction: Value, target: Value): Value {
  const error = sub(prediction, target);
  return reduceMean(mul(error, error), allAxes(error), false);
}

/** A module's matrices as graph inputs: what is trained. */
export class AdapterInputs {
  /** `<part>/<layer>.down` → [1, rank, in · k · k]; `.up` → [1, out, rank] */
  readonly values = new Map<string, Value>();
  readonly feeds: Record<string, HostTensor> = {};
  private readonly graph: Graph;
  private readonly goldens: Goldens;
  private readonly prefix: string;

  /** @param prefix of the golden's tensors, such as "attention/initial" */
  constructor(graph: Graph, goldens: Goldens, prefix: string) {
    this.graph = graph;
    this.goldens = goldens;
    this.prefix = prefix;
  }

  /** Adapters at `scale` on the layers the golden has matrices for. */
  of(part: SdPart, scale: number): (site: AdapterSite) => LayerAdapter | undefined {
    return ({ name }) => {
      const key = `${part}/${name}`;
      if (!this.goldens.names.includes(`${this.prefix}/${key}.down`)) return undefined;
      return { down: this.input(`${key}.down`), up: this.input(`${key}.up`), scale };
    };
  }

  private input(key: string): Value {
    const { data, dims } = this.goldens.floats(`${this.prefix}/${key}`);
    const [rows, ...rest] = dims as [number, ...number[]];
    const shape = [1, rows, rest.reduce((a, b) => a * b, 1)];
    this.feeds[key] = { data, dims: shape };
    const value = this.graph.input(key, "float32", shape);
    this.values.set(key, value);
    return value;
  }
}
