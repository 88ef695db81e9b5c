import assert from "node:assert/strict";
import fc from "fast-check";
import { assignBuckets, bucketKey, bucketSizes, nearestBucket } from "../../lora/data/buckets.ts";
import { AnimulaError } from "../../lora/format/index.ts";

const kohya = { resolution: 512, step: 64 };
const keys = (options: Parameters<typeof bucketSizes>[0]): string[] => bucketSizes(options).map(bucketKey);

describe("buckets", () => {
  it("are kohya's at 512", () => {
    // make_bucket_resolutions((512, 512), min_size=256, max_size=1024, divisible=64) of sd-scripts, sorted.
    const expected =
      "256x832 256x896 256x960 256x1024 320x704 320x768 384x640 448x576 512x512 576x448 640x384 704x320 768x320 832x256 896x256 960x256 1024x256";
    assert.deepEqual(keys(kohya), expected.split(" "));
  });

  it("scale with the base", () => {
    const expected = "64x192 64x224 64x256 96x160 128x128 160x96 192x64 224x64 256x64";
    assert.deepEqual(keys({ resolution: 128, step: 32 }), expected.split(" "));
  });

  it("take the area of a resolution that is not square", () => {
    const expected =
      "256x1024 320x1024 384x896 384x960 384x1024 448x832 512x704 512x768 576x576 576x640 640x576 704x512 768x512 832x448 896x384 960x384 1024x256 1024x320 1024x384";
    const options = { resolution: { width: 768, height: 512 }, step: 64, min: 256, max: 1024 };
    assert.deepEqual(keys(options), expected.split(" "));
  });

  it("are one size when switched off", () => {
    assert.deepEqual(keys({ resolution: { width: 512, height: 768 }, step: 64, enabled: false }), ["512x768"]);
  });

  it("need a size that fits", () => {
    assert.throws(
      () => bucketSizes({ resolution: 512, step: 64, min: 600, max: 640 }),
      (error: unknown) =>
        error instanceof AnimulaError && error.code === "BUCKETS_EMPTY" && /600 to 640/.test(error.message),
    );
  });

  it("keep to the limits, hold every size turned, and never exceed the area", () => {
    const options = fc.record({
      resolution: fc.integer({ min: 64, max: 2048 }),
      step: fc.constantFrom(8, 16, 32, 64),
    });
    fc.assert(
      fc.property(options, (chosen) => {
        const sizes = bucketSizes(chosen);
        const all = new Set(sizes.map(bucketKey));
        assert.equal(all.size, sizes.length);
        for (const { width, height } of sizes) {
          assert.ok(width % chosen.step === 0 && height % chosen.step === 0);
          assert.ok(width * height <= chosen.resolution ** 2);
          assert.ok(
            Math.min(width, height) >= chosen.resolution / 2 && Math.max(width, height) <= chosen.resolution * 2,
          );
          assert.ok(all.has(bucketKey({ width: height, height: width })));
        }
      }),
    );
  });

  it("each picture goes to the nearest shape, the turned picture to the turned bucket", () => {
    const side = fc.integer({ min: 1, max: 8000 });
    const sizes = bucketSizes(kohya);
    fc.assert(
      fc.property(side, side, (width, height) => {
        const chosen = nearestBucket({ width, height }, sizes);
        const off = (size: { width: number; height: number }): number =>
          Math.abs(Math.log(size.width / size.height) - Math.log(width / height));
        for (const size of sizes) assert.ok(off(chosen) <= off(size) + 1e-6);
        const turned = nearestBucket({ width: height, height: width }, sizes);
        assert.ok(
          Math.abs(off(chosen) - Math.abs(Math.log(turned.height / turned.width) - Math.log(width / height))) < 1e-6,
        );
      }),
    );
  });

  it("of equal shapes the larger wins", () => {
    const sizes = [
      { width: 64, height: 64 },
      { width: 128, height: 128 },
    ];
    assert.equal(nearestBucket({ width: 10, height: 10 }, sizes), sizes[1]);
    assert.equal(nearestBucket({ width: 10, height: 10 }, sizes.toReversed()), sizes[1]);
  });

  it("hold every picture once, in order, and no bucket is empty", () => {
    const picture = fc.record({ width: fc.integer({ min: 1, max: 4000 }), height: fc.integer({ min: 1, max: 4000 }) });
    fc.assert(
      fc.property(fc.array(picture, { maxLength: 30 }), (pictures) => {
        const buckets = assignBuckets(pictures, kohya);
        assert.equal([...buckets.values()].flatMap(({ samples }) => samples).length, pictures.length);
        for (const [key, bucket] of buckets) {
          assert.equal(key, bucketKey(bucket));
          assert.ok(bucket.samples.length > 0);
          const order = bucket.samples.map((sample) => pictures.indexOf(sample));
          assert.deepEqual(
            order,
            order.toSorted((a, b) => a - b),
          );
        }
      }),
    );
  });
});
