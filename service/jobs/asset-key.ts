/** What makes two drawings the same picture: everything that its pixels depend on, and nothing else. */
import type { Base } from "./base.ts";
import type { FixedDrawRequest } from "./job.ts";

export function assetKey(base: Base, request: FixedDrawRequest, seed: number): Readonly<Record<string, unknown>> {
  const { prompt, negative, steps, guidanceScale, sampler, tiling } = request;
  const { guidanceStop, guidanceRescale } = base.drawing;
  return {
    base: base.hash,
    stack: request.stack.map(({ sha256, weight }) => ({ sha256, weight })),
    prompt,
    negative,
    seed,
    steps,
    guidance: guidanceScale,
    ...(guidanceStop === undefined ? {} : { guidanceStop }),
    ...(guidanceRescale === undefined ? {} : { guidanceRescale }),
    sampler,
    size: [base.side, base.side],
    ...(tiling ? { tiling } : {}),
  };
}

/** Equal for requests of the same pictures. */
export function requestKey(base: Base, request: FixedDrawRequest): string {
  return JSON.stringify(request.seeds.map((seed) => assetKey(base, request, seed)));
}

/** What the asset's record says beside its key: who asked, for what, with which modules by name. */
export function drawnProvenance(base: Base, request: FixedDrawRequest, by: string): Readonly<Record<string, unknown>> {
  const { nodeId, kind, stack } = request;
  return { by, nodeId, kind, base: { name: base.name, hash: base.hash }, modules: stack };
}
