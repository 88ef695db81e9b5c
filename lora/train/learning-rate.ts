export type SchedulerName = "cosine" | "constant" | "linear";

/** Factor of the peak rate after warm-up, over progress 0 … 1. */
const DECAY: Readonly<Record<SchedulerName, (progress: number) => number>> = {
  /** ½(1 + cos πp) */
  cosine: (progress) => 0.5 * (1 + Math.cos(Math.PI * progress)),
  constant: () => 1,
  linear: (progress) => 1 - progress,
};

/**
 * The factor on the peak learning rate for update `step` (from 0) of `totalSteps`; as transformers'
 * `get_*_schedule_with_warmup`: linear from 0 during warm-up, then the decay.
 */
export function learningRateFactor(
  scheduler: SchedulerName,
  step: number,
  warmupSteps: number,
  totalSteps: number,
): number {
  if (step < warmupSteps) return step / Math.max(1, warmupSteps);
  return DECAY[scheduler](Math.min(1, (step - warmupSteps) / Math.max(1, totalSteps - warmupSteps)));
}
