import { PBRMaterial } from "@babylonjs/core/Materials/PBR/pbrMaterial.js";
import type { Material } from "@babylonjs/core/Materials/material.js";
import { Texture } from "@babylonjs/core/Materials/Textures/texture.js";
import { Color3 } from "@babylonjs/core/Maths/math.color.js";
import type { Scene } from "@babylonjs/core/scene.js";
import type { Picture } from "./pictures.ts";

const colour = (hex: string): Color3 => Color3.FromHexString(hex).toLinearSpace();

/** All materials by name. Those named after a picture show it; the rest have their colour in the vertices. */
export function makeMaterials(scene: Scene, pictures: ReadonlyMap<string, Picture>): Map<string, Material> {
  const materials = new Map<string, Material>();
  const make = (name: string, roughness: number): PBRMaterial => {
    const material = new PBRMaterial(name, scene);
    material.metallic = 0;
    material.roughness = roughness;
    material.specularIntensity = 0.6;
    materials.set(name, material);
    return material;
  };
  const picture = (name: string): Texture => {
    const { bytes } = pictures.get(name)!;
    const texture = new Texture(`data:image/jpeg;base64,${bytes.toString("base64")}`, scene);
    texture.displayName = name;
    return texture;
  };
  make("painted", 0.82);
  const paving = make("paving", 0.78);
  paving.albedoTexture = picture("paving");
  paving.bumpTexture = picture("paving-normal");
  make("plaster", 0.95).albedoTexture = picture("plaster");
  const roof = make("roof", 0.75);
  roof.albedoTexture = picture("roof");
  roof.bumpTexture = picture("roof-normal");
  for (const name of pictures.keys()) if (/^(cloth|awning)-/.test(name)) make(name, 0.9).albedoTexture = picture(name);
  glow(make("glow", 1), "#ffb35c", 1.5);
  glow(make("ember", 1), "#ff6a24", 1.8);
  glow(make("crystal", 0.2), "#7fd8ff", 0.9);
  const water = make("water", 0.08);
  water.albedoColor = colour("#7fb4bd");
  water.alpha = 0.72;
  const sky = make("sky", 1);
  sky.albedoTexture = picture("sky");
  sky.albedoColor = new Color3(1.5, 1.5, 1.55); // a filmic tone dims what is as bright as a sky
  sky.unlit = true;
  sky.fogEnabled = false;
  sky.backFaceCulling = false;
  return materials;
}

function glow(material: PBRMaterial, hex: string, strength: number): void {
  material.albedoColor = colour(hex).scale(0.4);
  material.emissiveColor = colour(hex).scale(Math.min(strength, 1));
  material.emissiveIntensity = Math.max(strength, 1);
}
