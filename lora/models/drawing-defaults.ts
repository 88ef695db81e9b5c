import { existsSync } from "node:fs";
import { join } from "node:path";
import { readConfig } from "./config-file.ts";

/** How a base likes to be drawn with, where nobody says otherwise. */
export interface DrawingDefaults {
  readonly guidanceScale?: number;
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
  const { guidanceScale, steps } = drawing.object;
  return {
    ...(guidanceScale === undefined ? {} : { guidanceScale: drawing.positive("guidanceScale") }),
    ...(steps === undefined ? {} : { steps: drawing.count("steps") }),
  };
}
