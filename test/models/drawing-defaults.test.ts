import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { readDrawingDefaults } from "../../lora/models/drawing-defaults.ts";
import { tempDir } from "../support/temp-dir.ts";

describe("drawing defaults of a base", () => {
  const baseWith = (text: string): string => {
    const dir = tempDir();
    writeFileSync(join(dir, "animula.json"), text);
    return dir;
  };

  it("are none without a word about drawing", () => {
    assert.deepEqual(readDrawingDefaults(tempDir()), {});
    assert.deepEqual(readDrawingDefaults(baseWith('{"training": {}}')), {});
  });

  it("are what the base's folder suggests", () => {
    assert.deepEqual(readDrawingDefaults(baseWith('{"drawing": {"guidanceScale": 3}}')), { guidanceScale: 3 });
    assert.deepEqual(readDrawingDefaults(baseWith('{"drawing": {"guidanceScale": 2.5, "steps": 30}}')), {
      guidanceScale: 2.5,
      steps: 30,
    });
    const guidance = { tilingGuidanceScale: 2, guidanceStop: 0.5, guidanceRescale: 0 };
    assert.deepEqual(readDrawingDefaults(baseWith(JSON.stringify({ drawing: guidance }))), guidance);
  });

  for (const [wrong, key] of [
    ['{"drawing": 3}', "drawing"],
    ['{"drawing": {"guidanceScale": "high"}}', "guidanceScale"],
    ['{"drawing": {"tilingGuidanceScale": 0}}', "tilingGuidanceScale"],
    ['{"drawing": {"steps": 2.5}}', "steps"],
    ['{"drawing": {"guidanceStop": 1.5}}', "guidanceStop"],
    ['{"drawing": {"guidanceRescale": "0.7"}}', "guidanceRescale"],
    ["{", "animula.json"],
  ] as const)
    it(`name ${key} where it is wrong: ${wrong}`, () => {
      assert.throws(() => readDrawingDefaults(baseWith(wrong)), {
        code: "BASE_CONFIG_INVALID",
        message: new RegExp(key),
      });
    });
});
