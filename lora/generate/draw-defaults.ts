import { samplerDefaults } from "../diffusion/index.ts";
import type { DrawingDefaults } from "../models/index.ts";
import type { DrawRequest } from "./studio.ts";

const DRAW_DEFAULTS = {
  steps: 20,
  guidanceScale: 7,
  guidanceStop: 1,
  guidanceRescale: 0,
  sampler: "DPM++ 2M",
  seeds: [1] as readonly number[],
} as const;

/**
 * What a request leaves out: what its sampler is made for, then the base's own suggestions, then the general ones.
 * @param drawing what the base suggests
 */
export function drawDefaults(
  { tilingGuidanceScale, ...drawing }: DrawingDefaults,
  { sampler = DRAW_DEFAULTS.sampler, tiling = false }: Pick<DrawRequest, "sampler" | "tiling"> = {},
) {
  const tiled = tiling && tilingGuidanceScale !== undefined ? { guidanceScale: tilingGuidanceScale } : {};
  return { ...DRAW_DEFAULTS, ...drawing, ...tiled, ...samplerDefaults(sampler) };
}

/** A request with what it leaves out; fields that are undefined are left out too. */
export const withDrawDefaults = (drawing: DrawingDefaults, request: DrawRequest) => ({
  ...drawDefaults(drawing, request),
  ...withoutUndefined(request),
});

function withoutUndefined<T extends object>(object: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}
