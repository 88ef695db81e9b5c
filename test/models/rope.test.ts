import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { readConfig } from "../../lora/models/config-file.ts";
import { readRope, rotaryRates, rotaryTables } from "../../lora/models/rope.ts";
import { tempDir } from "../support/temp-dir.ts";

interface Expected {
  readonly sizes: { readonly head_dim: number; readonly max_position_embeddings: number };
  readonly cases: readonly {
    readonly parameters: Readonly<Record<string, unknown>>;
    readonly length: number;
    readonly rates: readonly number[];
    readonly attentionFactor: number;
  }[];
}
const file = fileURLToPath(new URL("../golden/text/rope.json", import.meta.url));
const { sizes, cases } = JSON.parse(readFileSync(file, "utf8")) as Expected;
const { head_dim: headSize, max_position_embeddings: maxPositions } = sizes;

function read(config: object) {
  const path = join(tempDir(), "config.json");
  writeFileSync(path, JSON.stringify(config));
  return readRope(readConfig(path), { headSize, maxPositions });
}

describe("rotary scalings against transformers", () => {
  cases.forEach(({ parameters, length, rates, attentionFactor }, i) =>
    it(`${i + 1}: ${String(parameters["rope_type"])}, a run of ${length}`, () => {
      const rope = read({ rope_parameters: parameters });
      const own = rotaryRates(rope, headSize, length);
      assert.equal(own.length, rates.length);
      // transformers computes them in float32.
      own.forEach((rate, at) => assert.ok(Math.abs(rate / rates[at]! - 1) < 1e-6, `${at}: ${rate} ${rates[at]}`));
      assert.ok(Math.abs(rope.attentionFactor - attentionFactor) < 1e-12);
      const { cos, sin } = rotaryTables(rope, headSize, [length - 1]);
      for (const [j, c] of cos.entries()) assert.ok(Math.abs(Math.hypot(c, sin[j]!) - attentionFactor) < 1e-6);
    }),
  );

  it("the original length beside the scaling comes before the one within, as Phi means it", () => {
    const scaling = { type: "longrope", short_factor: Array(8).fill(1), long_factor: Array(8).fill(2) };
    const rope = read({
      original_max_position_embeddings: 256,
      rope_scaling: { ...scaling, original_max_position_embeddings: 512 },
    });
    assert.equal(rope.kind === "longrope" && rope.originalPositions, 256);
    assert.equal(rope.attentionFactor, Math.sqrt(1 + Math.log(16) / Math.log(256)));
  });
});
