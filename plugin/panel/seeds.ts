import { limits } from "../../service/protocol/index.ts";

const SEED_COUNT = 2 ** 32;

/** `count` seeds beginning with `first`, as the request allows them. */
export function seedsFrom(first: number, count: number): number[] {
  const start = Math.min(SEED_COUNT - 1, Math.max(0, Math.trunc(first) || 0));
  const length = Math.min(limits.seedsPerDrawMax, Math.max(1, Math.trunc(count) || 1));
  return Array.from({ length }, (_, index) => (start + index) % SEED_COUNT);
}

/** Small enough to be remembered and typed. */
export const freshSeed = (): number => Math.floor(Math.random() * 1_000_000);
