import type { AbstractMesh } from "@babylonjs/core/Meshes/abstractMesh.js";
import type { TransformNode } from "@babylonjs/core/Meshes/transformNode.js";
import type { Node } from "@babylonjs/core/node.js";
import type { Scene } from "@babylonjs/core/scene.js";
import { hasTag, metadataValue } from "../core/index.ts";

/** Transform nodes and meshes of a scene, parents before their children. */
export function nodesOf(scene: Scene): TransformNode[] {
  const found: TransformNode[] = [];
  const visit = (node: Node): void => {
    if (isTransformNode(node)) found.push(node);
    for (const child of node.getChildren()) visit(child);
  };
  for (const root of scene.rootNodes) visit(root);
  return found;
}

/** By class name: a host such as the editor may run another copy of Babylon. */
const isTransformNode = (node: Node): node is TransformNode => "computeWorldMatrix" in node && "scaling" in node;

export const isMesh = (node: Node): node is AbstractMesh => "subMeshes" in node;

/** The node that a click on a mesh means: the nearest one upwards that carries a tag, else the mesh itself. */
export function tagNodeOf(mesh: AbstractMesh): TransformNode {
  for (let node: Node | null = mesh; node !== null; node = node.parent) {
    if (isTransformNode(node) && hasTag(node)) return node;
  }
  return mesh;
}

/** Whether a node is a character: it then has a name tag and a portrait over its head. */
export const isCharacter = (node: TransformNode): boolean => metadataValue(node, "npc") === true;

/** The node and what hangs on it, without what belongs to another tagged node. */
export function ownMeshes(node: TransformNode): AbstractMesh[] {
  const meshes = isMesh(node) ? [node] : [];
  for (const child of node.getChildren()) {
    if (isTransformNode(child) && !hasTag(child)) meshes.push(...ownMeshes(child));
  }
  return meshes;
}
