import { appendFileSync, existsSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Feeds, HostTensor } from "../runtime/index.ts";
import type { FullTrainer } from "./full-training.ts";
import { learningRateAt } from "./learning-rate.ts";

type Outputs = Readonly<Record<string, HostTensor>>;

export interface TrainingRun {
  readonly steps: number;
  /** Stops before `steps`, which the learning rate goes by. */
  readonly until?: number;
  readonly peakRate: number;
  /** The batch of a step: a function of it alone, so that a run that goes on sees what one never stopped would. */
  readonly batchAt: (step: number) => Feeds;
  /** Which of the trainer's losses the step's batch is for; the first if nothing is said. */
  readonly lossAt?: (step: number) => number;
  /** Other numbers of a step, by name: a line tells their mean. */
  readonly told?: Readonly<Record<string, (outputs: Outputs, feeds: Feeds) => number>>;
  readonly statePath: string;
  readonly saveEvery: number;
  readonly tellEvery: number;
  /** What else is kept beside each state. */
  readonly saved?: (outputs: Outputs, feeds: Feeds) => void | Promise<void>;
}

/** Beside the state; each number is the mean since the line before, but for the norm. */
const CURVE = "curve.csv";

const LOSS = "loss";

/** The first steps are told one by one: what is wrong from the start shows there. */
const TOLD_FIRST = 4;

/** Trains up to `until`, tells the mean loss since the last line, keeps it as a curve, and keeps the state. */
export async function runTraining(trainer: FullTrainer, run: TrainingRun): Promise<void> {
  const { told = {}, until = run.steps } = run;
  const curve = join(dirname(run.statePath), CURVE);
  if (!existsSync(curve))
    writeFileSync(curve, `${["step", LOSS, "gradient norm", "ms per step", ...Object.keys(told)]}\n`);
  const since = new Map<string, number[]>();
  const keep = (name: string, value: number) => since.set(name, [...(since.get(name) ?? []), value]);
  const meanOf = (name: string): number => since.get(name)!.reduce((a, b) => a + b) / since.get(name)!.length;
  let started = performance.now();
  while (trainer.step < until) {
    const feeds = run.batchAt(trainer.step);
    const rate = learningRateAt(trainer.step, run.steps, run.peakRate);
    const { loss, norm, outputs } = await trainer.train(feeds, rate, run.lossAt?.(trainer.step));
    keep(LOSS, loss);
    for (const [name, numberOf] of Object.entries(told)) keep(name, numberOf(outputs, feeds));
    if (trainer.step % run.tellEvery === 0 || trainer.step < TOLD_FIRST) {
      const pace = ((performance.now() - started) / since.get(LOSS)!.length).toFixed(0);
      const [shownLoss, shownNorm] = [meanOf(LOSS).toFixed(4), norm.toFixed(3)];
      const others = Object.keys(told).map((name) => [name, meanOf(name).toPrecision(4)] as const);
      const words = others.map((pair) => `${pair.join(" ")} `).join("");
      console.log(`${trainer.step} loss ${shownLoss} norm ${shownNorm} ${words}${pace} ms/step`);
      appendFileSync(curve, `${[trainer.step, shownLoss, shownNorm, pace, ...others.map(([, mean]) => mean)]}\n`);
      since.clear();
      started = performance.now();
    }
    if (trainer.step % run.saveEvery === 0 || trainer.step === until) {
      trainer.save(run.statePath);
      await run.saved?.(outputs, feeds);
    }
  }
}
