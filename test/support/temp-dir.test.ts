import assert from "node:assert/strict";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { tempDir } from "./temp-dir.ts";

describe("tempDir", () => {
  let earlier = "";

  it("gives an empty folder of its own", () => {
    earlier = tempDir();
    assert.notEqual(tempDir(), earlier);
    writeFileSync(join(earlier, "file"), "x");
  });

  it("removes it after the test", () => {
    assert.notEqual(earlier, "");
    assert.equal(existsSync(earlier), false);
  });
});
