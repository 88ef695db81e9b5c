import { SceneSerializer } from "@babylonjs/core/Misc/sceneSerializer.js";
import type { Node } from "@babylonjs/core/node.js";
import type { Scene } from "@babylonjs/core/scene.js";
import { GLTF2Export } from "@babylonjs/serializers/glTF/2.0/glTFSerializer.js";
import "@babylonjs/serializers/glTF/2.0/Extensions/KHR_lights_punctual.js";
import "@babylonjs/serializers/glTF/2.0/Extensions/KHR_materials_emissive_strength.js";
import "@babylonjs/serializers/glTF/2.0/Extensions/KHR_materials_unlit.js";
import "@babylonjs/serializers/glTF/2.0/Extensions/KHR_materials_specular.js";
import { quantized } from "./quantized-glb.ts";
import { exportedExtras } from "../../plugin/core/index.ts";

type Json = Record<string, unknown>;

/** A text file pays for every digit: places keep millimetres, directions two digits, colours two that count. */
function shorten(key: string, value: unknown): unknown {
  if (!Array.isArray(value)) return value;
  if (key === "positions" || key === "uvs") return value.map((x: number) => Math.round(x * 1000) / 1000);
  if (key === "normals") return value.map((x: number) => Math.round(x * 100) / 100);
  // Opaque colours need no alpha: the loader adds it.
  if (key === "colors") return value.filter((_, i) => i % 4 !== 3).map((x: number) => Number(x.toPrecision(2)));
  return value;
}

/** A node of the file whose animations start when it is loaded. */
function startAnimations(item: Json): void {
  const animations = item["animations"] as { keys: { frame: number }[] }[] | undefined;
  if (!animations?.length) return;
  const last = Math.max(...animations.flatMap(({ keys }) => keys.map(({ frame }) => frame)));
  Object.assign(item, { autoAnimate: true, autoAnimateFrom: 0, autoAnimateTo: last, autoAnimateLoop: true, autoAnimateSpeed: 1 });
}

/** The scene as Babylon's own format, self-contained. */
export async function babylonFile(scene: Scene): Promise<string> {
  for (const mesh of scene.meshes) if (mesh.geometry) mesh.geometry.id = mesh.id; // else a new random one each time
  const file = (await SceneSerializer.SerializeAsync(scene)) as Json;
  for (const item of file["transformNodes"] as Json[]) startAnimations(item);
  // A machine without a GPU has no hardware filter to build the shadows with; the ones who look at it have.
  for (const item of file["shadowGenerators"] as Json[]) {
    Object.assign(item, { usePercentageCloserFiltering: true, usePoissonSampling: false });
  }
  for (const item of file["materials"] as Json[]) delete item["imageProcessingConfiguration"];
  return JSON.stringify(file, shorten);
}

/** The scene as GLB. The sky stays out: who imports a square into another world has one. */
export async function glbFile(scene: Scene): Promise<Uint8Array> {
  const file = await GLTF2Export.GLBAsync(scene, "square", {
    shouldExportNode: (node: Node) => node.name !== "sky",
    metadataSelector: exportedExtras,
    exportUnusedUVs: false,
  });
  const glb = file.files["square.glb"];
  if (!(glb instanceof Blob)) throw new Error("the exporter gave no GLB");
  return quantized(new Uint8Array(await glb.arrayBuffer()));
}
