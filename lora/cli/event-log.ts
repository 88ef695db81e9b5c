import type { EventWriter } from "../format/index.ts";
import type { TrainEvent } from "../train/index.ts";

/** What TensorBoard shows, under the names that users of other trainers know. */
export function logEvent(events: EventWriter, event: TrainEvent): void {
  if (event.type === "step") {
    events.scalar("loss/current", event.step, event.loss);
    events.scalar("loss/average", event.step, event.averageLoss);
    events.scalar("lr/unet", event.step, event.learningRate);
    events.scalar("gradient/norm", event.step, event.gradientNorm);
  } else if (event.type === "validation") {
    events.scalar("loss/validation/step_average", event.step, event.loss);
    if (event.perplexity !== undefined) events.scalar("perplexity/validation", event.step, event.perplexity);
  }
  if (event.type === "save") events.flush();
}
