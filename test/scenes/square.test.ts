import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import "@babylonjs/core/Animations/animatable.js";
import "@babylonjs/core/Loading/Plugins/babylonFileLoader.js";
import "@babylonjs/core/Materials/colorCurves.js";
import "@babylonjs/core/Materials/Textures/texture.js";
import "@babylonjs/core/Meshes/geometry.js";
import "@babylonjs/core/Meshes/instancedMesh.js";
import "@babylonjs/core/Meshes/mesh.js";
import "@babylonjs/core/Meshes/transformNode.js";
import "@babylonjs/loaders/glTF/2.0/index.js";
import { NullEngine } from "@babylonjs/core/Engines/nullEngine.js";
import { ShadowGenerator } from "@babylonjs/core/Lights/Shadows/shadowGenerator.js";
import { RegisterShadowGeneratorSceneComponent } from "@babylonjs/core/Lights/Shadows/shadowGeneratorSceneComponent.pure.js";
import { LoadSceneAsync } from "@babylonjs/core/Loading/sceneLoader.js";
import type { PBRMaterial } from "@babylonjs/core/Materials/PBR/pbrMaterial.js";
import { Logger } from "@babylonjs/core/Misc/logger.js";
import { SceneSerializer } from "@babylonjs/core/Misc/sceneSerializer.js";
import type { Scene } from "@babylonjs/core/scene.js";
import { displayNameOf, findTags, readTag, writeTag } from "../../plugin/core/index.ts";
import { isCharacter, nodesOf } from "../../plugin/runtime/index.ts";
import { AlbedoSlot } from "../../plugin/runtime/albedo.ts";

interface Report {
  readonly issues: { readonly numErrors: number; readonly messages: readonly unknown[] };
}
// The package brings no types.
const { validateBytes } = createRequire(import.meta.url)("gltf-validator") as {
  readonly validateBytes: (bytes: Uint8Array) => Promise<Report>;
};

const folder = resolve(import.meta.dirname, "../../scenes/square");
const babylon = readFileSync(join(folder, "square.babylon"));
const glb = readFileSync(join(folder, "square.glb"));
const npcs = ["npc-florist", "npc-guard", "npc-merchant", "npc-sage", "npc-smith"];

function load(file: Uint8Array, extension: ".babylon" | ".glb"): Promise<Scene> {
  Logger.LogLevels = Logger.ErrorLogLevel;
  RegisterShadowGeneratorSceneComponent(ShadowGenerator);
  const text = extension === ".babylon";
  const source = text ? `data:${Buffer.from(file).toString("utf8")}` : new Uint8Array(file);
  return LoadSceneAsync(source, new NullEngine(), { pluginExtension: extension });
}

describe("scenes/square", () => {
  let scene: Scene;
  before(async () => (scene = await load(babylon, ".babylon")));
  after(() => scene.getEngine().dispose());

  it("is small, and holds no path of a machine", () => {
    assert.ok(babylon.byteLength < 3.2 * 2 ** 20, `${babylon.byteLength} bytes`);
    assert.ok(glb.byteLength < 1.5 * 2 ** 20, `${glb.byteLength} bytes`);
    assert.doesNotMatch(babylon.toString("latin1"), /file:\/\/|\/(home|work|Users)\//);
  });

  it("has five people with names, a tag, a portrait that players may ask for, and somebody to be when they talk", () => {
    const people = nodesOf(scene).filter(isCharacter);
    assert.deepEqual(people.map(({ id }) => id).toSorted(), npcs);
    for (const person of people) {
      const tag = readTag(person)!;
      assert.match(tag.prompt, /^portrait of a person/);
      assert.deepEqual(tag.playersMay, ["portrait"]);
      assert.match(displayNameOf(person), /^\w+ the \w+$/);
      const [name = ""] = displayNameOf(person).split(" ");
      assert.match(tag.voice?.persona ?? "", new RegExp(`^You are ${name}, the `));
    }
  });

  it("its ids are unique, and no tag is malformed", () => {
    const nodes = nodesOf(scene);
    assert.equal(new Set(nodes.map(({ id }) => id)).size, nodes.length);
    const { tags, faults } = findTags(nodes);
    assert.deepEqual(faults, []);
    assert.ok(tags.size >= 20, `${tags.size} tags`);
  });

  it("every tagged node takes a texture, has one now, and shows the new one alone", () => {
    const tagged = nodesOf(scene).filter((node) => readTag(node) !== undefined);
    const slots = tagged.map((node) => ({ node, slot: new AlbedoSlot(node) }));
    for (const { node, slot } of slots) {
      assert.ok(slot.usable && slot.layout, node.id);
      assert.notEqual(slot.layout.name, "placeholder", node.id);
    }
    const wall = slots.find(({ node }) => node.id === "house-smithy")!;
    const other = scene.getMeshById("house-inn-plaster")!.material as PBRMaterial;
    const plaster = other.albedoTexture;
    wall.slot.show((scene.getMeshById("ground")!.material as PBRMaterial).albedoTexture!);
    assert.equal(other.albedoTexture, plaster);
    for (const { slot } of slots) slot.dispose();
  });

  it("has a camera, a sun with soft shadows of what stands there, and people who breathe", () => {
    assert.equal(scene.activeCamera?.id, "camera");
    const shadows = scene.getLightById("sun")!.getShadowGenerator()!;
    assert.ok(shadows.getShadowMap()!.renderList!.some(({ id }) => id === "npc-smith-figure-painted"));
    assert.ok(scene.animatables.length >= npcs.length * 2, `${scene.animatables.length} movements`);
  });

  it("tags changed in it survive saving and loading", async () => {
    const smith = scene.getTransformNodeById("npc-smith")!;
    const tag = { modules: [{ module: "bruno", version: 2, weight: 0.7 }], prompt: "Bruno, 铁匠", negative: "", playersMay: [] };
    const before = smith.metadata;
    writeTag(smith, tag);
    const saved = JSON.stringify(await SceneSerializer.SerializeAsync(scene));
    smith.metadata = before;
    const again = await load(Buffer.from(saved), ".babylon");
    assert.deepEqual(readTag(again.getTransformNodeById("npc-smith")!), tag);
    again.getEngine().dispose();
  });

  it("as GLB has no errors by the Khronos validator, and the same tags on the same nodes", async () => {
    const report = await validateBytes(new Uint8Array(glb));
    assert.equal(report.issues.numErrors, 0, JSON.stringify(report.issues.messages.slice(0, 3)));
    const loaded = await load(glb, ".glb");
    const named = new Map(nodesOf(loaded).map((node) => [node.name, node]));
    for (const node of nodesOf(scene)) {
      const tag = readTag(node);
      if (tag === undefined) continue;
      const twin = named.get(node.name);
      assert.ok(twin, node.name);
      assert.deepEqual(readTag(twin), tag);
      assert.equal(displayNameOf(twin), displayNameOf(node));
    }
    assert.deepEqual([...named.values()].filter(isCharacter).map(({ name }) => name).toSorted(), npcs);
    loaded.getEngine().dispose();
  });
});
