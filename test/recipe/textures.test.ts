import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { DataRandom } from "../../lora/recipe/random.ts";
import { texturePalettes } from "../../lora/recipe/texture-palettes.ts";
import {
  drawTexture,
  heldOutTextures,
  jitteredPalette,
  nearestPalette,
  texture,
  textureKinds,
  texturePlan,
  textureSide,
} from "../../lora/recipe/textures.ts";

const sha = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex").slice(0, 16);
const side = textureSide;

/** Mean absolute difference between pixel line `i` and the next one around the torus, along `axis`. */
function stepAcross(pixels: Uint8Array, i: number, axis: "columns" | "rows"): number {
  let sum = 0;
  const next = (i + 1) % side;
  for (let j = 0; j < side; j++) {
    for (let c = 0; c < 3; c++) {
      const [a, b] = axis === "columns" ? [j * side + i, j * side + next] : [i * side + j, next * side + j];
      sum += Math.abs((pixels[a * 3 + c] ?? 0) - (pixels[b * 3 + c] ?? 0));
    }
  }
  return sum / (side * 3);
}

/** The step across the border over the largest step inside. */
function seamScore(pixels: Uint8Array): number {
  const scores = (["columns", "rows"] as const).map((axis) => {
    const inside = Array.from({ length: side - 1 }, (_, i) => stepAcross(pixels, i, axis));
    return stepAcross(pixels, side - 1, axis) / Math.max(1, ...inside);
  });
  return Math.max(...scores);
}

/** Where a picture tiles, the border is a line like the 127 others and may by chance be the strongest, a little. */
const seamScoreMax = 1.25;
const allKinds = [...textureKinds, ...heldOutTextures];

describe("textures", () => {
  it("are the same for the same index on every machine", () => {
    assert.deepEqual(
      [0, 1, 2, 17, 4711].map((index) => `${sha(texture(index).pixels)} ${texture(index).caption}`),
      [
        "b933ab91330759e1 blue fabric, texture, bright light",
        "27339bdef212b984 red fabric, medium scale, texture, warm light",
        "79e716823ddde46e gray bricks, texture",
        "d19965ff3d53e406 seamless texture of brown bark, small scale",
        "078665bca8153ba8 texture, small scale, green circuits",
      ],
    );
  });

  for (const kind of allKinds) {
    it(`tile: ${kind}`, () => {
      const color = Object.keys(texturePalettes[kind])[0]!;
      for (const [i, scale] of (["small", "medium", "large"] as const).entries()) {
        const wear = (["none", "cracked", "mossy"] as const)[i]!;
        const pixels = drawTexture({ kind, color, scale, wear, light: "none" }, `seam ${i}`);
        assert.equal(pixels.length, side * side * 3);
        assert.ok(seamScore(pixels) <= seamScoreMax, `${scale} ${i}: ${seamScore(pixels)}`);
      }
    });
  }

  it("tile under every wear", () => {
    for (const wear of ["worn", "cracked", "mossy", "dirty"] as const) {
      const plain = drawTexture({ kind: "concrete", color: "white", scale: "large", wear: "none", light: "none" }, "w");
      const worn = drawTexture({ kind: "concrete", color: "white", scale: "large", wear, light: "warm" }, "w");
      assert.notDeepEqual(worn, plain, wear);
      assert.ok(seamScore(worn) <= seamScoreMax, `${wear}: ${seamScore(worn)}`);
    }
  });

  it("have jittered colours that stay nearest to their own name", () => {
    for (const kind of allKinds)
      for (const color of Object.keys(texturePalettes[kind])) {
        const drawn = Array.from({ length: 20 }, (_, i) =>
          jitteredPalette(kind, color, new DataRandom(`${kind} ${i}`)),
        );
        for (const palette of drawn) assert.equal(nearestPalette(kind, palette), color, kind);
        assert.ok(new Set(drawn.map(String)).size > 15, `${color} ${kind} hardly varies`);
      }
  });

  it("are distinct pictures", () => {
    const pictures = new Set(Array.from({ length: 40 }, (_, i) => sha(texture(i).pixels)));
    assert.equal(pictures.size, 40);
  });

  it("have a seam score that a picture with a seam fails", () => {
    const gradient = Uint8Array.from({ length: side * side * 3 }, (_, i) => 2 * (Math.floor(i / 3) % side));
    assert.ok(seamScore(gradient) > 10);
  });

  it("say kind, colour, scale, wear and light as drawn, in two languages", () => {
    const wearsZh = { worn: "磨损的", cracked: "开裂的", mossy: "长苔的", dirty: "肮脏的", none: "" } as const;
    const lightsZh = { bright: "明亮", dim: "昏暗", warm: "暖色", cold: "冷色", none: "" } as const;
    const scalesZh = { small: "小尺度", medium: "中等尺度", large: "大尺度" } as const;
    for (let index = 0; index < 5000; index++) {
      const { caption, captionZh, attributes: a } = texturePlan(index);
      assert.ok(caption.includes(`${a.color} ${a.kind}`), caption);
      const rest = caption.replace(`${a.color} ${a.kind}`, "");
      const saidOf = (words: readonly string[]) => words.filter((word) => rest.split(/[ ,]+/).includes(word));
      for (const word of saidOf(["small", "medium", "large"])) assert.equal(word, a.scale, caption);
      for (const word of saidOf(["worn", "cracked", "mossy", "dirty"])) assert.equal(word, a.wear, caption);
      for (const word of saidOf(["bright", "dim", "warm", "cold"])) assert.equal(word, a.light, caption);
      for (const [name, word] of Object.entries({ ...wearsZh, ...lightsZh, ...scalesZh }))
        if (word !== "" && captionZh.includes(word))
          assert.ok([a.wear, a.light, a.scale].includes(name as never), captionZh);
      assert.doesNotMatch(captionZh, /[a-z]|undefined/);
    }
  });

  it("leave at least five kinds to the identity experiments", () => {
    assert.ok(heldOutTextures.length >= 5);
    const kinds = new Set(Array.from({ length: 5000 }, (_, i) => texturePlan(i).attributes.kind));
    assert.deepEqual([...kinds].sort(), [...textureKinds].sort());
    for (const kind of heldOutTextures) assert.ok(!kinds.has(kind), kind);
  });

  it("refuse a colour the kind lacks", () => {
    assert.throws(
      () => drawTexture({ kind: "grass", color: "plaid", scale: "small", wear: "none", light: "none" }, "0"),
      /no plaid grass/,
    );
  });
});
