import assert from "node:assert/strict";
import { join } from "node:path";
import { openSafetensors } from "../../lora/format/index.ts";
import { tempDir } from "../support/temp-dir.ts";
import { animula, filesBelow, makePictures, writeConfig } from "./animula.ts";

interface Line {
  readonly type: string;
  readonly step?: number;
  readonly reason?: string;
}
const parse = (stdout: string) =>
  stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Line);

describe("animula train, interrupted", () => {
  it("saves a checkpoint and the module, exits with 130, and goes on from there", async () => {
    const dir = tempDir();
    await makePictures(join(dir, "pictures"));
    // The picture would take a minute: whoever cancels does not wait for it.
    writeConfig(dir, { max_train_steps: 15, sample_prompts: ["a picture --s 1000 --w 256 --h 256"] });
    const train = ["train", "--config", "run.yaml", "--json"];
    const first = await animula(train, {
      cwd: dir,
      onLine: (line, interrupt) => {
        if ((JSON.parse(line) as Line).step === 3) interrupt();
      },
    });
    assert.equal(first.code, 130, first.stderr);
    const lines = parse(first.stdout);
    const stop = lines.find(({ type }) => type === "stop");
    assert.equal(stop?.reason, "cancelled");
    const files = filesBelow(join(dir, "output"));
    assert.ok(files.includes(`checkpoints/step-${String(stop.step).padStart(8, "0")}.safetensors`));
    assert.ok(files.includes("module.safetensors"));
    assert.ok(!files.some((name) => name.startsWith("samples") || name.endsWith(".tmp")));
    assert.deepEqual(
      lines.slice(-1).map(({ type, step }) => ({ type, step })),
      [{ type: "done", step: stop.step }],
    );

    writeConfig(dir, { max_train_steps: 15 });
    const second = await animula(train, { cwd: dir });
    assert.equal(second.code, 0, second.stderr);
    const more = parse(second.stdout);
    assert.equal(more.find(({ type }) => type === "resume")?.step, stop.step);
    assert.equal(more.at(-1)?.step, 15);
    // Each save left its module; the last one is the finished module but for its name.
    const kept = filesBelow(join(dir, "output")).filter((name) => name.startsWith("steps/"));
    assert.deepEqual(kept, [
      `steps/module-${String(stop.step).padStart(8, "0")}.safetensors`,
      "steps/module-00000015.safetensors",
    ]);
    const hash = (name: string) => openSafetensors(join(dir, "output", name)).metadata["sshs_model_hash"];
    assert.equal(hash(kept[1]!), hash("module.safetensors"));
    assert.notEqual(hash(kept[0]!), hash("module.safetensors"));
  });
});
