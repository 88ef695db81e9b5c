import assert from "node:assert/strict";
import { resolve } from "node:path";
import fc from "fast-check";
import {
  bfloat16ToFloat32,
  float16ToFloat32,
  float32ToBfloat16,
  float32ToFloat16,
  openSafetensors,
  readTensor,
  readTensorRaw,
} from "../../lora/format/index.ts";

const golden = resolve(import.meta.dirname, "../golden/format/floats.safetensors");
const everyHalf = Uint16Array.from({ length: 0x10000 }, (_, bits) => bits);

/** The engine's own half reader, an implementation independent of ours (newer than the compiler's library types). */
function engineHalf(bits: number): number {
  const view = new DataView(new ArrayBuffer(2)) as DataView & { getFloat16(at: number): number };
  view.setUint16(0, bits);
  return view.getFloat16(0);
}

const engineRound = (Math as Math & { f16round(value: number): number }).f16round;

describe("float conversions", () => {
  it("reads every half as the engine does", () => {
    const values = float16ToFloat32(everyHalf);
    for (let bits = 0; bits < values.length; bits++) assert.ok(Object.is(values[bits], engineHalf(bits)), `${bits}`);
  });

  it("brings every half and every bfloat16 back to the same bits, NaN to a NaN", () => {
    const back = float32ToFloat16(float16ToFloat32(everyHalf));
    const brainBack = float32ToBfloat16(bfloat16ToFloat32(everyHalf));
    for (let bits = 0; bits < everyHalf.length; bits++) {
      if ((bits & 0x7fff) <= 0x7c00) assert.equal(back[bits], bits);
      else assert.ok((back[bits]! & 0x7fff) > 0x7c00, `${bits}`);
      if ((bits & 0x7fff) <= 0x7f80) assert.equal(brainBack[bits], bits);
      else assert.ok((brainBack[bits]! & 0x7fff) > 0x7f80, `${bits}`);
    }
  });

  it("rounds hard float32 values to half and bfloat16 exactly as PyTorch does", () => {
    const file = openSafetensors(golden);
    const values = readTensor(file, "values");
    assert.ok(values.length > 4000);
    assert.deepEqual(float32ToFloat16(values), readTensorRaw(file, "float16").data);
    assert.deepEqual(float32ToBfloat16(values), readTensorRaw(file, "bfloat16").data);
    assert.deepEqual(bfloat16ToFloat32(float32ToBfloat16(values)), readTensor(file, "bfloat16"));
  });

  it("rounds any float32 to half as the engine does", () => {
    fc.assert(
      fc.property(fc.float({ noNaN: true }), (value) => {
        const [ours] = float16ToFloat32(float32ToFloat16(Float32Array.of(value)));
        assert.ok(Object.is(ours, engineRound(value)), `${value}: ${ours}, not ${engineRound(value)}`);
      }),
      { numRuns: 5000 },
    );
  });

  it("reads every float8 as PyTorch does", () => {
    const file = openSafetensors(golden);
    for (const name of ["e4m3", "e5m2"]) {
      // As plain numbers: any NaN equals any other, whatever its payload.
      assert.deepEqual([...readTensor(file, name)], [...readTensor(file, `${name}.float32`)]);
    }
  });

  it("converts a view that does not begin at its buffer's start", () => {
    const values = new Float32Array([9, 1, -2]).subarray(1);
    assert.deepEqual([...float16ToFloat32(float32ToFloat16(values))], [1, -2]);
    assert.deepEqual([...bfloat16ToFloat32(float32ToBfloat16(values))], [1, -2]);
  });
});
