import { existsSync } from "node:fs";
import { join } from "node:path";
import { readConfig } from "./config-file.ts";

/** How a base likes to be drawn with, where nobody says otherwise. */
export interface DrawingDefaults {
  readonly guidanceScale?: number;
  /** Of pictures that tile. */
  readonly tilingGuidanceScale?: number;
  /** Both 0 … 1, see `PaintRequest`. */
  readonly guidanceStop?: number;
  readonly guidanceRescale?: number;
  readonly steps?: number;
}

/**
 * The `drawing` object of `animula.json` in the base's folder; empty without one.
 * @throws BASE_CONFIG_INVALID
 */
export function readDrawingDefaults(base: string): DrawingDefaults {
  const file = join(base, "animula.json");
  const drawing = existsSync(file) ? readConfig(file).part("drawing") : undefined;
  if (!drawing) return {};
  const read = {
    guidanceScale: (name: string) => drawing.positive(name),
    tilingGuidanceScale: (name: string) => drawing.positive(name),
    guidanceStop: (name: string) => drawing.share(name),
    guidanceRescale: (name: string) => drawing.share(name),
    steps: (name: string) => drawing.count(name),
  } satisfies Record<keyof DrawingDefaults, (name: string) => number>;
  const said = Object.entries(read).filter(([name]) => drawing.object[name] !== undefined);
  return Object.fromEntries(said.map(([name, value]) => [name, value(name)]));
}
