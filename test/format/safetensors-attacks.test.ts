import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import { join } from "node:path";
import { formatErrors } from "../../lora/format/errors.ts";
import { AnimulaError, openSafetensors, readTensor, writeSafetensors } from "../../lora/format/index.ts";
import { tempDir } from "../support/temp-dir.ts";

const reached = new Set<string>();

/** A file with this header text (or bytes) and this many bytes of data; `headerBytes` overrides the true length. */
function plant(header: string | Uint8Array, dataBytes = 0, headerBytes?: bigint): string {
  const text = Buffer.from(header);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(headerBytes ?? BigInt(text.length));
  const path = join(tempDir(), "planted.safetensors");
  fs.writeFileSync(path, Buffer.concat([length, text, Buffer.alloc(dataBytes)]));
  return path;
}

function refuses(code: string, act: () => unknown): void {
  assert.throws(act, (error) => {
    assert.ok(error instanceof AnimulaError, String(error));
    assert.equal(error.code, code, error.message);
    assert.match(error.message, /expected .+, got .+; /);
    assert.ok(error.message.length < 1200, "a hostile name must not fill the screen");
    reached.add(code);
    return true;
  });
}

const entry = (shape: string, begin: number | string, end: number | string, dtype = "F32"): string =>
  `{"dtype":"${dtype}","shape":[${shape}],"data_offsets":[${begin},${end}]}`;
const good = `"a":${entry("1", 0, 4)}`;
const spaces = " ".repeat(8);

type Attack = { title: string; code: string; header: string | Uint8Array; dataBytes?: number; headerBytes?: bigint };

const attacks: Attack[] = [
  {
    title: "a header length over the limit, as a hostile or foreign file has",
    code: "SAFETENSORS_HEADER_TOO_LARGE",
    header: "{}",
    headerBytes: 100_000_001n,
  },
  {
    title: "a header length of 2^64 − 1",
    code: "SAFETENSORS_HEADER_TOO_LARGE",
    header: "{}",
    headerBytes: 2n ** 64n - 1n,
  },
  {
    title: "a header length past the end of the file (before allocating it)",
    code: "SAFETENSORS_HEADER_TRUNCATED",
    header: "{}",
    headerBytes: 99_999_999n,
  },
  { title: "an empty header", code: "SAFETENSORS_HEADER_START", header: "" },
  { title: "a header that begins with a space", code: "SAFETENSORS_HEADER_START", header: ` {${good}}`, dataBytes: 4 },
  { title: "a header that begins with a byte order mark", code: "SAFETENSORS_HEADER_START", header: "\ufeff{}" },
  { title: "a header that is an array", code: "SAFETENSORS_HEADER_START", header: "[]" },
  {
    title: "a name that is not UTF-8",
    code: "SAFETENSORS_HEADER_NOT_UTF8",
    header: Buffer.from(`{"\xff":${entry("1", 0, 4)}}`, "latin1"),
    dataBytes: 4,
  },
  { title: "a header cut off", code: "SAFETENSORS_HEADER_NOT_JSON", header: `{${good}`, dataBytes: 4 },
  { title: "a second value after the header", code: "SAFETENSORS_HEADER_NOT_JSON", header: `{}{}` },
  { title: "padding with zero bytes", code: "SAFETENSORS_HEADER_NOT_JSON", header: "{}\0\0\0\0\0\0" },
  { title: "a string without end", code: "SAFETENSORS_HEADER_NOT_JSON", header: '{"a' },
  { title: "a colon without an object", code: "SAFETENSORS_HEADER_NOT_JSON", header: "{}:" },
  { title: "a key with a bad escape", code: "SAFETENSORS_HEADER_NOT_JSON", header: '{"\\x":1}' },
  {
    title: "10 million levels of nesting",
    code: "SAFETENSORS_HEADER_TOO_DEEP",
    header: `{"a":${"[".repeat(1e7)}${"]".repeat(1e7)}}`,
  },
  {
    title: "one name twice",
    code: "SAFETENSORS_DUPLICATE_KEY",
    header: `{${good},${good}}`,
    dataBytes: 4,
  },
  {
    title: "one name twice, spelled differently",
    code: "SAFETENSORS_DUPLICATE_KEY",
    header: `{${good},"\\u0061":${entry("1", 0, 4)}}`,
    dataBytes: 4,
  },
  {
    title: "an entry with two shapes",
    code: "SAFETENSORS_DUPLICATE_KEY",
    header: `{"a":{"dtype":"F32","shape":[9],"shape":[1],"data_offsets":[0,4]}}`,
    dataBytes: 4,
  },
  {
    title: "a metadata key twice",
    code: "SAFETENSORS_DUPLICATE_KEY",
    header: `{"__metadata__":{"k":"1","k":"2"}}`,
  },
  {
    title: "metadata that is a string",
    code: "SAFETENSORS_METADATA_NOT_STRINGS",
    header: `{"__metadata__":"x"}`,
  },
  {
    title: "a metadata value that is a number",
    code: "SAFETENSORS_METADATA_NOT_STRINGS",
    header: `{"__metadata__":{"k":1}}`,
  },
  { title: "an entry that is a list", code: "SAFETENSORS_ENTRY_MALFORMED", header: `{"a":[1]}` },
  {
    title: "an entry without a dtype",
    code: "SAFETENSORS_ENTRY_MALFORMED",
    header: `{"a":{"shape":[1],"data_offsets":[0,4],"x":1}}`,
    dataBytes: 4,
  },
  {
    title: "an entry with a fourth key",
    code: "SAFETENSORS_ENTRY_MALFORMED",
    header: `{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"strides":[1]}}`,
    dataBytes: 4,
  },
  {
    title: "a shape of strings",
    code: "SAFETENSORS_ENTRY_MALFORMED",
    header: `{"a":${entry('"1"', 0, 4)}}`,
    dataBytes: 4,
  },
  {
    title: "one offset",
    code: "SAFETENSORS_ENTRY_MALFORMED",
    header: `{"a":{"dtype":"F32","shape":[1],"data_offsets":[0]}}`,
    dataBytes: 4,
  },
  {
    title: "an offset beyond exact integers",
    code: "SAFETENSORS_ENTRY_MALFORMED",
    header: `{"a":${entry("1", 0, 2n ** 60n + "")}}`,
    dataBytes: 4,
  },
  {
    title: "a negative size",
    code: "SAFETENSORS_NUMBER_NOT_INTEGER",
    header: `{"a":${entry("-1,-1", 0, 4)}}`,
    dataBytes: 4,
  },
  {
    title: "a size with a fraction",
    code: "SAFETENSORS_NUMBER_NOT_INTEGER",
    header: `{"a":${entry("1.0", 0, 4)}}`,
    dataBytes: 4,
  },
  {
    title: "a size with an exponent",
    code: "SAFETENSORS_NUMBER_NOT_INTEGER",
    header: `{"a":${entry("1E0", 0, 4)}}`,
    dataBytes: 4,
  },
  {
    title: "an unknown dtype",
    code: "SAFETENSORS_DTYPE_UNKNOWN",
    header: `{"a":${entry("1", 0, 4, "F4")}}`,
    dataBytes: 4,
  },
  {
    title: "a dtype that is a property of every object",
    code: "SAFETENSORS_DTYPE_UNKNOWN",
    header: `{"a":${entry("1", 0, 4, "constructor")}}`,
    dataBytes: 4,
  },
  {
    title: "a shape whose product overflows",
    code: "SAFETENSORS_SHAPE_OVERFLOW",
    header: `{"a":${entry("4294967296,4294967296", 0, 0)}}`,
  },
  {
    title: "an overflow hidden behind a size of zero",
    code: "SAFETENSORS_SHAPE_OVERFLOW",
    header: `{"a":${entry("4294967296,4294967296,0", 0, 0)}}`,
  },
  {
    title: "more data than the shape needs",
    code: "SAFETENSORS_SIZE_MISMATCH",
    header: `{"a":${entry("1", 0, 8)}}`,
    dataBytes: 8,
  },
  {
    title: "an end before its begin",
    code: "SAFETENSORS_SIZE_MISMATCH",
    header: `{"a":${entry("1", 4, 0)}}`,
    dataBytes: 4,
  },
  {
    title: "a hole before the first tensor",
    code: "SAFETENSORS_GAP",
    header: `{"a":${entry("1", 4, 8)}}`,
    dataBytes: 8,
  },
  {
    title: "a hole between tensors",
    code: "SAFETENSORS_GAP",
    header: `{${good},"b":${entry("1", 8, 12)}}`,
    dataBytes: 12,
  },
  {
    title: "two tensors over the same bytes",
    code: "SAFETENSORS_OVERLAP",
    header: `{${good},"b":${entry("1", 0, 4)}}`,
    dataBytes: 4,
  },
  {
    title: "a tensor inside another",
    code: "SAFETENSORS_OVERLAP",
    header: `{"a":${entry("3", 0, 12)},"b":${entry("1", 4, 8)}}`,
    dataBytes: 12,
  },
  { title: "a download that stopped early", code: "SAFETENSORS_FILE_TRUNCATED", header: `{${good}}`, dataBytes: 3 },
  { title: "bytes after the last tensor", code: "SAFETENSORS_TRAILING_BYTES", header: `{${good}}`, dataBytes: 5 },
  { title: "bytes after an empty header", code: "SAFETENSORS_TRAILING_BYTES", header: `{}`, dataBytes: 1 },
  {
    title: "a name of a megabyte (the message stays short)",
    code: "SAFETENSORS_DTYPE_UNKNOWN",
    header: `{"${"n".repeat(1e6)}":${entry("1", 0, 4, "Q".repeat(1e6))}}`,
    dataBytes: 4,
  },
];

describe("openSafetensors refuses", () => {
  for (const { title, code, header, dataBytes, headerBytes } of attacks) {
    it(`${title}: ${code}`, () => {
      const path = plant(header, dataBytes, headerBytes);
      refuses(code, () => openSafetensors(path));
    });
  }

  it("a file shorter than its length field", () => {
    const path = join(tempDir(), "short.safetensors");
    fs.writeFileSync(path, Buffer.alloc(7));
    refuses("SAFETENSORS_TOO_SHORT", () => openSafetensors(path));
  });

  it("a path that leads nowhere, a folder, a pipe", () => {
    const folder = tempDir();
    refuses("FILE_NOT_FOUND", () => openSafetensors(join(folder, "none.safetensors")));
    refuses("FILE_NOT_REGULAR", () => openSafetensors(folder));
    if (process.platform === "win32") return;
    const pipe = join(folder, "pipe.safetensors");
    execFileSync("mkfifo", [pipe]);
    refuses("FILE_NOT_REGULAR", () => openSafetensors(pipe));
  });

  it("a link that leads to itself", () => {
    const path = join(tempDir(), "loop.safetensors");
    fs.symlinkSync(path, path);
    refuses("FILE_NOT_READABLE", () => openSafetensors(path));
  });

  it("nothing about legal oddities: no tensors, empty tensors, rank 0, spaces, words of JSON in strings", () => {
    openSafetensors(plant(`{}${spaces}`));
    openSafetensors(plant(`{"b":${entry("0,7", 0, 0)},${good},"c":${entry("", 4, 8)},"d":${entry("0", 4, 4)}}`, 8));
    openSafetensors(plant(`{ "__metadata__" : {"a":"-1.5e3 {[:\\"\\\\","":"1e5"} , "-1.0" : ${entry("1", 0, 4)}}`, 4));
    const { tensors } = openSafetensors(plant(`{"__proto__":${entry("1", 0, 4)},"toString":${entry("1", 4, 8)}}`, 8));
    assert.deepEqual([...tensors.keys()], ["__proto__", "toString"]);
  });

  it("a hostile header of the largest size within seconds", function () {
    const backslashes = plant(`{"__metadata__":{"a":"${"\\\\".repeat(20_000_000)}"}}`);
    const start = performance.now();
    assert.equal(openSafetensors(backslashes).metadata["a"]!.length, 20_000_000);
    // A quadratic or recursive scan would need minutes, or the stack.
    assert.ok(performance.now() - start < 20_000);
  });
});

describe("readTensor refuses", () => {
  function sample(): string {
    const path = join(tempDir(), "sample.safetensors");
    writeSafetensors(path, {
      "layer.0.weight": { dtype: "F32", shape: [1], data: Float32Array.of(1) },
      "position.ids": { dtype: "I64", shape: [1], data: BigInt64Array.of(7n) },
    });
    return path;
  }

  it("a tensor the file lacks, and names ones that are near", () => {
    const file = openSafetensors(sample());
    refuses("SAFETENSORS_TENSOR_MISSING", () => readTensor(file, "layer.0.bias"));
    assert.throws(() => readTensor(file, "model.layer.0.weight"), /near: layer\.0\.weight/);
  });

  it("integers where numbers with a fraction are meant", () => {
    refuses("SAFETENSORS_TENSOR_NOT_FLOAT", () => readTensor(openSafetensors(sample()), "position.ids"));
  });

  it("a file that changed since it was opened", () => {
    const path = sample();
    const file = openSafetensors(path);
    writeSafetensors(path, { "layer.0.weight": { dtype: "F32", shape: [2], data: Float32Array.of(1, 2) } });
    refuses("SAFETENSORS_FILE_CHANGED", () => readTensor(file, "layer.0.weight"));
  });

  it("a file that was removed since it was opened", () => {
    const path = sample();
    const file = openSafetensors(path);
    fs.rmSync(path);
    refuses("FILE_NOT_READABLE", () => readTensor(file, "layer.0.weight"));
  });
});

describe("safetensors errors", () => {
  it("have a test each", () => {
    const codes = Object.keys(formatErrors).filter((code) => code.startsWith("SAFETENSORS_"));
    assert.deepEqual(
      codes.filter((code) => !reached.has(code)),
      [],
    );
  });
});
