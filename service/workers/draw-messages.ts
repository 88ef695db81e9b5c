/** What the service and its drawing process tell each other: paths and hashes, never pixels. */

/** A module of a stack, as a worker gets it. */
export interface WorkerModule {
  /** Name that people know it by. */
  readonly name: string;
  readonly path: string;
  readonly sha256: string;
  readonly weight: number;
}

export interface DrawOrder {
  readonly prompt: string;
  readonly negative: string;
  readonly stack: readonly WorkerModule[];
  readonly seeds: readonly number[];
  readonly steps: number;
  readonly guidanceScale: number;
  readonly sampler: string;
  readonly tiling: boolean;
  /** Existing folder in which each picture is written as `<seed>.png`. */
  readonly folder: string;
}

/** Something is made of the picture `of` and written to `files`. */
export type RetouchOrder =
  | {
      readonly type: "upscale";
      readonly of: string;
      readonly seamless: boolean;
      readonly files: readonly string[];
    }
  | {
      readonly type: "maps";
      readonly of: string;
      readonly darkHigh: boolean;
      readonly strengths: { readonly normal: number; readonly roughness: number; readonly occlusion: number };
      /** Normal, roughness, occlusion. */
      readonly files: readonly string[];
    };

export type ToDrawing =
  | { readonly type: "draw"; readonly order: DrawOrder }
  | { readonly type: "retouch"; readonly order: RetouchOrder }
  | { readonly type: "cancel" };

export type FromDrawing =
  /** The base is open; drawing begins. */
  | { readonly type: "ready" }
  | { readonly type: "step"; readonly picture: number; readonly step: number; readonly steps: number }
  | { readonly type: "picture"; readonly seed: number; readonly path: string }
  | { readonly type: "done" }
  | { readonly type: "failed"; readonly code: string; readonly message: string };
