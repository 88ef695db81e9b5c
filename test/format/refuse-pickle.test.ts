import assert from "node:assert/strict";
import fs from "node:fs";
import { join } from "node:path";
import { openSafetensors, refusePickle, writeSafetensors } from "../../lora/format/index.ts";
import { tempDir } from "../support/temp-dir.ts";

/** The first bytes of a zip whose first entry has this name. */
function zipStart(entryName: string): Buffer {
  const header = Buffer.alloc(30);
  header.write("PK\x03\x04");
  header.writeUInt16LE(entryName.length, 26);
  return Buffer.concat([header, Buffer.from(entryName), Buffer.from("\x80\x02}q\x00.")]);
}

function fileWith(name: string, bytes: Uint8Array): string {
  const path = join(tempDir(), name);
  fs.writeFileSync(path, bytes);
  return path;
}

describe("refusePickle", () => {
  for (const extension of [".ckpt", ".pt", ".pth", ".bin", ".pkl", ".pickle", ".CKPT"]) {
    it(`refuses the name ${extension}, and says why and what to do`, () => {
      const path = fileWith(`model${extension}`, Buffer.from("anything"));
      const expected = {
        code: "PICKLE_REFUSED",
        message: /run any program.+download the \.safetensors.+Checkpoint Merger/,
      };
      assert.throws(() => refusePickle(path), expected);
      assert.throws(() => openSafetensors(path), expected);
    });
  }

  const contents: [string, Uint8Array][] = [
    ["PyTorch's zip", zipStart("archive/data.pkl")],
    [
      "a pickle of protocol 2, as old PyTorch files are",
      Buffer.from("8002 8a0a 6cfc9c46f9206aa85019 2e".replace(/ /g, ""), "hex"),
    ],
    ["a pickle of protocol 4", Buffer.from("800495040000000000000047", "hex")],
    ["a pickle of protocol 5 of two bytes", Buffer.from("8005", "hex")],
  ];
  for (const [title, bytes] of contents) {
    it(`refuses ${title} that is named .safetensors`, () => {
      const path = fileWith("renamed.safetensors", bytes);
      assert.throws(() => openSafetensors(path), { code: "PICKLE_REFUSED" });
    });
  }

  it("refuses a link to a pickle", () => {
    const link = join(tempDir(), "model.safetensors");
    fs.symlinkSync(fileWith("model.ckpt", Buffer.from("x")), link);
    assert.throws(() => openSafetensors(link), { code: "PICKLE_REFUSED" });
  });

  it("lets through a safetensors file whose length bytes look like a pickle (80 02 …)", () => {
    const path = join(tempDir(), "model.safetensors");
    const one = { dtype: "F32", shape: [1], data: Float32Array.of(1) } as const;
    for (let pad = 0x200; fs.existsSync(path) === false || fs.readFileSync(path).readUInt16LE() !== 0x0280; pad += 8) {
      assert.ok(pad < 0x0280);
      writeSafetensors(path, { a: one }, { pad: "x".repeat(pad) });
    }
    assert.equal(openSafetensors(path).tensors.size, 1);
  });

  it("leaves other zips to the reader's own errors", () => {
    const path = fileWith("a.safetensors", zipStart("readme.txt"));
    refusePickle(path);
    assert.throws(() => openSafetensors(path), { code: "SAFETENSORS_HEADER_TRUNCATED" });
  });
});
