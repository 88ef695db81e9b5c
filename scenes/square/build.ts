/**
 * Builds the demo world: `node scenes/square/build.ts` writes square.babylon and square.glb beside this file.
 * Everything in it is made here: shapes from numbers, textures from noise.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { NullEngine } from "@babylonjs/core/Engines/nullEngine.js";
import { Logger } from "@babylonjs/core/Misc/logger.js";
import { Scene } from "@babylonjs/core/scene.js";
import { drawPictures } from "./pictures.ts";
import { babylonFile, glbFile } from "./files.ts";
import { makeMaterials } from "./materials.ts";
import { furnish, populate } from "./layout.ts";
import { light, lookFrom, sunPlace } from "./light.ts";

Logger.LogLevels = Logger.ErrorLogLevel;
const engine = new NullEngine();
const scene = new Scene(engine);
const sun = sunPlace();
const materials = makeMaterials(scene, await drawPictures(sun.u, sun.up));
furnish(scene, materials);
populate(scene, materials);
light(scene);
lookFrom(scene);

const here = import.meta.dirname;
const babylon = await babylonFile(scene);
const glb = await glbFile(scene);
writeFileSync(join(here, "square.babylon"), babylon);
writeFileSync(join(here, "square.glb"), glb);
const vertices = scene.meshes.reduce((sum, mesh) => sum + mesh.getTotalVertices(), 0);
process.stdout.write(
  `${scene.meshes.length} meshes, ${vertices} vertices; square.babylon ${kib(babylon)} KiB, square.glb ${kib(glb)} KiB\n`,
);
engine.dispose();

function kib(file: string | Uint8Array): number {
  return Math.round(Buffer.byteLength(file) / 1024);
}
