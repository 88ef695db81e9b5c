import { SceneSerializer } from "@babylonjs/core/Misc/sceneSerializer.js";
import type { Node } from "@babylonjs/core/node.js";
import type { Scene } from "@babylonjs/core/scene.js";
import { GLTF2Export } from "@babylonjs/serializers/glTF/2.0/glTFSerializer.js";
import "@babylonjs/serializers/glTF/2.0/Extensions/KHR_lights_punctual.js";
import "@babylonjs/serializers/glTF/2.0/Extensions/KHR_materials_emissive_strength.js";
import "@babylonjs/serializers/glTF/2.0/Extensions/KHR_materials_unlit.js";
import "@babylonjs/serializers/glTF/2.0/Extensions/KHR_materials_specular.js";
import { exportedExtras } from "../../plugin/core/index.ts";

type Json = Record<string, unknown>;

/** Places are kept to a millimetre, directions and colours to three digits: text files pay for every digit. */
const digits: Record<string, number> = { positions: 3, normals: 2, uvs: 3, colors: 3 };

function round(key: string, value: unknown): unknown {
  if (!(key in digits) || !Array.isArray(value)) return value;
  const scale = 10 ** digits[key]!;
  // Opaque colours need no alpha: the loader adds it.
  const kept = key === "colors" ? value.filter((_, i) => i % 4 !== 3) : value;
  return kept.map((x: number) => Math.round(x * scale) / scale);
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
  const file = (await SceneSerializer.SerializeAsync(scene)) as Json;
  for (const item of file["transformNodes"] as Json[]) startAnimations(item);
  for (const item of file["materials"] as Json[]) delete item["imageProcessingConfiguration"];
  return JSON.stringify(file, round);
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
  return new Uint8Array(await glb.arrayBuffer());
}
