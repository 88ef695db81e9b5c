import { SingleBar } from "cli-progress";
import type { TrainEvent } from "../train/index.ts";

/** What a command tells whoever watches it. */
export interface Watcher {
  report(text: string, data: unknown): void;
  event(event: TrainEvent): void;
  sample(path: string, prompt: string): void;
  done(modulePath: string, bestStep: number): void;
}

/** For machines: one JSON object a line. */
export function jsonLines(write: (line: string) => void = (line) => void process.stdout.write(line)): Watcher {
  const line = (object: object) => write(`${JSON.stringify(object)}\n`);
  return {
    report: (_text, data) => line({ type: "report", ...(data as object) }),
    event: (event) => line(event),
    sample: (path, prompt) => line({ type: "sample", path, prompt }),
    done: (modulePath, bestStep) => line({ type: "done", module: modulePath, bestStep }),
  };
}

/** For people: the report, then a bar with loss, speed and time left. */
export function progressBar(): Watcher {
  const format = "{bar} {value}/{total}  loss {loss}  {speed} images/s  {left} left";
  const bar = new SingleBar({
    format,
    hideCursor: true,
    barsize: 30,
    clearOnComplete: false,
    noTTYOutput: true,
    notTTYSchedule: 5000,
  });
  let isStarted = false;
  const say = (text: string) => process.stdout.write(`${isStarted ? "\n" : ""}${text}\n`);
  return {
    report: (text) => say(text),
    event(event) {
      if (event.type === "step") {
        const payload = {
          loss: event.averageLoss.toFixed(4),
          speed: event.imagesPerSecond.toFixed(1),
          left: duration(event.secondsLeft),
        };
        if (!isStarted) bar.start(event.totalSteps, event.step, payload);
        isStarted = true;
        bar.update(event.step, payload);
      } else if (event.type === "resume") say(`going on from step ${event.step}`);
      else if (event.type === "validation")
        say(`held-out loss ${event.loss.toFixed(4)} at step ${event.step}; best so far: step ${event.bestStep}`);
      else if (event.type === "stop") {
        bar.stop();
        if (event.reason !== "finished") say(`stopped at step ${event.step}: ${event.reason}`);
      }
    },
    sample: () => {},
    done: (modulePath, bestStep) => say(`module written: ${modulePath} (step ${bestStep})`),
  };
}

function duration(seconds: number): string {
  const whole = Math.round(seconds);
  const minutes = Math.floor(whole / 60);
  return minutes > 0 ? `${minutes} min ${whole % 60} s` : `${whole} s`;
}
