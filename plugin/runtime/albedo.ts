/** The albedo slot of a node: which materials it means, and how a texture gets in and out of them without a recompile. */
import { RawTexture } from "@babylonjs/core/Materials/Textures/rawTexture.js";
import type { Material } from "@babylonjs/core/Materials/material.js";
import type { BaseTexture } from "@babylonjs/core/Materials/Textures/baseTexture.js";
import type { Texture } from "@babylonjs/core/Materials/Textures/texture.js";
import { Color3 } from "@babylonjs/core/Maths/math.color.js";
import type { AbstractMesh } from "@babylonjs/core/Meshes/abstractMesh.js";
import type { TransformNode } from "@babylonjs/core/Meshes/transformNode.js";
import type { Scene } from "@babylonjs/core/scene.js";
import { ownMeshes } from "./scene-nodes.ts";
import { Surface, type MapTextures } from "./surface-maps.ts";

/** What PBR, PBR metallic-roughness and standard materials call their base colour. */
const baseColours = [
  ["albedoTexture", "albedoColor"],
  ["baseTexture", "baseColor"],
  ["diffuseTexture", "diffuseColor"],
] as const;

type Painted = Material & Record<string, unknown>;
interface Keys {
  readonly texture: string;
  readonly colour: string;
}

function keysOf(material: Material | null): Keys | undefined {
  if (material === null) return undefined;
  const found = baseColours.find(([texture]) => texture in material);
  return found && { texture: found[0], colour: found[1] };
}

const textureIn = (material: Material, keys: Keys): BaseTexture | null =>
  ((material as Painted)[keys.texture] as BaseTexture | null | undefined) ?? null;

/** Meshes whose base colour the slot means: those that show a texture, or all if none does. */
function targets(node: TransformNode): AbstractMesh[] {
  const paintable = ownMeshes(node).filter((mesh) => keysOf(mesh.material) !== undefined);
  const textured = paintable.filter((mesh) => textureIn(mesh.material!, keysOf(mesh.material)!) !== null);
  return textured.length > 0 ? textured : paintable;
}

/**
 * A copy of a material with the same textures. `clone` copies the textures too: those copies are given back at once.
 */
function copyOf(material: Material, name: string): Material {
  const copy = material.clone(name) as Painted | null;
  if (copy === null) return material;
  for (const [key, value] of Object.entries(material as Painted)) {
    const original = value as { getClassName?: () => string; dispose?: () => void } | null;
    const isTexture = typeof original === "object" && (original?.getClassName?.() ?? "").endsWith("Texture");
    if (!isTexture || copy[key] === original) continue;
    (copy[key] as BaseTexture | null)?.dispose();
    copy[key] = original;
  }
  return copy;
}

/** What a material showed before the first picture. */
interface Own {
  readonly material: Painted;
  readonly keys: Keys;
  readonly texture: BaseTexture | null;
  readonly colour: Color3;
  readonly surface: Surface;
}

/**
 * The base colour of one node. Made when the scene is loaded: a material without a texture gets a 1×1 white one then,
 * because going from none to one recompiles its shader (120–150 ms), from one to another does not (2 ms).
 */
export class AlbedoSlot {
  readonly #own: Own[] = [];
  readonly #placeholders: BaseTexture[] = [];
  readonly #copies: { mesh: AbstractMesh; original: Material; copy: Material }[] = [];

  constructor(node: TransformNode) {
    const copies = new Map<Material, Material>();
    const meshes = targets(node);
    for (const mesh of meshes) {
      const original = mesh.material!;
      let material = copies.get(original);
      if (material === undefined) {
        const shared = original.getBindedMeshes().some((user) => !meshes.includes(user));
        material = shared ? copyOf(original, `${original.name} of ${node.id}`) : original;
        copies.set(original, material);
        this.#remember(material, node.getScene());
      }
      if (material !== original) {
        mesh.material = material;
        this.#copies.push({ mesh, original, copy: material });
      }
    }
  }

  #remember(material: Material, scene: Scene): void {
    const keys = keysOf(material)!;
    const painted = material as Painted;
    if (textureIn(material, keys) === null) {
      const white = RawTexture.CreateRGBATexture(new Uint8Array([255, 255, 255, 255]), 1, 1, scene, false);
      white.name = "placeholder";
      painted[keys.texture] = white;
      this.#placeholders.push(white);
    }
    const colour = painted[keys.colour] as Color3;
    const [texture, surface] = [textureIn(material, keys), new Surface(material)];
    this.#own.push({ material: painted, keys, texture, colour: colour.clone(), surface });
  }

  /** Whether the node has anything to show a texture on. */
  get usable(): boolean {
    return this.#own.length > 0;
  }

  /** A texture whose tiling and orientation a new one should have; undefined where any will do. */
  get layout(): Texture | undefined {
    const texture = this.#own[0]?.texture;
    return texture && "uScale" in texture ? (texture as Texture) : undefined;
  }

  /** Shows a loaded texture and the maps that belong to it or, with undefined, what the scene's author put there. */
  show(texture: BaseTexture | undefined, maps?: MapTextures): void {
    for (const { material, keys, texture: first, colour, surface } of this.#own) {
      material[keys.texture] = texture ?? first;
      // A picture brings its own colours; the author's tint would stain it.
      (material[keys.colour] as Color3).copyFrom(texture === undefined ? colour : Color3.White());
      surface.show(maps);
    }
  }

  /** Leaves the node as it was found. */
  dispose(): void {
    this.show(undefined);
    for (const { mesh, original } of this.#copies) if (!mesh.isDisposed()) mesh.material = original;
    for (const copy of new Set(this.#copies.map((each) => each.copy))) copy.dispose(false, false);
    for (const own of this.#own) {
      if (own.texture !== null && this.#placeholders.includes(own.texture)) own.material[own.keys.texture] = null;
    }
    for (const placeholder of this.#placeholders) placeholder.dispose();
  }
}
