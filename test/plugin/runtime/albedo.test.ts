import assert from "node:assert/strict";
import { Color3 } from "@babylonjs/core/Maths/math.color.js";
import type { PBRMaterial } from "@babylonjs/core/Materials/PBR/pbrMaterial.js";
import { StandardMaterial } from "@babylonjs/core/Materials/standardMaterial.js";
import type { Scene } from "@babylonjs/core/scene.js";
import { AlbedoSlot } from "../../../plugin/runtime/albedo.ts";
import { box, emptyScene, paint, picture, tagged } from "./scenes.ts";

describe("albedo slot", () => {
  let scene: Scene;
  beforeEach(() => (scene = emptyScene()));
  afterEach(() => scene.getEngine().dispose());

  it("is the textured materials below a node, but not those of another tagged node", () => {
    const house = tagged("house", scene);
    const wall = paint("wall", scene);
    wall.albedoTexture = picture(scene, "plaster");
    const roof = paint("roof", scene);
    roof.albedoTexture = picture(scene, "tiles");
    const walls = box("walls", house, wall);
    const beams = box("beams", house, paint("wood", scene));
    const tiles = box("tiles", house, roof);
    tiles.metadata = { lora: {} };
    const drawn = picture(scene, "drawn");
    new AlbedoSlot(house).show(drawn);
    assert.equal((walls.material as PBRMaterial).albedoTexture, drawn);
    assert.equal((beams.material as PBRMaterial).albedoTexture, null);
    assert.equal((tiles.material as PBRMaterial).albedoTexture?.name, "tiles");
  });

  it("gets a placeholder at load where there is no texture, so that the first picture recompiles nothing", () => {
    const npc = tagged("npc", scene);
    const plain = paint("plain", scene);
    plain.albedoColor = new Color3(0.5, 0.1, 0.1);
    box("body", npc, plain);
    const slot = new AlbedoSlot(npc);
    assert.equal(plain.albedoTexture?.getSize().width, 1);
    assert.deepEqual(plain.albedoColor, new Color3(0.5, 0.1, 0.1), "a white texel keeps the author's colour");
    slot.show(picture(scene, "drawn"));
    assert.deepEqual(plain.albedoColor, Color3.White());
    slot.show(undefined);
    assert.equal(plain.albedoTexture?.name, "placeholder");
    assert.deepEqual(plain.albedoColor, new Color3(0.5, 0.1, 0.1));
    slot.dispose();
    assert.equal(plain.albedoTexture, null);
  });

  it("copies a material that others use, once for the node, with the very same textures", () => {
    const cloth = paint("cloth", scene);
    const weave = picture(scene, "weave");
    const bump = picture(scene, "bump");
    cloth.albedoTexture = weave;
    cloth.bumpTexture = bump;
    const [smith, sage] = [tagged("smith", scene), tagged("sage", scene)];
    const [shirt, sleeve] = [box("shirt", smith, cloth), box("sleeve", smith, cloth)];
    const robe = box("robe", sage, cloth);
    const textures = scene.textures.length;
    const slot = new AlbedoSlot(smith);
    const drawn = picture(scene, "drawn");
    slot.show(drawn);
    assert.equal((robe.material as PBRMaterial).albedoTexture, weave);
    assert.equal(shirt.material, sleeve.material);
    assert.notEqual(shirt.material, cloth);
    assert.equal((shirt.material as PBRMaterial).albedoTexture, drawn);
    assert.equal((shirt.material as PBRMaterial).bumpTexture, bump);
    assert.equal(scene.textures.length, textures + 1, "no texture was copied");
    slot.dispose();
    assert.equal(shirt.material, cloth);
    assert.equal(cloth.albedoTexture, weave);
    assert.equal(scene.materials.length, 1);
  });

  it("works with standard materials, and is unusable on a node without any", () => {
    const sign = tagged("sign", scene);
    const board = new StandardMaterial("board", scene);
    box("board", sign, board as unknown as PBRMaterial);
    const drawn = picture(scene, "drawn");
    const slot = new AlbedoSlot(sign);
    slot.show(drawn);
    assert.equal(board.diffuseTexture, drawn);
    assert.equal(new AlbedoSlot(tagged("empty", scene)).usable, false);
  });
});
