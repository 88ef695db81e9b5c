import assert from "node:assert/strict";
import { parseSceneFile, putTags, tagsIn, WHOLE_SCENE } from "../../../../plugin/hosts/studio/scene-file.ts";
import type { LoraTag } from "../../../../service/protocol/index.ts";

const tag: LoraTag = { modules: [{ module: "m", weight: 0.8 }], prompt: "zsmith", negative: "", playersMay: [] };
const text = JSON.stringify({
  metadata: { mood: "dusk" },
  meshes: [
    { id: "npc-smith", positions: [0.1, 1e-7], metadata: { npc: true, lora: { prompt: "old" } } },
    { id: "wall", metadata: { lora: tag }, instances: [{ id: "wall-2" }] },
    { id: "floor" },
    { id: "broken", metadata: { lora: { modules: 7 } } },
  ],
  transformNodes: [{ id: "stall", metadata: null }],
});

describe("studio: scene file", () => {
  it("takes tags in and gives them back, and leaves the rest as it was", () => {
    const file = parseSceneFile(text)!;
    const wanted = new Map([
      ["npc-smith", tag],
      ["wall-2", tag],
      ["stall", tag],
      [WHOLE_SCENE, { ...tag, modules: [], prompt: "dusk" }],
    ]);
    putTags(file, (nodeId) => wanted.get(nodeId));
    const again = parseSceneFile(JSON.stringify(file))!;
    assert.deepEqual(tagsIn(again), wanted);
    const [smith, wall, floor, broken] = again["meshes"] as { metadata?: object }[];
    assert.deepEqual(smith, { id: "npc-smith", positions: [0.1, 1e-7], metadata: { npc: true, lora: tag } });
    assert.deepEqual(wall?.metadata, {});
    assert.deepEqual(floor, { id: "floor" });
    assert.deepEqual(broken?.metadata, {});
    assert.deepEqual((again.metadata as Record<string, unknown>)["mood"], "dusk");
  });

  it("reads the tags that can be read", () => {
    assert.deepEqual([...tagsIn(parseSceneFile(text)!).keys()], ["npc-smith", "wall"]);
  });

  it("knows a scene from other files", () => {
    for (const other of ["", "PNG", "[]", "null", '{"meshes": 3}', '{"asset":{"version":"2.0"}}']) {
      assert.equal(parseSceneFile(other), undefined, other);
    }
  });
});
