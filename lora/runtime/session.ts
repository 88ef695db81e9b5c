import { realpathSync } from "node:fs";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { encodeOnnx, type OnnxInitializer } from "../format/index.ts";
import type { NumericArray, Value } from "../graph/index.ts";

/** A tensor on the JavaScript side. */
export interface HostTensor {
  readonly data: NumericArray;
  readonly dims: readonly number[];
}
export type Feeds = Readonly<Record<string, HostTensor>>;

export interface SessionOptions {
  /** Execution provider as the runtime spells it: "cpu", "cuda", "dml", "coreml", "webgpu". */
  readonly device?: string;
  /** Threads inside one op; 0 lets the runtime choose. */
  readonly threads?: number;
  /**
   * "extended" by default: "all" copies every convolution weight into another layout at load (30 s and 2.6 GB on an
   * SD 1.5 UNet) and runs no faster.
   */
  readonly optimization?: "disabled" | "basic" | "extended" | "all";
  /**
   * Copies weights at load into the order in which products of few rows read them fastest: worth it where one graph runs
   * many times on little. What is copied is no longer mapped.
   */
  readonly prepack?: boolean;
}

/** A compiled graph: frozen weights mapped from their files, everything else fed per run. */
export class Session<Output extends string = string> {
  private readonly session: InferenceSession;
  private readonly outputs: Readonly<Record<Output, Value>>;
  private readonly inputDtypes: ReadonlyMap<string, Value["dtype"]>;

  private constructor(session: InferenceSession, outputs: Readonly<Record<Output, Value>>) {
    this.session = session;
    this.outputs = outputs;
    const { graph } = Object.values<Value>(outputs)[0]!;
    this.inputDtypes = new Map(graph.inputs.map(({ name, dtype }) => [name, dtype]));
  }

  /** Compiles the part of the graph that `outputs` need. */
  static async open<Output extends string>(
    outputs: Readonly<Record<Output, Value>>,
    options: SessionOptions = {},
  ): Promise<Session<Output>> {
    const values = [...new Set(Object.values<Value>(outputs))];
    const model = values[0]!.graph.toModel(values);
    const bytes = encodeOnnx({ ...model, initializers: model.initializers.map(underRoot()) });
    const session = await InferenceSession.create(bytes, {
      executionProviders: [options.device ?? "cpu"],
      graphOptimizationLevel: options.optimization ?? "extended",
      enableMemPattern: false,
      enableCpuMemArena: true,
      intraOpNumThreads: options.threads ?? 0,
      logSeverityLevel: 3,
      extra: {
        session: {
          disable_prepacking: options.prepack ? "0" : "1",
          model_external_initializers_file_folder_path: "/",
        },
      },
    });
    return new Session(session, outputs);
  }

  /** Names of the inputs that a run must feed. */
  get inputNames(): readonly string[] {
    return this.session.inputNames;
  }

  /**
   * Runs the graph. Inputs the graph does not need are ignored.
   * @param into arrays that outputs are written to in place, saving a copy
   */
  async run(feeds: Feeds, into: Partial<Record<Output, HostTensor>> = {}): Promise<Record<Output, HostTensor>> {
    const inputs: Record<string, Tensor> = {};
    for (const name of this.session.inputNames) {
      const feed = feeds[name];
      if (!feed) throw new TypeError(`graph input ${name} was not fed`);
      inputs[name] = this.toTensor(name, feed);
    }
    const fetches: Record<string, Tensor | null> = {};
    for (const [key, value] of this.entries()) {
      const target = into[key];
      fetches[value.name] = target ? new Tensor("float32", target.data as Float32Array, target.dims) : null;
    }
    const results = await this.session.run(inputs, fetches);
    const named = this.entries().map(([key, value]) => {
      const { data, dims } = results[value.name]!;
      return [key, { data: data as NumericArray, dims }] as const;
    });
    return Object.fromEntries(named) as Record<Output, HostTensor>;
  }

  async close(): Promise<void> {
    await this.session.release();
  }

  private entries(): [Output, Value][] {
    return Object.entries(this.outputs) as [Output, Value][];
  }

  private toTensor(name: string, { data, dims }: HostTensor): Tensor {
    const dtype = this.inputDtypes.get(name) ?? "float32";
    return new Tensor(dtype as "float32", data as Float32Array, dims);
  }
}

/**
 * The runtime takes file locations relative to one folder and refuses to leave it, also through a link: resolve links and
 * name every file relative to "/".
 */
function underRoot(): (tensor: OnnxInitializer) => OnnxInitializer {
  const locations = new Map<string, string>();
  const resolve = (path: string) => {
    if (!locations.has(path)) locations.set(path, realpathSync(path).slice(1));
    return locations.get(path)!;
  };
  return (tensor) =>
    tensor.data instanceof Uint8Array
      ? tensor
      : { ...tensor, data: { ...tensor.data, location: resolve(tensor.data.location) } };
}
