/**
 * One step of latent consistency distillation (Luo et al. 2023, algorithm 1, as diffusers' LCM-LoRA training has it): the
 * base with guidance walks one step of its solver from x_t, and the student must see the same picture from both ends.
 * The guidance goes into the student, which is then drawn with none.
 */
import {
  cleanCoefficients,
  combineGuidance,
  consistencyScalings,
  noiseCoefficients,
  solverTimesteps,
  type NoiseSchedule,
} from "../diffusion/index.ts";

export interface SolverStep {
  /** Timestep of x_t, and the next cleaner one of the solver. */
  readonly start: number;
  readonly end: number;
}

/** How many steps the solver has. */
export const solverSteps = (schedule: NoiseSchedule): number => solverTimesteps(schedule).length;

/** Step `index` of the solver, 0 the cleanest: it ends at the schedule's first timestep. */
export function solverStep(schedule: NoiseSchedule, index: number): SolverStep {
  const timesteps = solverTimesteps(schedule);
  return { start: timesteps[index]!, end: index === 0 ? 0 : timesteps[index - 1]! };
}

/** Coefficients (a, b) of the student's picture f(x, t) = a · x + b · modelOutput. */
export function studentCoefficients(schedule: NoiseSchedule, timestep: number): [number, number] {
  const { skip, out } = consistencyScalings(timestep);
  const [onX, onOutput] = cleanCoefficients(schedule.predictionType, schedule.alphaCumprod(timestep));
  return [skip + out * onX, out * onOutput];
}

export interface TeacherOutputs {
  readonly conditional: Float32Array;
  readonly unconditional: Float32Array;
}

/** DDIM without noise (Song et al. 2021, eq. 12) from x at `start` to `end`, by the guided outputs. Flat, one row. */
export function teacherStep(
  schedule: NoiseSchedule,
  { start, end }: SolverStep,
  x: Float32Array,
  { conditional, unconditional }: TeacherOutputs,
  guidanceScale: number,
): Float32Array {
  // x_0 and ε are linear in the output, and guidance weighs both alike: guiding the output is guiding them.
  const output = combineGuidance(unconditional, conditional, guidanceScale);
  const alpha = schedule.alphaCumprod(start);
  const [cleanX, cleanOutput] = cleanCoefficients(schedule.predictionType, alpha);
  const [noiseX, noiseOutput] = noiseCoefficients(schedule.predictionType, alpha);
  const alphaEnd = schedule.alphaCumprod(end);
  const [signal, sigma] = [Math.sqrt(alphaEnd), Math.sqrt(1 - alphaEnd)];
  const [onX, onOutput] = [signal * cleanX + sigma * noiseX, signal * cleanOutput + sigma * noiseOutput];
  return x.map((value, i) => onX * value + onOutput * output[i]!);
}
