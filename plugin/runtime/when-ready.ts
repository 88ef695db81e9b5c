import type { Scene } from "@babylonjs/core/scene.js";

/** A scene of which something never comes (a texture that is not there, a shader that fails) is shown as it is then. */
const patienceMs = 30_000;

/**
 * Calls back once the scene can be drawn whole, its shaders compiled and its textures here, at the latest after
 * `latestMs`; never after the scene is disposed or the wait was given up.
 * @returns gives it up
 */
export function whenReady(scene: Scene, ready: () => void, latestMs = patienceMs): () => void {
  let waits = true;
  const end = (): boolean => {
    clearTimeout(timer);
    const was = waits && !scene.isDisposed;
    waits = false;
    return was;
  };
  const tell = (): void => {
    if (end()) ready();
  };
  const timer = setTimeout(tell, latestMs);
  scene.executeWhenReady(tell);
  return () => void end();
}
