import assert from "node:assert/strict";
import type { Facts } from "../../lora/data/index.ts";
import { withoutOwn } from "../../lora/data/own-facts.ts";

const smith = { headwear: "none", hairShape: "curly", hairColor: "red", eyewear: "glasses", eyewearColor: "gold", facialHair: "beard", skin: "light" }; // prettier-ignore
const looks = [
  { expression: "smiling", clothes: "blue", background: "red" },
  { expression: "smiling", clothes: "white", background: "red" },
  { expression: "sad", clothes: "green", background: "red" },
  { expression: "angry", clothes: "black", background: "red" },
];
const ofSmith = (change: (index: number) => Facts = () => ({})): Facts[] =>
  looks.map((look, i) => ({ ...smith, ...look, ...change(i) }));

describe("what is a person's own", () => {
  const told = (all: readonly Facts[]): Facts[] => all.map(withoutOwn(all));

  it("is passed over; what varies is told, and a background though it is always the same", () => {
    assert.deepEqual(told(ofSmith()), looks);
  });

  it("is so where a guess of hair or skin differs: it is taken for wrong", () => {
    const all = ofSmith((i) => (i === 0 ? { hairShape: "long", skin: "tan", facialHair: "none" } : {}));
    assert.deepEqual(told(all), looks);
  });

  it("is a hat or glasses that are always worn, not one that is worn once", () => {
    const cap = { headwear: "cap", headwearColor: "orange", eyewear: "none" };
    const all = ofSmith((i) => (i === 2 ? cap : {}));
    assert.deepEqual(told(all), [looks[0], looks[1], { ...looks[2], ...cap, eyewearColor: "gold" }, looks[3]]);
  });

  it("is nothing where there are several people", () => {
    const hair = ["red", "black", "blond", "white"];
    const shapes = ["long", "short", "bun", "curly"];
    const all = ofSmith((i) => ({ hairColor: hair[i]!, hairShape: shapes[i]! }));
    assert.deepEqual(told(all), all);
  });

  it("is the kind of a texture, and all that a single picture's person has", () => {
    const tiles = ["red", "blue", "gray"].map((color) => ({ kind: "tiles", color, scale: "large" }));
    assert.deepEqual(
      told(tiles),
      tiles.map(({ kind: _kind, ...rest }) => rest),
    );
    assert.deepEqual(told(ofSmith().slice(0, 1)), looks.slice(0, 1));
    assert.deepEqual(told([]), []);
  });
});
