import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as fc from "fast-check";
import {
  AnimulaError,
  openGguf,
  openSafetensors,
  readGgufRows,
  readGgufTensor,
  readTensor,
} from "../../lora/format/index.ts";
import { tempDir } from "../support/temp-dir.ts";
import { ggufBytes, pair, tensor, text, u32, u64 } from "./gguf-bytes.ts";

const golden = (name: string): string => fileURLToPath(new URL(`../golden/gguf/${name}`, import.meta.url));

function write(bytes: Uint8Array): string {
  const path = join(tempDir(), "model.gguf");
  writeFileSync(path, bytes);
  return path;
}

describe("GGUF", () => {
  it("values of every type of block, bit for bit as llama.cpp's gguf package has them", () => {
    const file = openGguf(golden("blocks.gguf"));
    const expected = openSafetensors(golden("blocks.safetensors"));
    const types = ["F32", "F16", "BF16", "Q4_0", "Q4_1", "Q8_0", "Q4_K", "Q6_K"];
    assert.deepEqual([...file.tensors.keys()], types);
    for (const [name, tensor] of file.tensors) {
      assert.equal(tensor.type, name);
      assert.deepEqual(tensor.shape, [3, 512]);
      const values = readTensor(expected, name);
      assert.deepEqual(readGgufTensor(file, tensor), values, name);
      assert.deepEqual(readGgufRows(file, tensor, 1, 2), values.slice(512), `rows of ${name}`);
    }
  });

  it("metadata of every type", () => {
    const number = (write: (bytes: DataView) => void, bytes: number) => {
      const buffer = Buffer.alloc(bytes);
      write(new DataView(buffer.buffer, buffer.byteOffset, bytes));
      return buffer;
    };
    const { metadata } = openGguf(
      write(
        ggufBytes([
          pair("u8", 0, Buffer.from([200])),
          pair("i8", 1, Buffer.from([200])),
          pair("u16", 2, Buffer.from([1, 2])),
          pair("i16", 3, Buffer.from([0, 128])),
          pair("u32", 4, u32(4_000_000_000)),
          pair("i32", 5, u32(0xffffffff)),
          pair(
            "f32",
            6,
            number((view) => view.setFloat32(0, 0.5, true), 4),
          ),
          pair("flag", 7, Buffer.from([1])),
          pair("text", 8, text("你好")),
          pair("list", 9, Buffer.concat([u32(8), u64(2), text("a"), text("b")])),
          pair("u64", 10, u64(2n ** 63n)),
          pair("i64", 11, u64(7)),
          pair(
            "f64",
            12,
            number((view) => view.setFloat64(0, -0.1, true), 8),
          ),
        ]),
      ),
    );
    assert.deepEqual(Object.fromEntries(metadata), {
      u8: 200,
      i8: -56,
      u16: 513,
      i16: -32768,
      u32: 4_000_000_000,
      i32: -1,
      f32: 0.5,
      flag: true,
      text: "你好",
      list: ["a", "b"],
      u64: 2n ** 63n,
      i64: 7,
      f64: -0.1,
    });
  });

  const data = Buffer.alloc(64);
  const one = [tensor("t", [8], 0, 0)];
  const huge = 2n ** 60n;
  /** What is wrong, the file, and how it is refused. */
  const attacks: readonly (readonly [string, Buffer, string, RegExp?])[] = [
    ["an empty file", Buffer.alloc(0), "GGUF_MAGIC"],
    ["another file", Buffer.from("PK\u0003\u0004 and more"), "GGUF_MAGIC"],
    ["the first version", ggufBytes([], [], data, { version: 1 }), "GGUF_VERSION"],
    ["a big-endian file", ggufBytes([], [], data, { version: 3 << 24 }), "GGUF_VERSION"],
    ["fewer bytes than the head needs", ggufBytes([pair("a", 8, text("b"))]).subarray(0, -1), "GGUF_TRUNCATED"],
    ["more keys than there are", ggufBytes([], [], data, { keys: 5 }), "GGUF_TRUNCATED"],
    ["an absurd number of keys", ggufBytes([], [], data, { keys: huge }), "GGUF_TOO_MANY", /keys/],
    ["an absurd number of tensors", ggufBytes([], [], data, { count: huge }), "GGUF_TOO_MANY", /tensors/],
    ["an absurd text", ggufBytes([pair("a", 8, u64(huge))]), "GGUF_TOO_MANY", /bytes of a/],
    ["a text longer than the file", ggufBytes([pair("a", 8, u64(1 << 20))]), "GGUF_TRUNCATED"],
    ["an absurd list", ggufBytes([pair("a", 9, Buffer.concat([u32(0), u64(huge)]))]), "GGUF_TOO_MANY"],
    [
      "a list longer than the file",
      ggufBytes([pair("a", 9, Buffer.concat([u32(12), u64(1 << 20)]))]),
      "GGUF_TRUNCATED",
    ],
    ["a list of lists", ggufBytes([pair("a", 9, Buffer.concat([u32(9), u64(1)]))]), "GGUF_VALUE_TYPE"],
    ["a type that is none", ggufBytes([pair("a", 13, u64(1))]), "GGUF_VALUE_TYPE"],
    ["a text that is none", ggufBytes([pair("a", 8, text(Buffer.from([0xff, 0xfe])))]), "GGUF_NOT_UTF8"],
    ["a key twice", ggufBytes([pair("a", 0, data.subarray(0, 1)), pair("a", 0, data.subarray(0, 1))]), "GGUF_REPEATED"],
    ["a tensor twice", ggufBytes([], [...one, ...one], data), "GGUF_REPEATED", /tensor.*t twice/],
    ["an unknown type of block", ggufBytes([], [tensor("t", [8], 16, 0)], data), "GGUF_TENSOR_TYPE", /Q4_K/],
    ["too many dimensions", ggufBytes([], [tensor("t", [1, 1, 1, 1, 8], 0, 0)], data), "GGUF_TOO_MANY"],
    ["half a block", ggufBytes([], [tensor("t", [16], 2, 0)], data), "GGUF_TENSOR_SHAPE"],
    ["sizes that overflow", ggufBytes([], [tensor("t", [2 ** 40, 2 ** 40], 0, 0)], data), "GGUF_TENSOR_SHAPE"],
    ["a size beyond counting", ggufBytes([], [tensor("t", [2n ** 63n], 0, 0)], data), "GGUF_TOO_MANY"],
    ["data after the end", ggufBytes([], [tensor("t", [8], 0, 64)], data), "GGUF_TENSOR_PLACE"],
    ["data far outside", ggufBytes([], [tensor("t", [8], 0, 2 ** 52)], data), "GGUF_TENSOR_PLACE"],
    ["an offset beyond counting", ggufBytes([], [tensor("t", [8], 0, 2n ** 64n - 32n)], data), "GGUF_TOO_MANY"],
    ["data that is cut off", ggufBytes([], [tensor("t", [17], 0, 0)], data), "GGUF_TENSOR_PLACE"],
    ["an unaligned offset", ggufBytes([], [tensor("t", [8], 0, 4)], data), "GGUF_TENSOR_PLACE"],
    ["an alignment of 0", ggufBytes([pair("general.alignment", 4, u32(0))], one, data), "GGUF_ALIGNMENT"],
    ["an alignment of 24", ggufBytes([pair("general.alignment", 4, u32(24))], one, data), "GGUF_ALIGNMENT"],
    ["an alignment in words", ggufBytes([pair("general.alignment", 8, text("32"))], one, data), "GGUF_ALIGNMENT"],
  ];
  for (const [what, bytes, code, message] of attacks)
    it(`refuses ${what}`, () => {
      assert.throws(() => openGguf(write(bytes)), { name: "AnimulaError", code, ...(message && { message }) });
    });

  it("takes another alignment, and a head longer than what is read at a time", () => {
    const long = pair("long", 8, text("x".repeat(3 << 20)));
    const pairs = [long, pair("general.alignment", 4, u32(64)), pair("after", 0, Buffer.from([9]))];
    const file = openGguf(write(ggufBytes(pairs, [tensor("t", [2], 0, 64)], Buffer.alloc(72, 1), { alignment: 64 })));
    assert.equal((file.metadata.get("long") as string).length, 3 << 20);
    assert.equal(file.metadata.get("after"), 9);
    assert.equal(file.tensors.get("t")!.offset % 64, 0);
  });

  it("is refused or read, whatever bytes of it are changed or missing", () => {
    const good = readFileSync(golden("blocks.gguf"));
    const headBytes = 600;
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(headBytes), fc.nat(255)), { minLength: 1, maxLength: 4 }),
        fc.option(fc.nat(good.length)),
        (changes, length) => {
          const bytes = Buffer.from(good.subarray(0, length ?? undefined));
          for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value;
          try {
            openGguf(write(bytes));
          } catch (error) {
            assert.ok(error instanceof AnimulaError, String(error));
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  it("says so when the file changes while it is open", () => {
    const path = write(readFileSync(golden("blocks.gguf")));
    const file = openGguf(path);
    writeFileSync(path, readFileSync(path).subarray(0, 5000));
    assert.throws(() => readGgufTensor(file, file.tensors.get("F32")!), { code: "GGUF_FILE_CHANGED" });
  });
});
