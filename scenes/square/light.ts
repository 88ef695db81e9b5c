import { ArcRotateCamera } from "@babylonjs/core/Cameras/arcRotateCamera.js";
import { DirectionalLight } from "@babylonjs/core/Lights/directionalLight.js";
import { HemisphericLight } from "@babylonjs/core/Lights/hemisphericLight.js";
import { PointLight } from "@babylonjs/core/Lights/pointLight.js";
import { ShadowGenerator } from "@babylonjs/core/Lights/Shadows/shadowGenerator.js";
import "@babylonjs/core/Lights/Shadows/shadowGeneratorSceneComponent.js";
import { Color3, Color4 } from "@babylonjs/core/Maths/math.color.js";
import { Vector3 } from "@babylonjs/core/Maths/math.vector.js";
import { Scene } from "@babylonjs/core/scene.js";

/** Where the sunlight goes: low, from the left and from behind whoever looks into the square, so that faces are lit. */
const sunWay = new Vector3(0.68, -0.56, 0.5).normalize();

/** Where the sun stands in the sky's picture. */
export function sunPlace(): { u: number; up: number } {
  const from = sunWay.scale(-1);
  return { u: 0.5 - Math.atan2(from.z, from.x) / (2 * Math.PI), up: Math.asin(from.y) / Math.PI };
}

export function light(scene: Scene): void {
  scene.clearColor = new Color4(0.95, 0.78, 0.58, 1);
  scene.ambientColor = Color3.Black();
  scene.fogMode = Scene.FOGMODE_EXP2;
  scene.fogColor = new Color3(1.0, 0.76, 0.5);
  scene.fogDensity = 0.0045;

  const sky = new HemisphericLight("sky-light", new Vector3(-0.2, 1, -0.3), scene);
  sky.diffuse = new Color3(0.72, 0.74, 1.0);
  sky.groundColor = new Color3(0.62, 0.42, 0.32);
  sky.specular = new Color3(0.2, 0.2, 0.25);
  sky.intensity = 0.95;

  const sun = new DirectionalLight("sun", sunWay, scene);
  sun.position = sunWay.scale(-34);
  sun.diffuse = new Color3(1.0, 0.7, 0.38);
  sun.specular = new Color3(1.0, 0.8, 0.55);
  sun.intensity = 7.4;
  sun.shadowFrustumSize = 40;
  sun.autoUpdateExtends = false;
  sun.autoCalcShadowZBounds = false;
  sun.shadowMinZ = 1;
  sun.shadowMaxZ = 75;
  const shadows = new ShadowGenerator(2048, sun);
  shadows.usePercentageCloserFiltering = true;
  shadows.filteringQuality = ShadowGenerator.QUALITY_HIGH;
  shadows.bias = 0.0012;
  shadows.normalBias = 0.018;
  for (const mesh of scene.meshes) {
    if (!/^(sky|ground|land-painted)$|-(glow|ember|water)$/.test(mesh.id)) shadows.addShadowCaster(mesh, false);
  }

  const forge = new PointLight("forge-light", new Vector3(-5.2, 1.5, 0.6), scene);
  forge.diffuse = new Color3(1, 0.48, 0.18);
  forge.intensity = 14;
  forge.range = 6;
  const wand = new PointLight("crystal-light", new Vector3(3.0, 1.8, 2.3), scene);
  wand.diffuse = new Color3(0.45, 0.8, 1);
  wand.intensity = 5;
  wand.range = 4;
}

export function lookFrom(scene: Scene): void {
  const camera = new ArcRotateCamera("camera", -Math.PI / 2, 1.45, 13.8, new Vector3(0, 3, 1), scene);
  camera.fov = 0.82;
  camera.minZ = 0.1;
  camera.maxZ = 260;
  camera.lowerRadiusLimit = 2.5;
  camera.upperRadiusLimit = 22;
  camera.lowerBetaLimit = 0.35;
  camera.upperBetaLimit = 1.52;
  camera.wheelDeltaPercentage = 0.012;
  camera.pinchDeltaPercentage = 0.012;
  camera.panningSensibility = 260;
  camera.panningDistanceLimit = 9;
  camera.inertia = 0.86;
}
