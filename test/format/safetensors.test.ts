import assert from "node:assert/strict";
import fs from "node:fs";
import { join, resolve } from "node:path";
import fc from "fast-check";
import { dtypes } from "../../lora/format/dtype.ts";
import {
  AnimulaError,
  openSafetensors,
  readTensor,
  readTensorRaw,
  writeSafetensors,
  type SafetensorsTensor,
} from "../../lora/format/index.ts";
import { tempDir } from "../support/temp-dir.ts";

const goldenPath = resolve(import.meta.dirname, "../golden/format/every-dtype.safetensors");
const dtypeNames = Object.keys(dtypes) as (keyof typeof dtypes)[];

function readAll(path: string): Record<string, SafetensorsTensor> {
  const file = openSafetensors(path);
  return Object.fromEntries([...file.tensors.keys()].map((name) => [name, readTensorRaw(file, name)]));
}

const tensorArbitrary: fc.Arbitrary<SafetensorsTensor> = fc
  .tuple(fc.constantFrom(...dtypeNames), fc.array(fc.nat(4), { maxLength: 3 }), fc.infiniteStream(fc.nat(255)))
  .map(([dtype, shape, stream]) => {
    const byteLength = (shape.reduce((product, size) => product * size, 1) * dtypes[dtype].bits) / 8;
    const bytes = Uint8Array.from(stream.take(byteLength));
    return { dtype, shape, data: dtypes[dtype].view(bytes.buffer) };
  });
const nameArbitrary = fc.string({ unit: "binary", maxLength: 12 }).filter((name) => name !== "__metadata__");
const metadataArbitrary = fc.dictionary(
  fc.string({ unit: "binary", maxLength: 6 }),
  fc.string({ unit: "binary", maxLength: 20 }),
);

describe("safetensors", () => {
  it("writes byte for byte what the Hugging Face writer writes: every dtype, awkward names, escapes, padding", () => {
    const path = join(tempDir(), "again.safetensors");
    // Backwards, so that the order in the file is the writer's own.
    const tensors = Object.fromEntries(Object.entries(readAll(goldenPath)).toReversed());
    writeSafetensors(path, tensors, { ...openSafetensors(goldenPath).metadata });
    assert.deepEqual(fs.readFileSync(path), fs.readFileSync(goldenPath));
    assert.equal(Object.keys(tensors).length, dtypeNames.length + 10);
  });

  it("reads what any input was written, and writes equal bytes for equal input in any order", () => {
    const folder = tempDir();
    const [path, again] = [join(folder, "a.safetensors"), join(folder, "b.safetensors")];
    fc.assert(
      fc.property(fc.dictionary(nameArbitrary, tensorArbitrary), metadataArbitrary, (tensors, metadata) => {
        writeSafetensors(path, tensors, metadata);
        const file = openSafetensors(path);
        assert.deepEqual({ ...file.metadata }, { ...metadata });
        assert.deepEqual(new Map(Object.entries(readAll(path))), new Map(Object.entries(tensors)));
        const reversed = Object.fromEntries(Object.entries(metadata).toReversed());
        writeSafetensors(again, Object.fromEntries(Object.entries(tensors).toReversed()), reversed);
        assert.deepEqual(fs.readFileSync(again), fs.readFileSync(path));
      }),
      { numRuns: 150 },
    );
  });

  it("answers any damage to a file with an AnimulaError or a well-formed file, never anything else", () => {
    const path = join(tempDir(), "damaged.safetensors");
    const bytes = fs.readFileSync(goldenPath);
    const edit = fc.record({ at: fc.nat(bytes.length - 1), byte: fc.nat(255) });
    const damage = fc.record({ edits: fc.array(edit, { minLength: 1, maxLength: 6 }), cut: fc.nat(bytes.length) });
    let refused = 0;
    fc.assert(
      fc.property(damage, fc.boolean(), ({ edits, cut }, isCut) => {
        const damaged = Buffer.from(bytes);
        for (const { at, byte } of edits) damaged[at] = byte;
        fs.writeFileSync(path, isCut ? damaged.subarray(0, cut) : damaged);
        try {
          for (const tensor of Object.values(readAll(path))) assert.ok(tensor.data.byteLength <= bytes.length);
        } catch (error) {
          if (!(error instanceof AnimulaError)) throw error;
          refused++;
        }
      }),
      { numRuns: 1500 },
    );
    assert.ok(refused > 500);
  });

  it("gives a tensor's absolute offset, so that the runtime can map it", () => {
    const file = openSafetensors(goldenPath);
    const { offset, byteLength } = file.tensors.get("scalar")!;
    assert.equal(
      fs
        .readFileSync(goldenPath)
        .subarray(offset, offset + byteLength)
        .readFloatLE(),
      2.5,
    );
    assert.equal(byteLength, 4);
  });

  it("gives the real path of a link, as Hugging Face caches have them", () => {
    const link = join(tempDir(), "link.safetensors");
    fs.symlinkSync(goldenPath, link);
    assert.equal(openSafetensors(link).path, fs.realpathSync(goldenPath));
  });

  it("opens a 4 GB file by its header alone, and reads a tensor beyond 4 GiB", () => {
    const path = join(tempDir(), "large.safetensors");
    const rows = 2 ** 20 + 1;
    const end = rows * 1024 * 4;
    const json =
      `{"large":{"dtype":"F32","shape":[${rows},1024],"data_offsets":[0,${end}]},` +
      `"last":{"dtype":"F32","shape":[2],"data_offsets":[${end},${end + 8}]}}`;
    const header = Buffer.alloc(8 + json.length);
    header.writeBigUInt64LE(BigInt(json.length));
    header.write(json, 8);
    const descriptor = fs.openSync(path, "w");
    fs.writeSync(descriptor, header, 0, header.length, 0);
    fs.writeSync(descriptor, new Uint8Array(Float32Array.of(7, 8).buffer), 0, 8, header.length + end);
    fs.closeSync(descriptor);
    const before = process.memoryUsage().rss;
    const start = performance.now();
    const file = openSafetensors(path);
    const openMs = performance.now() - start;
    assert.deepEqual(readTensor(file, "last"), Float32Array.of(7, 8));
    assert.ok(file.fileBytes > 2 ** 32);
    // Reading 4 GB takes seconds and gigabytes; a header takes about a millisecond.
    assert.ok(openMs < 200 && process.memoryUsage().rss - before < 100e6, `${openMs} ms`);
  });

  it("reads every floating-point dtype as float32", () => {
    const file = openSafetensors(goldenPath);
    const raw = readTensorRaw(file, "dtype.float64").data as Float64Array;
    assert.deepEqual(readTensor(file, "dtype.float64"), new Float32Array(raw));
    for (const name of ["float32", "float16", "bfloat16", "float8_e4m3fn", "float8_e5m2"]) {
      assert.equal(readTensor(file, `dtype.${name}`).length, 6);
    }
  });
});

describe("what writeSafetensors asserts of its caller", () => {
  const one = { dtype: "F32", shape: [1], data: Float32Array.of(1) } as const;
  const cases: [string, Record<string, SafetensorsTensor>][] = [
    ["data that does not fit the shape", { a: { ...one, shape: [2] } }],
    ["data of another width", { a: { ...one, dtype: "F16" } }],
    ["a negative size", { a: { ...one, shape: [-1, -1] } }],
    ["the reserved name", { __metadata__: one }],
    ["a name that is not Unicode", { "\ud800": one }],
  ];
  for (const [title, tensors] of cases) {
    it(title, () => {
      assert.throws(() => writeSafetensors(join(tempDir(), "a.safetensors"), tensors), { code: "ERR_ASSERTION" });
    });
  }
});
