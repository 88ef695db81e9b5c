import type { TrainConfig } from "./config.ts";

/**
 * Updates of a text training for each of its lines (single dialogues): N lines take ⌈N · that⌉. With histories a line is there
 * twice, alone and after others (`withHistories`):
 * epochs · rows / (batchSize · gradientAccumulationSteps), rows = 2 with histories, else 1
 */
export function stepsPerLine(
  settings: Pick<TrainConfig, "batchSize" | "gradientAccumulationSteps" | "historyDialogues"> & {
    readonly epochs: number;
  },
): number {
  const { epochs, batchSize, gradientAccumulationSteps, historyDialogues } = settings;
  const rows = historyDialogues > 1 ? 2 : 1;
  return (epochs * rows) / (batchSize * gradientAccumulationSteps);
}
