import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import { stripVTControlCharacters } from "node:util";
import { jsonLines, progressBar, type Watcher } from "../../lora/cli/progress.ts";

const step = (number: number) => ({
  type: "step" as const,
  step: number,
  totalSteps: 3,
  loss: 0.5,
  averageLoss: 0.25,
  learningRate: 1e-4,
  gradientNorm: 1,
  imagesPerSecond: 0.05,
  secondsLeft: 3725,
});

function run(watcher: Watcher): void {
  watcher.report("4 pictures\n", { samples: 4 });
  watcher.note("opening tiny");
  watcher.event({ type: "resume", step: 1 });
  watcher.event(step(2));
  watcher.event({ type: "validation", step: 2, loss: 0.125, bestStep: 2 });
  watcher.event(step(3));
  watcher.saved("steps/module-00000003.safetensors", 3);
  watcher.sample({ path: "samples/3-0.png", prompt: "a cat", step: 3, index: 0, seed: 7 });
  watcher.event({ type: "stop", step: 3, reason: "early-stopping", bestStep: 2 });
  watcher.done("module.safetensors", 2);
  watcher.close();
}

/** What stands in a terminal or a file after a run. */
function shown(isTTY: boolean): string {
  const output = Object.assign(new PassThrough(), { isTTY, columns: 100 }) as unknown as NodeJS.WriteStream &
    PassThrough;
  run(progressBar(output));
  return stripVTControlCharacters(String(output.read()));
}

const lines = [
  "4 pictures",
  "opening tiny",
  "going on from step 1",
  "held-out loss 0.1250 at step 2; best so far: step 2",
  "sample: samples/3-0.png",
  "stopped early: the held-out loss no longer falls; best: step 2 of 3",
  "module of step 2: module.safetensors",
];
const numbers = "loss 0.2500  20.0 s/image  1 h 2 min left";

describe("progress", () => {
  it("in a terminal: every line, and a bar that ends full", () => {
    const text = shown(true);
    for (const line of lines) assert.ok(text.includes(`${line}\n`), line);
    assert.match(text, /=+ 3\/3 {2}/);
    assert.ok(text.includes(numbers));
    assert.ok(text.endsWith(`${lines.at(-1)}\n`));
  });

  it("in a file: whole lines only, without empty ones", () => {
    const expected = [
      ...lines.slice(0, 3),
      `step 2/3  ${numbers}`,
      lines[3],
      `step 3/3  ${numbers}`,
      ...lines.slice(4),
    ];
    assert.deepEqual(shown(false).trimEnd().split("\n"), expected);
  });

  it("for machines: one JSON object a line", () => {
    let text = "";
    run(jsonLines((line) => (text += line)));
    const types = text
      .trimEnd()
      .split("\n")
      .map((line) => (JSON.parse(line) as { type: string }).type);
    assert.deepEqual(types, [
      "report",
      "note",
      "resume",
      "step",
      "validation",
      "step",
      "module",
      "sample",
      "stop",
      "done",
    ]);
  });
});
