import { existsSync } from "node:fs";
import { join } from "node:path";
import { readConfig } from "./config-file.ts";

/** How a base likes to be drawn with, where nobody says otherwise. */
export interface DrawingDefaults {
  readonly guidanceScale?: number;
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
  const { guidanceScale, steps } = drawing.object;
  const shares = (["guidanceStop", "guidanceRescale"] as const).filter((name) => drawing.object[name] !== undefined);
  return {
    ...(guidanceScale === undefined ? {} : { guidanceScale: drawing.positive("guidanceScale") }),
    ...Object.fromEntries(shares.map((name) => [name, drawing.share(name)])),
    ...(steps === undefined ? {} : { steps: drawing.count("steps") }),
  };
}
