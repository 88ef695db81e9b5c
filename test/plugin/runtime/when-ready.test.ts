import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { PBRMaterial } from "@babylonjs/core/Materials/PBR/pbrMaterial.js";
import { TransformNode } from "@babylonjs/core/Meshes/transformNode.js";
import type { Scene } from "@babylonjs/core/scene.js";
import { whenReady } from "../../../plugin/runtime/when-ready.ts";
import { box, emptyScene } from "./scenes.ts";

/** A material whose shader takes its time. */
class SlowPaint extends PBRMaterial {
  compiled = false;
  override isReadyForSubMesh(): boolean {
    return this.compiled;
  }
}

/** Babylon looks again every 100 ms. */
const aLookLater = () => sleep(260);

describe("when a scene is ready", () => {
  let scene: Scene;
  let paint: SlowPaint;
  let calls = 0;
  const count = (): void => void calls++;
  beforeEach(() => {
    calls = 0;
    scene = emptyScene();
    paint = new SlowPaint("slow", scene);
    box("wall", new TransformNode("house", scene), paint);
  });
  afterEach(() => scene.getEngine().dispose());

  it("is once its shaders are compiled, and is told once", async () => {
    whenReady(scene, count);
    await aLookLater();
    assert.equal(calls, 0);
    paint.compiled = true;
    while (calls === 0) await sleep(20);
    await aLookLater();
    assert.equal(calls, 1);
  });

  it("is at once where it is ready already", () => {
    paint.compiled = true;
    whenReady(scene, count);
    assert.equal(calls, 1);
  });

  it("is not waited for without end", async () => {
    whenReady(scene, count, 30);
    await sleep(90);
    assert.equal(calls, 1);
    paint.compiled = true;
    await aLookLater();
    assert.equal(calls, 1);
  });

  it("is not told after the wait was given up or the scene disposed", async () => {
    const giveUp = whenReady(scene, count, 120);
    giveUp();
    whenReady(scene, count, 120);
    scene.dispose();
    await aLookLater();
    assert.equal(calls, 0);
  });
});
