import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import sharp from "sharp";
import { renderDemo } from "../../lora/recipe/render-demo.ts";
import { tempDir } from "../support/temp-dir.ts";

const shipped = "assets/demo/zhangsan";

describe("demonstration data", () => {
  it("hold at least 16 pictures of 512 × 512 with a caption each, in the seed's form", async () => {
    const rows = readFileSync(join(shipped, "metadata.csv"), "utf8").trimEnd().split("\n");
    const pictures = readdirSync(shipped).filter((name) => name.endsWith(".png"));
    assert.ok(pictures.length >= 16);
    assert.deepEqual(
      rows.map((row) => /^(img\d\d\.png),"(close-up )?portrait of zhangsan, [a-z ,]+"$/.exec(row)?.[1]),
      pictures.sort(),
    );
    for (const name of pictures) {
      const { width, height, format } = await sharp(join(shipped, name)).metadata();
      assert.deepEqual({ width, height, format }, { width: 512, height: 512, format: "png" }, name);
    }
  });

  it("are what the script draws", async () => {
    const dir = tempDir();
    await renderDemo(dir);
    assert.deepEqual(readdirSync(dir).sort(), readdirSync(shipped).sort());
    assert.deepEqual(readFileSync(join(dir, "metadata.csv")), readFileSync(join(shipped, "metadata.csv")));
    const pixels = async (path: string): Promise<Buffer> => sharp(path).removeAlpha().raw().toBuffer();
    for (const name of ["img01.png", "img12.png"]) {
      const [drawn, kept] = [await pixels(join(dir, name)), await pixels(join(shipped, name))];
      const worst = drawn.reduce((max, value, i) => Math.max(max, Math.abs(value - (kept[i] ?? 0))), 0);
      // Another build of the renderer may round edges differently.
      assert.ok(worst <= 32, `${name}: ${worst}`);
    }
  });
});
