/** Walking with W A S D: the camera's target moves over the ground, and the room hears where one is. */
import type { ArcRotateCamera } from "@babylonjs/core/Cameras/arcRotateCamera.js";
import { Vector3 } from "@babylonjs/core/Maths/math.vector.js";
import type { Role } from "../../../service/protocol/index.ts";
import type { World } from "../../runtime/index.ts";

const metresPerSecond = 3.2;
/** A frame that took longer was a stall: it must not carry one past where one wanted to go. */
const frameSecondsMax = 0.25;
/** The square's edge; beyond it there is nothing to see. */
const reachMetres = 14;
const keys: Readonly<Record<string, readonly [right: number, forward: number]>> = {
  KeyW: [0, 1],
  KeyS: [0, -1],
  KeyA: [-1, 0],
  KeyD: [1, 0],
};

/**
 * @param role a player stands where the camera looks; an editor, who looks at things from within them, only walks
 * @returns what ends it
 */
export function startWalking(world: World, element: HTMLElement, role: Role): () => void {
  const { scene } = world;
  const held = new Set<string>();
  const onKey = (event: KeyboardEvent): void => {
    if (!(event.code in keys) || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.type === "keydown") held.add(event.code);
    else held.delete(event.code);
  };
  const letGo = (): void => held.clear();
  element.addEventListener("keydown", onKey);
  element.addEventListener("keyup", onKey);
  element.addEventListener("blur", letGo);

  const frame = scene.onBeforeRenderObservable.add(() => {
    const camera = scene.activeCamera;
    if (!camera || camera.getClassName() !== "ArcRotateCamera") return;
    const { target } = camera as ArcRotateCamera;
    const ahead = camera.getForwardRay().direction;
    const forward = new Vector3(ahead.x, 0, ahead.z).normalize();
    const right = new Vector3(forward.z, 0, -forward.x);
    const step = metresPerSecond * Math.min(frameSecondsMax, scene.getEngine().getDeltaTime() / 1000);
    for (const code of held) {
      const [aside, onward] = keys[code]!;
      target.addInPlace(right.scale(aside * step)).addInPlace(forward.scale(onward * step));
    }
    target.x = Math.min(reachMetres, Math.max(-reachMetres, target.x));
    target.z = Math.min(reachMetres, Math.max(-reachMetres, target.z));
    if (role === "player" || held.size > 0)
      world.move({ x: target.x, y: 0, z: target.z, heading: Math.atan2(forward.x, forward.z) });
  });
  return () => {
    element.removeEventListener("keydown", onKey);
    element.removeEventListener("keyup", onKey);
    element.removeEventListener("blur", letGo);
    frame.remove();
  };
}
