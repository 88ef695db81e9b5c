import { appendFileSync, existsSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Feeds } from "../runtime/index.ts";
import type { FullTrainer } from "./full-training.ts";
import { learningRateAt } from "./learning-rate.ts";

export interface TrainingRun {
  readonly steps: number;
  readonly peakRate: number;
  /** The batch of a step: a function of it alone, so that a run that goes on sees what one never stopped would. */
  readonly batchAt: (step: number) => Feeds;
  /** Which of the trainer's losses the step's batch is for; the first if nothing is said. */
  readonly lossAt?: (step: number) => number;
  readonly statePath: string;
  readonly saveEvery: number;
  readonly tellEvery: number;
}

/** Beside the state; `loss` is the mean since the line before. */
const CURVE = "curve.csv";
const CURVE_COLUMNS = "step,loss,gradient norm,ms per step";

/** The first steps are told one by one: what is wrong from the start shows there. */
const TOLD_FIRST = 4;

/** Trains up to `steps`, tells the mean loss since the last line, keeps it as a curve, and keeps the state. */
export async function runTraining(trainer: FullTrainer, run: TrainingRun): Promise<void> {
  const curve = join(dirname(run.statePath), CURVE);
  if (!existsSync(curve)) writeFileSync(curve, `${CURVE_COLUMNS}\n`);
  let [sum, count, started] = [0, 0, performance.now()];
  while (trainer.step < run.steps) {
    const rate = learningRateAt(trainer.step, run.steps, run.peakRate);
    const { loss, norm } = await trainer.train(run.batchAt(trainer.step), rate, run.lossAt?.(trainer.step));
    sum += loss;
    count++;
    if (trainer.step % run.tellEvery === 0 || trainer.step < TOLD_FIRST) {
      const pace = (performance.now() - started) / count;
      const [shownLoss, shownNorm, shownPace] = [(sum / count).toFixed(4), norm.toFixed(3), pace.toFixed(0)];
      console.log(`${trainer.step} loss ${shownLoss} norm ${shownNorm} ${shownPace} ms/step`);
      appendFileSync(curve, `${trainer.step},${shownLoss},${shownNorm},${shownPace}\n`);
      [sum, count, started] = [0, 0, performance.now()];
    }
    if (trainer.step % run.saveEvery === 0) trainer.save(run.statePath);
  }
  trainer.save(run.statePath);
}
