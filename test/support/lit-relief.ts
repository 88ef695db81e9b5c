/** Runs in a page: a plane in the relief of a normal map, under one lamp, and how bright its sides are. */
import { FreeCamera } from "@babylonjs/core/Cameras/freeCamera.js";
import { Engine } from "@babylonjs/core/Engines/engine.js";
import { DirectionalLight } from "@babylonjs/core/Lights/directionalLight.js";
import { PBRMaterial } from "@babylonjs/core/Materials/PBR/pbrMaterial.js";
import { StandardMaterial } from "@babylonjs/core/Materials/standardMaterial.js";
import { RawTexture } from "@babylonjs/core/Materials/Textures/rawTexture.js";
import { Texture } from "@babylonjs/core/Materials/Textures/texture.js";
import { Color3 } from "@babylonjs/core/Maths/math.color.js";
import { Vector3 } from "@babylonjs/core/Maths/math.vector.js";
import { CreatePlane } from "@babylonjs/core/Meshes/Builders/planeBuilder.js";
import { VertexBuffer } from "@babylonjs/core/Buffers/buffer.js";
import { Scene } from "@babylonjs/core/scene.js";
import { Surface } from "../../plugin/runtime/surface-maps.ts";

interface Wanted {
  readonly url: string;
  readonly kind: "pbr" | "standard";
  /** As the material's textures are loaded; without it they stand on their heads, and so do their places on the plane. */
  readonly invertY: boolean;
  readonly light: "left" | "top";
}

const directions = { left: new Vector3(1, 0, 0.5), top: new Vector3(0, -1, 0.5) } as const;

async function litRelief({ url, kind, invertY, light }: Wanted): Promise<Record<string, number>> {
  const canvas = document.querySelector("canvas")!;
  const engine = new Engine(canvas, false, { preserveDrawingBuffer: true });
  const scene = new Scene(engine);
  new FreeCamera("camera", new Vector3(0, 0, -2.4), scene).setTarget(Vector3.Zero());
  new DirectionalLight("lamp", directions[light], scene).intensity = kind === "pbr" ? 3 : 0.8;
  const plane = CreatePlane("plane", { size: 2 }, scene);
  if (!invertY) {
    const uvs = [...plane.getVerticesData(VertexBuffer.UVKind)!];
    plane.setVerticesData(
      VertexBuffer.UVKind,
      uvs.map((value, i) => (i % 2 === 1 ? 1 - value : value)),
    );
  }
  const normal = await new Promise<Texture>((resolve) => {
    const texture: Texture = new Texture(url, scene, { invertY, onLoad: () => resolve(texture) });
  });
  const white = RawTexture.CreateRGBATexture(new Uint8Array([255, 255, 255, 255]), 1, 1, scene);
  const material = kind === "pbr" ? new PBRMaterial("m", scene) : new StandardMaterial("m", scene);
  if (material instanceof StandardMaterial) material.specularColor = Color3.Black();
  plane.material = material;
  new Surface(material).show({ normal, roughness: white, occlusion: white });
  await scene.whenReadyAsync();
  scene.render();
  const { width, height } = canvas;
  const bytes = new Uint8Array((await engine.readPixels(0, 0, width, height)).buffer);
  // The first line is the lowest.
  const at = (x: number, up: number): number => bytes[4 * (Math.round(up * height) * width + Math.round(x * width))]!;
  const sides = { left: at(0.35, 0.5), right: at(0.65, 0.5), top: at(0.5, 0.65), bottom: at(0.5, 0.35) };
  engine.dispose();
  return sides;
}

Object.assign(globalThis, { litRelief });
