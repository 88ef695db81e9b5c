/** Resumable state of a run: module, moments, step and what the loop remembers. One file, written atomically. */
import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { makeFolder, openSafetensors, readTensor, writeSafetensors } from "../format/index.ts";
import { trainErrors } from "./errors.ts";
import type { FlatParameters } from "./flat-parameters.ts";

/** What the loop remembers beside the arrays. Random state needs no place here: every draw is a function of seed and step. */
export interface LoopState {
  /** Updates done. */
  readonly step: number;
  readonly bestStep: number;
  readonly bestLoss: number | null;
  readonly staleValidations: number;
  readonly averageLoss: number | null;
}
export const START: LoopState = { step: 0, bestStep: 0, bestLoss: null, staleValidations: 0, averageLoss: null };

const NAME = /^step-(\d{8})\.safetensors$/;
const KEPT_MAX = 3;

export const checkpointPath = (dir: string, step: number): string =>
  join(dir, `step-${String(step).padStart(8, "0")}.safetensors`);

/** @param fingerprint names everything that must be equal for a resumed run to be the same run */
export function saveCheckpoint(dir: string, parameters: FlatParameters, state: LoopState, fingerprint: string): string {
  makeFolder(dir);
  const path = checkpointPath(dir, state.step);
  const { weights, moments } = parameters;
  const tensor = (data: Float32Array<ArrayBuffer>) => ({ dtype: "F32" as const, shape: [data.length], data });
  writeSafetensors(
    path,
    { weights: tensor(weights), first: tensor(moments.first), second: tensor(moments.second) },
    { animula_checkpoint: "1", fingerprint, state: JSON.stringify(state) },
  );
  removeOthers(dir, state);
  return path;
}

/** Steps that have a checkpoint, newest first. */
export function checkpointSteps(dir: string): number[] {
  if (!existsSync(dir)) return [];
  const steps = readdirSync(dir).flatMap((name) => NAME.exec(name)?.slice(1, 2).map(Number) ?? []);
  return steps.toSorted((a, b) => b - a);
}

/**
 * Keeps the newest few and the best. Later steps belong to a run that this one replaces; left there, the next resume
 * would take them for the newest.
 */
function removeOthers(dir: string, { step: current, bestStep }: LoopState): void {
  const steps = checkpointSteps(dir);
  const abandoned = steps.filter((step) => step > current);
  const old = steps.filter((step) => step <= current && step !== bestStep).slice(KEPT_MAX);
  for (const step of [...abandoned, ...old]) rmSync(checkpointPath(dir, step), { force: true });
}

/** @throws CHECKPOINT_FOREIGN when the file belongs to a run with other settings or data */
export function loadCheckpoint(path: string, parameters: FlatParameters, fingerprint: string): LoopState {
  const file = openSafetensors(path);
  if (file.metadata["fingerprint"] !== fingerprint) throw trainErrors.CHECKPOINT_FOREIGN(path);
  parameters.weights.set(readTensor(file, "weights"));
  parameters.moments.first.set(readTensor(file, "first"));
  parameters.moments.second.set(readTensor(file, "second"));
  return JSON.parse(file.metadata["state"]!) as LoopState;
}
