/** Draws less often while nobody looks closely: the same GPU and battery train a module meanwhile. */
import type { AbstractEngine } from "@babylonjs/core/Engines/abstractEngine.js";

const busyFps = 60;
const idleFps = 12;
const idleAfterMs = 3000;

/** @param element whose input means that somebody looks closely. @returns what ends it */
export function startCalm(engine: AbstractEngine, element: HTMLElement): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const rest = (): void => {
    engine.maxFPS = idleFps;
  };
  const wake = (): void => {
    engine.maxFPS = busyFps;
    clearTimeout(timer);
    timer = setTimeout(rest, idleAfterMs);
  };
  const events = ["pointermove", "pointerdown", "wheel", "keydown"] as const;
  for (const event of events) element.addEventListener(event, wake, { passive: true });
  wake();
  return () => {
    clearTimeout(timer);
    for (const event of events) element.removeEventListener(event, wake);
  };
}
