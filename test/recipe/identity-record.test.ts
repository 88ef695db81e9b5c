import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { readRecord, writeRecord, type RecordKey, type SubjectResult } from "../../lora/recipe/identity-record.ts";
import { tempDir } from "../support/temp-dir.ts";

const key: RecordKey = {
  base: "0123456789",
  drawing: { guidanceScale: 6 },
  training: {},
  settings: ["defaults"],
  prompts: 20,
};
const three = (trained: number) => ({ trained, base: 0.1, real: 0.9 });
const result: SubjectResult = {
  measured: new Map([
    [
      "defaults",
      {
        name: "zmira",
        style: "adventurer",
        judged: [],
        ...three(0.4),
        recognised: three(1),
        fidelity: three(Number.NaN),
        steps: 950,
        seconds: 188.5,
      },
    ],
  ]),
  row: { name: "zmira", pictures: [Uint8Array.of(0, 128, 255), Uint8Array.of(1, 2, 3)] },
};

describe("what was measured of a subject", () => {
  it("is known again by a run that goes on, as it was", () => {
    const folder = tempDir();
    assert.equal(readRecord(folder, key, "zmira"), undefined);
    writeRecord(folder, key, result);
    assert.deepEqual(readRecord(folder, key, "zmira"), result);
  });

  it("does not stand for another base, other settings or other prompts, nor where its file is damaged", () => {
    const folder = tempDir();
    writeRecord(folder, key, result);
    assert.equal(readRecord(folder, { ...key, base: "abcdef0123" }, "zmira"), undefined);
    assert.equal(readRecord(folder, { ...key, drawing: {} }, "zmira"), undefined);
    assert.equal(readRecord(folder, { ...key, settings: ["rank-4"] }, "zmira"), undefined);
    assert.equal(readRecord(folder, { ...key, prompts: 2 }, "zmira"), undefined);
    writeFileSync(join(folder, "zmira.json"), '{"key":');
    assert.equal(readRecord(folder, key, "zmira"), undefined);
  });
});
