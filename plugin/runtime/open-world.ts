import { ArcRotateCamera } from "@babylonjs/core/Cameras/arcRotateCamera.js";
import type { Camera } from "@babylonjs/core/Cameras/camera.js";
import type { AbstractEngine } from "@babylonjs/core/Engines/abstractEngine.js";
import { Engine } from "@babylonjs/core/Engines/engine.js";
import { ShadowGenerator } from "@babylonjs/core/Lights/Shadows/shadowGenerator.js";
import { RegisterShadowGeneratorSceneComponent } from "@babylonjs/core/Lights/Shadows/shadowGeneratorSceneComponent.pure.js";
import { LoadSceneAsync } from "@babylonjs/core/Loading/sceneLoader.js";
import { SceneLoaderFlags } from "@babylonjs/core/Loading/sceneLoaderFlags.js";
import { Vector3 } from "@babylonjs/core/Maths/math.vector.js";
import type { Scene } from "@babylonjs/core/scene.js";
// What a `.babylon` file of ours may hold: the loader finds these classes by name, and gives up silently without them.
import "@babylonjs/core/Loading/Plugins/babylonFileLoader.js";
import "@babylonjs/core/Animations/animatable.js";
import "@babylonjs/core/Animations/animation.js";
import "@babylonjs/core/Bones/skeleton.js";
import "@babylonjs/core/Culling/ray.js";
import "@babylonjs/core/Materials/colorCurves.js";
import "@babylonjs/core/Materials/Textures/texture.js";
import "@babylonjs/core/Meshes/geometry.js";
import "@babylonjs/core/Meshes/groundMesh.js";
import "@babylonjs/core/Meshes/instancedMesh.js";
import "@babylonjs/core/Meshes/mesh.js";
import "@babylonjs/core/Meshes/transformNode.js";
import { applyLook } from "./look.ts";

export interface OpenedWorld {
  readonly engine: AbstractEngine;
  readonly scene: Scene;
  /** Stops drawing and frees the GPU. */
  dispose(): void;
}

export interface OpenOptions {
  /** Share of the file that is here, 0 to 1. */
  readonly onProgress?: (share: number) => void;
}

/** A camera that sees all of a scene that brought none. */
function cameraOver(scene: Scene): Camera {
  const { min, max } = scene.getWorldExtends();
  const size = Vector3.Distance(min, max);
  const camera = new ArcRotateCamera("camera", -Math.PI / 2, 1.2, size * 0.8, min.add(max).scale(0.5), scene);
  camera.wheelDeltaPercentage = 0.01;
  camera.minZ = size / 1000;
  return camera;
}

/**
 * Loads a world into a canvas and draws it until disposed: `.babylon`, or `.glb` with the host's glTF loader imported.
 * The camera of the file is controlled by mouse, touch and keys; the picture follows the canvas's size.
 */
export async function openWorld(
  canvas: HTMLCanvasElement,
  url: string,
  options: OpenOptions = {},
): Promise<OpenedWorld> {
  RegisterShadowGeneratorSceneComponent(ShadowGenerator); // else a file's shadows are passed over
  const engine = new Engine(canvas, true, { preserveDrawingBuffer: true, stencil: true }, true);
  SceneLoaderFlags.ShowLoadingScreen = false; // the host shows its own progress
  let scene: Scene;
  try {
    scene = await LoadSceneAsync(url, engine, {
      onProgress: (event) => {
        if (event.lengthComputable && event.total > 0) options.onProgress?.(event.loaded / event.total);
      },
    });
    if (scene.meshes.length === 0) throw new Error(`${url} holds nothing to show, or something this page cannot read`);
  } catch (error) {
    engine.dispose();
    throw error;
  }
  (scene.activeCamera ?? cameraOver(scene)).attachControl(canvas, true);
  const endLook = applyLook(scene);
  const resize = new ResizeObserver(() => engine.resize());
  resize.observe(canvas);
  engine.runRenderLoop(() => scene.render());
  return {
    engine,
    scene,
    dispose: () => {
      resize.disconnect();
      endLook();
      scene.dispose();
      engine.dispose();
    },
  };
}
