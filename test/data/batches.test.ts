import assert from "node:assert/strict";
import fc from "fast-check";
import { balanceClassSamples, batchesPerEpoch, epochBatches, splitValidation } from "../../lora/data/batches.ts";
import { assignBuckets } from "../../lora/data/buckets.ts";
import { epochSeed, seededRandom, shuffled } from "../../lora/data/random.ts";

const sample = fc.record({
  width: fc.constantFrom(300, 512, 900),
  height: fc.constantFrom(300, 512, 900),
  repeats: fc.integer({ min: 1, max: 4 }),
});
const samples = fc.array(sample, { minLength: 1, maxLength: 20 });
const bucketed = samples.map((all) => assignBuckets(all, { resolution: 512, step: 64 }));
const batchSize = fc.integer({ min: 1, max: 6 });
const seed = fc.integer({ min: 0, max: 2 ** 31 - 1 });

describe("epochBatches", () => {
  it("shows every picture as often as it repeats, in batches of one size", () => {
    fc.assert(
      fc.property(bucketed, batchSize, seed, (buckets, size, start) => {
        const batches = epochBatches(buckets, size, start);
        assert.equal(batches.length, batchesPerEpoch(buckets, size));
        const shown = new Map<object, number>();
        for (const batch of batches) {
          assert.ok(batch.samples.length > 0 && batch.samples.length <= size);
          const bucket = buckets.get(`${batch.width}x${batch.height}`)!;
          for (const one of batch.samples) {
            assert.ok(bucket.samples.includes(one));
            shown.set(one, (shown.get(one) ?? 0) + 1);
          }
        }
        for (const { samples: inside } of buckets.values()) {
          for (const one of inside) assert.equal(shown.get(one), one.repeats);
        }
      }),
    );
  });

  it("an epoch's order is recomputed from the seed and its number alone", () => {
    fc.assert(
      fc.property(bucketed, batchSize, seed, fc.nat(50), (buckets, size, start, epoch) => {
        const inOrder = Array.from({ length: epoch + 1 }, (_, e) => epochBatches(buckets, size, epochSeed(start, e)));
        assert.deepEqual(epochBatches(buckets, size, epochSeed(start, epoch)), inOrder[epoch]);
      }),
      { numRuns: 30 },
    );
  });

  it("epochs and seeds differ", () => {
    const pictures = Array.from({ length: 12 }, (_, id) => ({ width: 512, height: 512, repeats: 1, id }));
    const buckets = assignBuckets(pictures, { resolution: 512, step: 64 });
    const orders = [epochSeed(1, 0), epochSeed(1, 1), epochSeed(2, 0), epochSeed(2, 1)].map((start) =>
      epochBatches(buckets, 1, start)
        .map(({ samples: [one] }) => one!.id)
        .join(),
    );
    assert.equal(new Set(orders).size, 4);
  });
});

describe("seededRandom", () => {
  it("is one sequence for a seed, on every machine", () => {
    const random = seededRandom(42);
    const first = [random(), random(), random()].map((value) => value * 2 ** 32);
    // Computed by a separate implementation in Python.
    assert.deepEqual(first, [3062184062, 901382048, 3265375612]);
  });

  it("is uniform: mean, variance and every tenth within 5 standard errors", () => {
    const random = seededRandom(7);
    const count = 100_000;
    const bins = new Array<number>(10).fill(0);
    let sum = 0;
    for (let i = 0; i < count; i++) {
      const value = random();
      sum += value;
      bins[Math.floor(value * 10)]!++;
    }
    assert.ok(Math.abs(sum / count - 0.5) < (5 * Math.sqrt(1 / 12)) / Math.sqrt(count));
    for (const bin of bins) assert.ok(Math.abs(bin - count / 10) < 5 * Math.sqrt(count * 0.09), `${bins}`);
  });

  it("shuffles fairly: each of the six orders of three about equally often", () => {
    const random = seededRandom(3);
    const counts = new Map<string, number>();
    for (let i = 0; i < 6000; i++) {
      const order = shuffled([1, 2, 3], random).join("");
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    assert.equal(counts.size, 6);
    for (const count of counts.values()) assert.ok(Math.abs(count - 1000) < 150, `${[...counts]}`);
  });
});

describe("splitValidation", () => {
  it("holds pictures back by the seed alone and keeps one on each side", () => {
    const split = fc.oneof(fc.double({ min: 0, max: 0.999, noNaN: true }), fc.integer({ min: 1, max: 50 }));
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), split, seed, (count, share, start) => {
        const all = Array.from({ length: count }, (_, index) => index);
        const { train, validation } = splitValidation(all, share, start);
        assert.deepEqual(splitValidation(all, share, start), { train, validation });
        assert.deepEqual(
          [...train, ...validation].toSorted((a, b) => a - b),
          all,
        );
        assert.ok(train.length > 0);
        if (share > 0 && count > 1) assert.ok(validation.length > 0);
        if (share === 0) assert.equal(validation.length, 0);
        if (share >= 1) assert.equal(validation.length, Math.min(share, count - 1));
      }),
    );
  });
});

describe("balanceClassSamples", () => {
  it("shows class pictures about as often as the subject's", () => {
    const subject = [{ repeats: 10 }, { repeats: 10 }];
    assert.deepEqual(balanceClassSamples(subject, [{ repeats: 1 }, { repeats: 3 }]), [
      { repeats: 10 },
      { repeats: 10 },
    ]);
    assert.deepEqual(balanceClassSamples([{ repeats: 1 }], [{ repeats: 5 }, { repeats: 5 }]), [
      { repeats: 1 },
      { repeats: 1 },
    ]);
    assert.deepEqual(balanceClassSamples(subject, []), []);
  });
});
