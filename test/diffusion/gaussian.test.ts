import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { normalQuantile, philox, Random } from "../../lora/diffusion/gaussian.ts";
import type { RandomState } from "../../lora/diffusion/gaussian.ts";
import { closeTo } from "../support/close-to.ts";

describe("diffusion/gaussian", () => {
  it("Philox4x32-10 gives the known answers of Salmon et al. (Random123, kat_vectors)", () => {
    const ones = 0xffffffff;
    for (const [counter, key, expected] of [
      [
        [0, 0, 0, 0],
        [0, 0],
        [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8],
      ],
      [
        [ones, ones, ones, ones],
        [ones, ones],
        [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd],
      ],
      [
        [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
        [0xa4093822, 0x299f31d0],
        [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
      ],
    ] as const) {
      const words = Uint32Array.from(counter);
      philox(words, key[0], key[1]);
      assert.deepEqual([...words], expected);
    }
  });

  it("normalQuantile equals Python's statistics.NormalDist().inv_cdf", () => {
    const ps = [1e-16, 1e-5, 0.01, 0.07, 0.2, 0.5, 0.9, 0.999999];
    const expected = [
      -8.222082216130435, -4.2648907939228256, -2.3263478740408408, -1.4757910281791702, -0.8416212335729142, 0,
      1.2815515655446008, 4.753424308817089,
    ];
    closeTo(ps.map(normalQuantile), expected, { rtol: 1e-15 });
  });

  it("a seed names one sequence of bits, on every machine and engine", () => {
    const values = new Random(42).fillNormal(new Float32Array(4096));
    const hash = createHash("sha256").update(new Uint8Array(values.buffer)).digest("hex");
    assert.equal(hash.slice(0, 16), "71fc189d16f84054");
    assert.notDeepEqual(new Random(42, 1).fillNormal(new Float32Array(4)), values.slice(0, 4));
    assert.notDeepEqual(new Random(43).fillNormal(new Float32Array(4)), values.slice(0, 4));
  });

  it("has the moments of N(0, 1)", () => {
    const count = 400_000;
    const values = new Random(7).fillNormal(new Float32Array(count));
    const moment = (power: number) => values.reduce((sum, value) => sum + value ** power, 0) / count;
    // Five standard errors of each moment's estimate.
    closeTo([moment(1)], [0], { atol: 5 * Math.sqrt(1 / count) });
    closeTo([moment(2)], [1], { atol: 5 * Math.sqrt(2 / count) });
    closeTo([moment(3)], [0], { atol: 5 * Math.sqrt(15 / count) });
    closeTo([moment(4)], [3], { atol: 5 * Math.sqrt(96 / count) });
  });

  it("uniform and integer stay in range", () => {
    const random = new Random(1);
    const counts = new Array<number>(7).fill(0);
    for (let i = 0; i < 7000; i++) {
      const value = random.uniform();
      assert.ok(value >= 0 && value < 1);
      counts[random.integer(7)]!++;
    }
    assert.ok(counts.every((count) => Math.abs(count - 1000) < 150));
  });

  it("continues from a state that went through JSON, at any position", () => {
    for (const drawn of [0, 1, 2, 3, 1001]) {
      const random = new Random(2 ** 53 - 1, 5);
      for (let i = 0; i < drawn; i++) random.normal();
      const copy = Random.from(JSON.parse(JSON.stringify(random.state())) as RandomState);
      assert.deepEqual(copy.state(), random.state());
      for (let i = 0; i < 5; i++) assert.equal(copy.normal(), random.normal());
    }
  });

  it("refuses seeds and states that are not whole numbers", () => {
    for (const seed of [-1, 0.5, Number.NaN, 2 ** 53, "1"]) {
      assert.throws(() => new Random(seed as number), { code: "SEED_RANGE" });
      assert.throws(() => new Random(0, seed as number), { code: "SEED_RANGE" });
      const state = { seed: 1, stream: 0, position: seed } as RandomState;
      assert.throws(() => Random.from(state), { code: "RANDOM_STATE" });
    }
    assert.throws(() => Random.from(null as unknown as RandomState), { code: "RANDOM_STATE" });
    assert.throws(() => Random.from({} as RandomState), { code: "RANDOM_STATE" });
  });
});
