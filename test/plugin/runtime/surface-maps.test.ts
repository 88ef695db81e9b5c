import assert from "node:assert/strict";
import { PBRMaterial } from "@babylonjs/core/Materials/PBR/pbrMaterial.js";
import { PBRMetallicRoughnessMaterial } from "@babylonjs/core/Materials/PBR/pbrMetallicRoughnessMaterial.js";
import { StandardMaterial } from "@babylonjs/core/Materials/standardMaterial.js";
import type { Material } from "@babylonjs/core/Materials/material.js";
import type { Scene } from "@babylonjs/core/scene.js";
import { Surface } from "../../../plugin/runtime/surface-maps.ts";
import { emptyScene, picture } from "./scenes.ts";

describe("surface maps", () => {
  let scene: Scene;
  beforeEach(() => (scene = emptyScene()));
  afterEach(() => scene.getEngine().dispose());

  const kinds: readonly (readonly [name: string, make: () => Material, places: Readonly<Record<string, string>>])[] = [
    [
      "PBR",
      () => new PBRMaterial("m", scene),
      { bumpTexture: "normal", metallicTexture: "roughness", ambientTexture: "occlusion" },
    ],
    [
      "metallic-roughness",
      () => new PBRMetallicRoughnessMaterial("m", scene),
      { normalTexture: "normal", metallicRoughnessTexture: "roughness", occlusionTexture: "occlusion" },
    ],
    ["standard", () => new StandardMaterial("m", scene), { bumpTexture: "normal", ambientTexture: "occlusion" }],
  ];
  const maps = () => ({
    normal: picture(scene, "normal"),
    roughness: picture(scene, "roughness"),
    occlusion: picture(scene, "occlusion"),
  });

  for (const [name, make, places] of kinds)
    it(`stand in a ${name} material, and the author's own come back`, () => {
      const material = make() as Material & Record<string, unknown>;
      const [first] = Object.keys(places) as [string];
      const own = picture(scene, "own");
      material[first] = own;
      const before = material.serialize() as object;
      const surface = new Surface(material);
      surface.show(undefined);
      surface.show(maps());
      surface.show(maps());
      for (const [place, kind] of Object.entries(places))
        assert.equal((material[place] as { name: string }).name, kind, place);
      surface.show(undefined);
      assert.equal(material[first], own);
      assert.deepEqual(material.serialize(), before);
    });

  it("say how rough a material is alone where the author said nothing of it", () => {
    const material = new PBRMaterial("m", scene);
    const surface = new Surface(material);
    surface.show(maps());
    assert.deepEqual([material.metallic, material.roughness], [0, 1]);
    surface.show(undefined);
    assert.deepEqual([material.metallic, material.roughness], [null, null]);
    material.metallic = 0.7;
    surface.show(maps());
    assert.equal(material.metallic, 0.7, "gilded stays gilded");
  });
});
