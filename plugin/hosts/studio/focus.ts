import type { ArcRotateCamera } from "@babylonjs/core/Cameras/arcRotateCamera.js";
import { Vector3 } from "@babylonjs/core/Maths/math.vector.js";
import type { AbstractMesh } from "@babylonjs/core/Meshes/abstractMesh.js";
import type { Scene } from "@babylonjs/core/scene.js";

const durationMs = 420;
/** How much of the view's height the node takes. */
const shareOfView = 0.42;

/** What ends the turn that is under way. */
const turning = new WeakMap<Scene, () => void>();

/** Turns the camera's eye to some meshes, smoothly; whatever the person does meanwhile wins, another choice too. */
export function focusOn(scene: Scene, meshes: readonly AbstractMesh[]): void {
  const camera = scene.activeCamera;
  if (meshes.length === 0 || camera?.getClassName() !== "ArcRotateCamera") return;
  turning.get(scene)?.();
  const orbit = camera as ArcRotateCamera;
  const { min, max } = extentOf(meshes);
  const goal = { target: min.add(max).scale(0.5), radius: radiusFor(orbit, Vector3.Distance(min, max)) };
  const from = { target: orbit.target.clone(), radius: orbit.radius };
  const startedAt = performance.now();
  const jump = matchMedia("(prefers-reduced-motion: reduce)").matches;

  const end = (): void => {
    frame.remove();
    pointer.remove();
    turning.delete(scene);
  };
  turning.set(scene, end);
  const pointer = scene.onPrePointerObservable.add((info) => {
    if (info.event.type === "pointerdown" || info.event.type === "wheel") end();
  });
  const frame = scene.onBeforeRenderObservable.add(() => {
    const share = jump ? 1 : Math.min(1, (performance.now() - startedAt) / durationMs);
    const eased = 1 - (1 - share) ** 3;
    Vector3.LerpToRef(from.target, goal.target, eased, orbit.target);
    orbit.radius = from.radius + (goal.radius - from.radius) * eased;
    if (share === 1) end();
  });
}

function extentOf(meshes: readonly AbstractMesh[]): { min: Vector3; max: Vector3 } {
  const min = new Vector3(Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY);
  const max = min.negate();
  for (const mesh of meshes) {
    const { minimumWorld, maximumWorld } = mesh.getBoundingInfo().boundingBox;
    min.minimizeInPlace(minimumWorld);
    max.maximizeInPlace(maximumWorld);
  }
  return { min, max };
}

function radiusFor(camera: ArcRotateCamera, size: number): number {
  const fitting = size / (2 * Math.tan(camera.fov / 2) * shareOfView);
  return Math.min(camera.upperRadiusLimit ?? fitting, Math.max(camera.lowerRadiusLimit ?? 0, fitting));
}
