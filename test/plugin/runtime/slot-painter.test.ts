import assert from "node:assert/strict";
import type { PBRMaterial } from "@babylonjs/core/Materials/PBR/pbrMaterial.js";
import type { Texture } from "@babylonjs/core/Materials/Textures/texture.js";
import type { TransformNode } from "@babylonjs/core/Meshes/transformNode.js";
import type { Scene } from "@babylonjs/core/scene.js";
import { SlotPainter } from "../../../plugin/runtime/slot-painter.ts";
import { TextureCache } from "../../../plugin/runtime/texture-cache.ts";
import { box, emptyScene, paint, picture, tagged } from "./scenes.ts";

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe("slot painter", () => {
  let scene: Scene;
  let cache: TextureCache;
  let painter: SlotPainter;
  let loads: { url: string; done: (texture: Texture) => void; fail: (error: Error) => void }[];
  let errors: string[];
  let nodes: TransformNode[];

  beforeEach(() => {
    scene = emptyScene();
    loads = [];
    errors = [];
    cache = new TextureCache(
      (url) => new Promise((done, fail) => loads.push({ url, done, fail })),
      (sha256) => `/assets/${sha256}`,
    );
    painter = new SlotPainter(cache, (nodeId) => errors.push(nodeId));
    nodes = ["a", "b", "c", "d"].map((id) => {
      const node = tagged(id, scene);
      const material = paint(id, scene);
      material.albedoTexture = picture(scene, `own-${id}`);
      box(`${id}-body`, node, material);
      painter.prepare(node);
      return node;
    });
  });
  afterEach(() => scene.getEngine().dispose());

  const shown = (): (string | undefined)[] =>
    nodes.map((node) => (node.getChildMeshes()[0]!.material as PBRMaterial).albedoTexture?.name);
  const finish = async (name: string): Promise<void> => {
    const at = loads.findIndex(({ url }) => url === `/assets/${name}`);
    const [load] = loads.splice(at, 1);
    load!.done(picture(scene, name));
    await settle();
  };

  it("swaps one picture a frame, however many are ready", async () => {
    for (const [i, node] of nodes.entries()) painter.want(node, `p${i}`);
    assert.equal(loads.length, 2, "two loads at once");
    for (let i = 0; i < 4; i++) await finish(`p${i}`);
    assert.deepEqual(shown(), ["own-a", "own-b", "own-c", "own-d"], "nothing before the frame");
    const frames = [0, 1, 2, 3].map(() => {
      assert.equal(painter.frame(), true);
      return shown().filter((name) => name!.startsWith("p")).length;
    });
    assert.deepEqual(frames, [1, 2, 3, 4]);
    assert.equal(painter.frame(), false);
    assert.equal(painter.settled, true);
  });

  it("keeps what is shown until the next is here, and never shows what was overtaken", async () => {
    const [a] = nodes as [TransformNode];
    painter.want(a, "old");
    painter.want(a, "new");
    await finish("new");
    await finish("old");
    while (painter.frame());
    assert.equal(shown()[0], "new");
    painter.want(a, "");
    assert.equal(shown()[0], "new");
    painter.frame();
    assert.equal(shown()[0], "own-a");
  });

  it("loads a picture once for all who show it, and again only after it was given up", async () => {
    const [a, b] = nodes as [TransformNode, TransformNode];
    painter.want(a, "same");
    painter.want(b, "same");
    await finish("same");
    while (painter.frame());
    assert.deepEqual(shown().slice(0, 2), ["same", "same"]);
    assert.equal(loads.length, 0);
    painter.want(a, "");
    painter.frame();
    painter.want(a, "same");
    await settle();
    painter.frame();
    assert.equal(shown()[0], "same");
    assert.equal(loads.length, 0);
  });

  it("gives up the pictures that nobody has shown for longest", async () => {
    const [a] = nodes as [TransformNode];
    for (let i = 0; i < 40; i++) {
      painter.want(a, `p${i}`);
      await finish(`p${i}`);
      painter.frame();
    }
    assert.equal(cache.size, 25, "the one that shows and 24 more");
    const names = new Set(scene.textures.map(({ name }) => name));
    assert.ok(names.has("p39") && names.has("p15") && !names.has("p14"));
  });

  it("shows a picture and its maps together, never one in the relief of another", async () => {
    const [a] = nodes as [TransformNode];
    const material = a.getChildMeshes()[0]!.material as PBRMaterial;
    const look = () => [material.albedoTexture?.name, material.bumpTexture?.name, material.metallicTexture?.name];
    const maps = { normal: "n", roughness: "r", occlusion: "o" };
    painter.want(a, "stone");
    await finish("stone");
    painter.frame();
    painter.want(a, "stone", maps);
    for (const name of ["o", "r"]) await finish(name);
    painter.frame();
    assert.deepEqual(look(), ["stone", undefined, undefined], "one map is missing");
    await finish("n");
    painter.frame();
    assert.deepEqual(look(), ["stone", "n", "r"]);
    painter.want(a, "wood");
    await finish("wood");
    painter.frame();
    assert.deepEqual(look(), ["wood", undefined, undefined], "the maps went with their picture");

    // Overtaken while one of its maps loads: nothing of it is shown, and all of it is given up.
    painter.want(a, "brick", { ...maps, normal: "n2" });
    painter.want(a, "");
    painter.frame();
    for (const name of ["brick", "n2"]) await finish(name);
    painter.frame();
    assert.deepEqual(look(), ["own-a", undefined, undefined]);
    assert.equal(painter.settled, true);
  });

  it("tries a picture that does not load thrice, tells of it, and keeps what was shown", async function () {
    this.timeout(10_000);
    const [a] = nodes as [TransformNode];
    painter.want(a, "missing");
    for (let i = 0; i < 3; i++) {
      while (loads.length === 0) await new Promise((resolve) => setTimeout(resolve, 50));
      loads.shift()!.fail(new Error("404"));
      await settle();
    }
    assert.deepEqual(errors, ["a"]);
    assert.equal(shown()[0], "own-a");
    painter.want(a, "missing");
    assert.equal(loads.length, 1, "a new wish tries anew");
  });

  it("gives the scene its own textures back and frees the rest", async () => {
    const textures = scene.textures.length;
    painter.want(nodes[0]!, "p");
    await finish("p");
    painter.frame();
    painter.want(nodes[1]!, "late");
    painter.dispose();
    assert.deepEqual(shown(), ["own-a", "own-b", "own-c", "own-d"]);
    await finish("late");
    assert.equal(scene.textures.length, textures);
    assert.deepEqual(errors, []);
  });
});
