/** What every training of the recipe is asked with, for `parseArgs`; a script adds what is its own. */
export interface TrainingDefaults {
  readonly out: string;
  readonly steps: number;
  readonly batch: number;
  /** Peak of the learning rate. */
  readonly lr: number;
}

const text = (value: string | number) => ({ type: "string", default: String(value) }) as const;

export const trainingOptions = ({ out, steps, batch, lr }: TrainingDefaults) => ({
  data: text(".work/data"),
  out: text(out),
  steps: text(steps),
  batch: text(batch),
  lr: text(lr),
  /** 0: one of each core. */
  threads: text(0),
});
