/** What a training run says, line by line, as changes of its job's state. */
import { limits } from "../protocol/index.ts";
import { addLog, type JobSnapshot } from "./job.ts";
import { addPoint, cutAfter, type Curve } from "./loss-curve.ts";

type Line = Readonly<Record<string, unknown>>;

/** A picture the run has drawn, or a reply. */
export interface DrawnSample {
  readonly path: string;
  readonly prompt: string;
  readonly step: number;
  readonly index: number;
  readonly seed: number;
  /** Of a voice. */
  readonly text?: string;
}

/** How a run that failed said why. */
export interface TrainingError {
  readonly code: string;
  readonly message: string;
}

export interface LineReader {
  readonly state: JobSnapshot;
  onSample(sample: DrawnSample): void;
  onError(error: TrainingError): void;
}

const FINDINGS_LOGGED_MAX = 20;

/** One row per kind of line; others are of no interest here. */
const readers: Readonly<Record<string, (line: Line, reader: LineReader) => void>> = {
  note: (line, { state }) => addLog(state, String(line["text"])),
  report(line, { state }) {
    if (typeof line["dialogues"] === "number") addLog(state, textReport(line));
    const findings = (line["findings"] ?? []) as readonly { file?: string; message: string; advice: string }[];
    for (const { file, message, advice } of findings.slice(0, FINDINGS_LOGGED_MAX)) {
      addLog(state, `${[file, message].filter(Boolean).join(": ")} – ${advice}`);
    }
  },
  step(line, { state }) {
    state.phase = "training";
    state.step = Number(line["step"]);
    state.steps = Number(line["totalSteps"]);
    state.loss = Number(line["averageLoss"]);
    state.imagesPerSecond = Number(line["imagesPerSecond"]);
    state.secondsLeft = Number(line["secondsLeft"]);
    onCurve(state, "loss", (curve) => addPoint(curve, state.step, state.loss, limits.lossPointsMax));
  },
  validation(line, { state }) {
    const [step, loss] = [Number(line["step"]), Number(line["loss"])];
    state.bestStep = Number(line["bestStep"]);
    onCurve(state, "validation", (curve) => addPoint(curve, step, loss, limits.lossPointsMax));
    addLog(state, `held-out loss ${loss.toFixed(4)} at step ${step}; best so far: step ${state.bestStep}`);
  },
  resume(line, { state }) {
    const step = Number(line["step"]);
    state.step = step;
    for (const which of ["loss", "validation"] as const) onCurve(state, which, (curve) => cutAfter(curve, step));
    addLog(state, `going on from step ${step}`);
  },
  save: (line, { state }) => addLog(state, `checkpoint of step ${String(line["step"])}`),
  module(line, { state }) {
    const step = Number(line["step"]);
    if (!state.savedSteps.includes(step)) state.savedSteps.push(step);
    state.phase = state.kind === "train-voice" ? "speaking samples" : "drawing samples";
  },
  sample: (line, reader) => reader.onSample(line as unknown as DrawnSample),
  stop(line, { state }) {
    state.bestStep = Number(line["bestStep"]);
    if (line["reason"] === "early-stopping") addLog(state, "stopped early: the held-out loss no longer falls");
  },
  error: (line, reader) => reader.onError({ code: String(line["code"]), message: String(line["message"]) }),
};

const textReport = ({ dialogues, heldOut, replyTokens, skipped, cut }: Line): string =>
  `${String(dialogues)} dialogues, ${String(heldOut)} held out; ${String(replyTokens)} tokens of replies; ` +
  `${String(skipped)} skipped, ${String(cut)} cut off`;

export function readLine(line: Line, reader: LineReader): void {
  const type = String(line["type"]);
  if (Object.hasOwn(readers, type)) readers[type]?.(line, reader);
}

function onCurve(state: JobSnapshot, which: "loss" | "validation", change: (curve: Curve) => void): void {
  const [steps, values] =
    which === "loss" ? (["lossSteps", "losses"] as const) : (["validationSteps", "validationLosses"] as const);
  const curve: Curve = { steps: state[steps], values: state[values] };
  change(curve);
  state[steps] = curve.steps;
  state[values] = curve.values;
}
