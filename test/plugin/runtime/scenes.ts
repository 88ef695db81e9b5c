import { NullEngine } from "@babylonjs/core/Engines/nullEngine.js";
import { PBRMaterial } from "@babylonjs/core/Materials/PBR/pbrMaterial.js";
import { RawTexture } from "@babylonjs/core/Materials/Textures/rawTexture.js";
import type { Texture } from "@babylonjs/core/Materials/Textures/texture.js";
import { CreateBox } from "@babylonjs/core/Meshes/Builders/boxBuilder.js";
import type { Mesh } from "@babylonjs/core/Meshes/mesh.js";
import { TransformNode } from "@babylonjs/core/Meshes/transformNode.js";
import { Logger } from "@babylonjs/core/Misc/logger.js";
import { Scene } from "@babylonjs/core/scene.js";

/** A scene that nobody sees. */
export function emptyScene(): Scene {
  Logger.LogLevels = Logger.ErrorLogLevel;
  return new Scene(new NullEngine());
}

export const picture = (scene: Scene, name: string): Texture => {
  const texture = RawTexture.CreateRGBATexture(new Uint8Array([9, 9, 9, 255]), 1, 1, scene);
  texture.name = name;
  return texture;
};

export const tagged = (id: string, scene: Scene): TransformNode => {
  const node = new TransformNode(id, scene);
  node.metadata = { lora: {} };
  return node;
};

export function box(id: string, parent: TransformNode, material: PBRMaterial): Mesh {
  const mesh = CreateBox(id, {}, parent.getScene());
  mesh.parent = parent;
  mesh.material = material;
  return mesh;
}

export const paint = (name: string, scene: Scene): PBRMaterial => new PBRMaterial(name, scene);
