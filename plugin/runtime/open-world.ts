import type { AbstractEngine } from "@babylonjs/core/Engines/abstractEngine.js";
import { Engine } from "@babylonjs/core/Engines/engine.js";
import { LoadSceneAsync } from "@babylonjs/core/Loading/sceneLoader.js";
import type { Scene } from "@babylonjs/core/scene.js";
// What a `.babylon` file of ours may hold: the loader finds these classes by name.
import "@babylonjs/core/Loading/Plugins/babylonFileLoader.js";
import "@babylonjs/core/Animations/animatable.js";
import "@babylonjs/core/Cameras/arcRotateCamera.js";
import "@babylonjs/core/Lights/directionalLight.js";
import "@babylonjs/core/Lights/hemisphericLight.js";
import "@babylonjs/core/Lights/pointLight.js";
import "@babylonjs/core/Lights/Shadows/shadowGeneratorSceneComponent.js";
import "@babylonjs/core/Materials/PBR/pbrMaterial.js";
import "@babylonjs/core/Materials/standardMaterial.js";
import "@babylonjs/core/Meshes/instancedMesh.js";
import "@babylonjs/core/Culling/ray.js";
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

/**
 * Loads a world into a canvas and draws it until disposed: `.babylon`, or `.glb` with the host's glTF loader imported.
 * The camera of the file is controlled by mouse, touch and keys; the picture follows the canvas's size.
 */
export async function openWorld(
  canvas: HTMLCanvasElement,
  url: string,
  options: OpenOptions = {},
): Promise<OpenedWorld> {
  const engine = new Engine(canvas, true, { preserveDrawingBuffer: true, stencil: true }, true);
  let scene: Scene;
  try {
    scene = await LoadSceneAsync(url, engine, {
      onProgress: (event) => {
        if (event.lengthComputable && event.total > 0) options.onProgress?.(event.loaded / event.total);
      },
    });
  } catch (error) {
    engine.dispose();
    throw error;
  }
  if (scene.activeCamera === null) scene.createDefaultCamera(true, true, true);
  scene.activeCamera?.attachControl(canvas, true);
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
