import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";

const run = (script: string, ...args: string[]) =>
  spawnSync(process.execPath, [`lora/recipe/${script}`, ...args], { encoding: "utf8" });

describe("scripts that measure and show a base", () => {
  it("refuse a number of pictures that cannot be compared", () => {
    const { status, stderr, stdout } = run("measure-base.ts", "--pictures", "1");
    assert.notEqual(status, 0);
    assert.ok(stderr.includes("MEASURE_PICTURES") && stderr.includes("got 1;"), stderr);
    assert.equal(stdout, "");
  });

  it("ask for a file where none is to be drawn into", () => {
    const { status, stderr } = run("draw-sheet.ts");
    assert.notEqual(status, 0);
    assert.match(stderr, /--out sheet\.webp, --tiled tiled\.webp or both/);
  });
});
