/** What one child process measures, and what it reports. The same JSON goes to both sides' scripts. */

export interface Settings {
  /** Folder of the generated files. */
  readonly cache: string;
  /** Folder of the embedded base. */
  readonly mini: string;
  readonly threads: number;
  /** Runs before the clock counts. */
  readonly warmups: number;
  readonly steps: number;
  readonly checkpointing: boolean;
}

export interface Job extends Settings {
  readonly what: "prepare" | "train" | "infer" | "open" | "switch";
  readonly base: "mini" | "sd15";
  /** PyTorch's memory layout; ours has one. */
  readonly channelsLast?: boolean;
}

export interface Result {
  /** Everything timed, ms, by what it is; each step of its own. */
  readonly timesMs: Readonly<Record<string, readonly number[]>>;
  /** Highest resident memory of the process so far, mapped files included. */
  readonly peakMb: number;
  /** Loss of the first step, or mean |prediction|: both sides must have computed the same thing. */
  readonly check?: number;
  /** Token ids of a greedy reply: both sides must have said the same. */
  readonly said?: readonly number[];
  readonly versions: string;
}

export const RANK = 8;
/** Batch, latent side and tokens of what is measured; guidance makes inference a batch of two. */
export const SIZES = {
  mini: { train: 4, infer: 2, side: 16, tokens: 48 },
  sd15: { train: 1, infer: 2, side: 64, tokens: 77 },
} as const;

export const inputsFile = ({ cache, base, what }: Pick<Job, "cache" | "base" | "what">): string =>
  `${cache}/inputs-${base}-${what}.safetensors`;
/** A diffusers folder with random UNet weights only. */
export const sd15Folder = ({ cache }: Pick<Job, "cache">): string => `${cache}/sd15`;
export const sd15UnetFile = (job: Pick<Job, "cache">): string =>
  `${sd15Folder(job)}/unet/diffusion_pytorch_model.safetensors`;
/** A single-file checkpoint of SD 1.5's names and sizes, 4.27 GB of zeros that take no room on the disk. */
export const sd15Checkpoint = ({ cache }: Pick<Job, "cache">): string => `${cache}/sd15-zeros.safetensors`;
