import assert from "node:assert/strict";
import { copyFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { distance } from "../../../service/rooms/node-places.ts";
import { sceneNodes } from "../../../service/rooms/scene-nodes.ts";
import { tempDir } from "../../support/temp-dir.ts";

const tag = { modules: [], prompt: "a smith", negative: "", playersMay: ["portrait"] };

function glb(json: object): Buffer {
  const text = Buffer.from(JSON.stringify(json));
  const header = Buffer.alloc(20);
  header.write("glTF", 0, "ascii");
  header.writeUInt32LE(2, 4);
  header.writeUInt32LE(20 + text.length, 8);
  header.writeUInt32LE(text.length, 12);
  header.write("JSON", 16, "ascii");
  return Buffer.concat([header, text]);
}

describe("the nodes of a scene", () => {
  it("come from its .babylon file, with their tags", async () => {
    const dir = tempDir();
    const file = {
      metadata: { lora: { prompt: "an old town" } },
      meshes: [
        { id: "npc-smith", name: "Smith", metadata: { lora: tag } },
        { id: "wall", metadata: null },
      ],
      transformNodes: [{ name: "root", metadata: { lora: { weight: "heavy" } } }],
    };
    writeFileSync(join(dir, "square.babylon"), JSON.stringify(file));
    const nodes = (await sceneNodes(dir, "square"))!;
    assert.deepEqual([...nodes.keys()], ["scene", "npc-smith", "wall", "root"]);
    assert.deepEqual(nodes.get("npc-smith")?.tag, tag);
    assert.equal(nodes.get("scene")?.tag?.prompt, "an old town");
    assert.deepEqual([nodes.get("wall")?.tag, nodes.get("root")?.tag], [undefined, undefined]);

    // An editor saves it anew.
    writeFileSync(join(dir, "square.babylon"), JSON.stringify({ meshes: [{ id: "gate" }] }));
    assert.deepEqual([...(await sceneNodes(dir, "square"))!.keys()], ["scene", "gate"]);
  });

  it("come from a .glb file's extras", async () => {
    const dir = tempDir();
    writeFileSync(join(dir, "yard.glb"), glb({ nodes: [{ name: "npc-smith", extras: { lora: tag } }] }));
    assert.deepEqual((await sceneNodes(dir, "yard"))!.get("npc-smith")?.tag, tag);
    writeFileSync(join(dir, "bad.glb"), "not a model at all, and long enough for a header");
    await assert.rejects(sceneNodes(dir, "bad"), /not a binary glTF/);
  });

  it("are found in the folder of the scene's name, as the demo world lies", async () => {
    const nodes = (await sceneNodes(join(import.meta.dirname, "../../../scenes"), "square"))!;
    for (const id of ["npc-smith", "npc-guard", "house-inn"]) assert.ok(nodes.get(id)?.tag?.prompt, id);
    assert.equal(nodes.has("no-such-node"), false);
  });

  it("stand where the world shows them: moved, turned and stretched by their parents", async () => {
    const dir = tempDir();
    const quarter = Math.PI / 2;
    const file = {
      transformNodes: [
        { id: "cart", uniqueId: 7, position: [10, 0, 0], rotation: [0, quarter, 0], scaling: [2, 2, 2] },
        { id: "driver", uniqueId: 8, parentId: 7, position: [0, 1, 3] },
        { id: "hat", parentId: 8, position: [0, 1, 0] },
        { id: "loop", uniqueId: 9, parentId: 9, position: [0, 0, 0] },
      ],
      meshes: [{ id: "scene-wide", metadata: {} }],
    };
    writeFileSync(join(dir, "cart.babylon"), JSON.stringify(file));
    const nodes = (await sceneNodes(dir, "cart"))!;
    const placed = (id: string) => nodes.get(id)?.place?.map((value) => Math.round(value * 1000) / 1000);
    // A turn by 90° around y takes z to x.
    assert.deepEqual(
      [placed("driver"), placed("hat")],
      [
        [16, 2, 0],
        [16, 4, 0],
      ],
    );
    assert.deepEqual([placed("loop"), nodes.get("scene")?.place], [[0, 0, 0], undefined]);
  });

  it("stand at the same places in a scene's .babylon and its .glb", async () => {
    const square = join(import.meta.dirname, "../../../scenes/square");
    const dir = tempDir();
    copyFileSync(join(square, "square.glb"), join(dir, "square.glb"));
    const glbNodes = (await sceneNodes(dir, "square"))!;
    const nodes = (await sceneNodes(join(square, ".."), "square"))!;
    for (const id of ["npc-smith", "npc-guard", "npc-smith-head", "house-inn"]) {
      const [there, here] = [glbNodes.get(id)?.place, nodes.get(id)?.place];
      assert.ok(there && here && distance(there, here) < 0.01, `${id}: ${String(there)} and ${String(here)}`);
    }
  });

  it("are called as people call them: by display name, else by name", async () => {
    const dir = tempDir();
    const given = [
      { name: "npc-smith", metadata: { displayName: " Bruno " }, extras: { displayName: "Bruno" } },
      { name: "npc-guard", metadata: { displayName: "" }, extras: { displayName: 7 } },
      { id: "wall", metadata: null },
    ];
    writeFileSync(join(dir, "a.babylon"), JSON.stringify({ meshes: given }));
    writeFileSync(join(dir, "b.glb"), glb({ nodes: given.map(({ metadata: _, ...node }) => node) }));
    for (const id of ["a", "b"]) {
      const nodes = (await sceneNodes(dir, id))!;
      assert.deepEqual([nodes.get("npc-smith")?.name, nodes.get("npc-guard")?.name], ["Bruno", "npc-guard"], id);
    }
    assert.equal((await sceneNodes(dir, "a"))!.get("wall")?.name, undefined);
    const square = (await sceneNodes(join(import.meta.dirname, "../../../scenes"), "square"))!;
    assert.match(square.get("npc-smith")?.name ?? "", /^[^-]+$/);
  });

  it("are unknown for a game's own scene, and for what is no name", async () => {
    const dir = tempDir();
    writeFileSync(join(dir, "secret.babylon"), "{}");
    for (const id of ["meadow", "../secret", "", ".", "a/b", "secret.babylon"]) {
      assert.equal(await sceneNodes(join(dir), id), undefined, id);
    }
  });
});
