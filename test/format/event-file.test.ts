import assert from "node:assert/strict";
import fs from "node:fs";
import { basename, join, resolve } from "node:path";
import fc from "fast-check";
import { crc32c } from "../../lora/format/crc32c.ts";
import { EventWriter } from "../../lora/format/index.ts";
import { readProto, readRecords, readScalars } from "../support/event-reader.ts";
import { tempDir } from "../support/temp-dir.ts";

const golden = resolve(import.meta.dirname, "../golden/format/events.golden");
const START_SECONDS = 1700000000.25;
const tags = ["loss/current", "loss/average", "lr/unet"];
const steps = [0, 1, 127, 128, 300, 2 ** 40];
const redPixel = Buffer.from(
  "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de" +
    "0000000c4944415408d763f8cfc0000003010100c9fe92ef0000000049454e44ae426082",
  "hex",
);

/** A clock that moves half a second per record, as in make_events.py. */
function tickingClock(): () => number {
  // The first reading names the file.
  let ticks = -1;
  return () => START_SECONDS + Math.max(0, ticks++) / 2;
}

describe("EventWriter", () => {
  it("writes byte for byte what TensorBoard's own writer writes: curves, infinity, a picture, a text", () => {
    const writer = EventWriter.open(tempDir(), { now: tickingClock() });
    for (const [index, step] of steps.entries()) {
      for (const [tagIndex, tag] of tags.entries()) writer.scalar(tag, step, (index - 2) / (tagIndex + 3));
    }
    writer.scalar("loss/current", 7, Infinity);
    writer.image("sample/0", 300, redPixel, { width: 1, height: 1 });
    writer.text("note", 0, "A *small* soul\n\n名字: 张三, 😀");
    writer.close();
    assert.deepEqual(fs.readFileSync(writer.path), fs.readFileSync(golden));
  });

  it("names the file as TensorBoard expects it, in a folder it makes", () => {
    const folder = join(tempDir(), "logs", "run 1");
    const writer = EventWriter.open(folder, { now: () => START_SECONDS, host: "here", processId: 42 });
    writer.close();
    assert.deepEqual(fs.readdirSync(folder), ["events.out.tfevents.1700000000.here.42.0"]);
    assert.equal(
      readProto(readRecords(fs.readFileSync(writer.path))[0]!)
        .get(3)
        ?.toString(),
      "brain.Event:2",
    );
  });

  it("begins another file on resume, even within the same second, and leaves the old one", () => {
    const folder = tempDir();
    const origin = { now: () => START_SECONDS, host: "here", processId: 42 };
    const first = EventWriter.open(folder, origin);
    first.scalar("loss", 1, 0.5);
    first.close();
    const before = fs.readFileSync(first.path);
    const second = EventWriter.open(folder, origin);
    second.scalar("loss", 2, 0.25);
    second.close();
    assert.equal(basename(second.path), "events.out.tfevents.1700000000.here.42.1");
    assert.deepEqual(fs.readFileSync(first.path), before);
    assert.deepEqual(readScalars(fs.readFileSync(second.path)).get("loss"), [[2, 0.25]]);
  });

  it("shows each record as soon as it is written", () => {
    const writer = EventWriter.open(tempDir());
    for (let step = 1; step <= 3; step++) {
      writer.scalar("loss", step, step);
      assert.equal(readScalars(fs.readFileSync(writer.path)).get("loss")?.length, step);
    }
    writer.close();
    writer.close();
  });

  it("keeps any tag, step and value", () => {
    const tag = fc.string({ unit: "grapheme", minLength: 1, maxLength: 300 });
    const point = fc.tuple(tag, fc.maxSafeNat(), fc.float());
    const folder = tempDir();
    fc.assert(
      fc.property(fc.array(point, { maxLength: 5 }), (points) => {
        const writer = EventWriter.open(folder);
        for (const [name, step, value] of points) writer.scalar(name, step, value);
        writer.close();
        const read = readScalars(fs.readFileSync(writer.path));
        fs.rmSync(writer.path);
        for (const [name, step, value] of points) assert.deepEqual(read.get(name)?.shift(), [step, value]);
      }),
      { numRuns: 50 },
    );
  });

  it("reports a full disk, cuts the half-written record off, and goes on when there is room again", () => {
    const writer = EventWriter.open(tempDir());
    writer.scalar("loss", 1, 1);
    const { writeSync } = fs;
    let calls = 0;
    fs.writeSync = ((descriptor: number, bytes: Uint8Array, offset: number) => {
      if (calls++ === 0) return writeSync(descriptor, bytes, offset, 10);
      throw Object.assign(new Error("full"), { code: "ENOSPC", syscall: "write" });
    }) as typeof fs.writeSync;
    try {
      assert.throws(() => writer.scalar("loss", 2, 2), { code: "FILE_NO_SPACE" });
    } finally {
      fs.writeSync = writeSync;
    }
    writer.scalar("loss", 3, 3);
    writer.close();
    const bytes = fs.readFileSync(writer.path);
    const points = readScalars(bytes).get("loss");
    assert.deepEqual(points, [
      [1, 1],
      [3, 3],
    ]);
  });

  it("reports a folder that cannot be made", () => {
    const path = join(tempDir(), "file");
    fs.writeFileSync(path, "");
    assert.throws(() => EventWriter.open(join(path, "logs")), { code: "FILE_NOT_WRITABLE" });
  });

  it("asserts an open file, a tag, and a whole step", () => {
    const writer = EventWriter.open(tempDir());
    assert.throws(() => writer.scalar("", 1, 1), { code: "ERR_ASSERTION" });
    assert.throws(() => writer.scalar("loss", 1.5, 1), { code: "ERR_ASSERTION" });
    assert.throws(() => writer.scalar("loss", -1, 1), { code: "ERR_ASSERTION" });
    writer.close();
    assert.throws(() => writer.scalar("loss", 1, 1), { code: "ERR_ASSERTION" });
  });
});

describe("crc32c", () => {
  // RFC 3720, appendix B.4.
  const ascending = Uint8Array.from({ length: 32 }, (_, i) => i);
  for (const [title, bytes, expected] of [
    ["32 zeros", new Uint8Array(32), 0x8a9136aa],
    ["32 ones", new Uint8Array(32).fill(0xff), 0x62a8ab43],
    ["ascending", ascending, 0x46dd794e],
    ["descending", ascending.toReversed(), 0x113fdb5c],
    ["nothing", new Uint8Array(0), 0],
  ] as const) {
    it(`of ${title} is as RFC 3720 says`, () => assert.equal(crc32c(bytes), expected));
  }
});
