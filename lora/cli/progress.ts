import { MultiBar, type SingleBar } from "cli-progress";
import type { AnimulaError } from "../format/index.ts";
import type { TrainEvent } from "../train/index.ts";

/** A sample picture: `index` is that of its prompt. */
export interface DrawnSample {
  readonly path: string;
  readonly prompt: string;
  readonly step: number;
  readonly index: number;
  readonly seed: number;
  /** The reply, where a text model was asked. */
  readonly text?: string;
}

/** What a command tells whoever watches it. */
export interface Watcher {
  report(text: string, data: unknown): void;
  note(text: string): void;
  event(event: TrainEvent): void;
  sample(sample: DrawnSample): void;
  /** A module file of a step on the way. */
  saved(modulePath: string, step: number): void;
  done(modulePath: string, step: number): void;
  failed(error: AnimulaError): void;
  /** Gives the terminal back; to be called in any case. */
  close(): void;
}

/** For machines: one JSON object a line. */
export function jsonLines(write: (line: string) => void = (line) => void process.stdout.write(line)): Watcher {
  const line = (object: object) => write(`${JSON.stringify(object)}\n`);
  return {
    report: (_text, data) => line({ type: "report", ...(data as object) }),
    note: (text) => line({ type: "note", text }),
    event: (event) => line(event),
    sample: (sample) => line({ type: "sample", ...sample }),
    saved: (path, step) => line({ type: "module", path, step }),
    done: (module, step) => line({ type: "done", module, step }),
    failed: ({ code, message }) => line({ type: "error", code, message }),
    close: () => {},
  };
}

type StepEvent = Extract<TrainEvent, { type: "step" }>;
/** Where the newest step is shown, and lines above it. */
interface Display {
  say(text: string): void;
  step(event: StepEvent): void;
  close(): void;
}

/** For people: the report, then how far it is, with loss, speed and time left. */
export function progressBar(output: NodeJS.WriteStream = process.stdout): Watcher {
  const display = output.isTTY ? terminalDisplay(output) : lineDisplay(output);
  return {
    report: (text) => display.say(text.trimEnd()),
    note: (text) => display.say(text),
    event(event) {
      if (event.type === "step") display.step(event);
      else if (event.type === "resume") display.say(`going on from step ${event.step}`);
      else if (event.type === "validation")
        display.say(
          `held-out loss ${event.loss.toFixed(4)}${perplexity(event.perplexity)} at step ${event.step}; best so far: step ${event.bestStep}`,
        );
      else if (event.type === "stop") {
        display.close();
        if (event.reason === "early-stopping")
          display.say(
            `stopped early: the held-out loss no longer falls; best: step ${event.bestStep} of ${event.step}`,
          );
      }
    },
    sample: ({ path, prompt, text }) =>
      display.say(text === undefined ? `sample: ${path}` : `sample: ${prompt} → ${text}`),
    saved: () => {},
    done: (modulePath, step) => display.say(`module of step ${step}: ${modulePath}`),
    failed: () => {},
    close: () => display.close(),
  };
}

/** A bar at the bottom, lines above it. */
function terminalDisplay(output: NodeJS.WriteStream): Display {
  let bars: MultiBar | undefined;
  let bar: SingleBar | undefined;
  return {
    say: (text) => void (bars ? bars.log(`${text}\n`) : output.write(`${text}\n`)),
    step(event) {
      const format = "{bar} {value}/{total}  {numbers}";
      bars ??= new MultiBar({ format, stream: output, barsize: 30, linewrap: true, gracefulExit: false });
      const numbers = stepNumbers(event);
      bar ??= bars.create(event.totalSteps, event.step, { numbers });
      bar.update(event.step, { numbers });
    },
    close() {
      // Lines that came since the last redraw would be lost.
      bars?.update();
      bars?.stop();
      [bars, bar] = [undefined, undefined];
    },
  };
}

/** A log file or a pipe gets a line now and then instead of a moving bar. */
const LINE_EVERY_MS = 5000;

function lineDisplay(output: NodeJS.WriteStream): Display {
  let next = 0;
  return {
    say: (text) => void output.write(`${text}\n`),
    step(event) {
      const now = performance.now();
      if (now < next && event.step < event.totalSteps) return;
      next = now + LINE_EVERY_MS;
      output.write(`step ${event.step}/${event.totalSteps}  ${stepNumbers(event)}\n`);
    },
    close: () => {},
  };
}

const perplexity = (value: number | undefined): string =>
  value === undefined ? "" : ` (perplexity ${value.toFixed(2)})`;

function stepNumbers({ averageLoss, imagesPerSecond: speed, unit = "image", secondsLeft }: StepEvent): string {
  // Large models on a CPU take many seconds a picture, which "0.0 images/s" would hide.
  const pace = speed >= 1 ? `${speed.toFixed(1)} ${unit}s/s` : `${(1 / speed).toFixed(1)} s/${unit}`;
  return `loss ${averageLoss.toFixed(4)}  ${pace}  ${duration(secondsLeft)} left`;
}

function duration(seconds: number): string {
  const whole = Math.round(seconds);
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  if (hours > 0) return `${hours} h ${minutes} min`;
  return minutes > 0 ? `${minutes} min ${whole % 60} s` : `${whole} s`;
}

/** For `generate`: the sampling step in a line that replaces itself; nothing where nobody watches. */
export function drawingSteps(what: string, output: NodeJS.WriteStream = process.stderr) {
  return (step: number, steps: number): void => {
    if (output.isTTY) output.write(step < steps ? `\r${what}: step ${step}/${steps} ` : "\r\u001B[K");
  };
}
