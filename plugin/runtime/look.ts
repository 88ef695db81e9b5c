import { Color4 } from "@babylonjs/core/Maths/math.color.js";
import { ImageProcessingConfiguration } from "@babylonjs/core/Materials/imageProcessingConfiguration.js";
import { RenderTargetTexture } from "@babylonjs/core/Materials/Textures/renderTargetTexture.js";
import { DefaultRenderingPipeline } from "@babylonjs/core/PostProcesses/RenderPipeline/Pipelines/defaultRenderingPipeline.js";
import "@babylonjs/core/PostProcesses/RenderPipeline/postProcessRenderPipelineManagerSceneComponent.js";
import type { Scene } from "@babylonjs/core/scene.js";

/** A software renderer draws pixels on the CPU: it gets the picture without what costs most. */
const softwareRenderer = /swiftshader|llvmpipe|software|basic render/i;

/**
 * The look of a world at golden hour: filmic tone, a soft bloom around lamps and sun, a vignette, smooth edges.
 * @returns what takes it away
 */
export function applyLook(scene: Scene): () => void {
  const engine = scene.getEngine();
  const { renderer } =
    "getGlInfo" in engine ? (engine as { getGlInfo(): { renderer: string } }).getGlInfo() : { renderer: "" };
  const processing = scene.imageProcessingConfiguration;
  processing.toneMappingEnabled = true;
  processing.toneMappingType = ImageProcessingConfiguration.TONEMAPPING_ACES;
  processing.exposure = 1.15;
  processing.contrast = 1.12;
  processing.vignetteEnabled = true;
  processing.vignetteWeight = 1.1;
  processing.vignetteColor = new Color4(0.16, 0.07, 0.05, 0);
  processing.vignetteBlendMode = ImageProcessingConfiguration.VIGNETTEMODE_MULTIPLY;
  // A material from a file carries a copy of the settings that were in force when it was saved.
  for (const material of scene.materials) {
    if ("imageProcessingConfiguration" in material) material.imageProcessingConfiguration = processing;
  }
  if (softwareRenderer.test(renderer)) {
    // What stands there hardly moves: its shadows are drawn once.
    for (const light of scene.lights) {
      const map = light.getShadowGenerator()?.getShadowMap();
      if (map) map.refreshRate = RenderTargetTexture.REFRESHRATE_RENDER_ONCE;
    }
    return () => undefined;
  }
  if (scene.activeCamera === null) return () => undefined;
  const pipeline = new DefaultRenderingPipeline("look", true, scene, scene.cameras);
  pipeline.samples = 4;
  pipeline.fxaaEnabled = true;
  pipeline.bloomEnabled = true;
  pipeline.bloomThreshold = 0.72;
  pipeline.bloomWeight = 0.35;
  pipeline.bloomKernel = 72;
  pipeline.bloomScale = 0.5;
  return () => pipeline.dispose();
}
