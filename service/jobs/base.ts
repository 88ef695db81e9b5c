/** The base model that this service trains on and draws with. */
import { join } from "node:path";
import { openStableDiffusion, readBaseDefaults, type BaseDefaults, type StableDiffusion } from "../../lora/index.ts";
import { rememberedHash } from "./base-hash.ts";

/** Where neither the request nor the base says. */
const GUIDANCE_SCALE = 5;

export interface Base {
  /** Folder or file. */
  readonly path: string;
  readonly name: string;
  /** sha-256 of the UNet's file: modules fit the base they were trained on and no other. */
  readonly hash: string;
  /** Side of its pictures, pixels. */
  readonly side: number;
  /** For drawings that do not say. */
  readonly guidanceScale: number;
  /** What else of its guidance it asks for. */
  readonly guidance: Omit<StableDiffusion["drawing"], "guidanceScale" | "steps">;
  /** What it suggests for training. */
  readonly training: BaseDefaults;
}

/**
 * Reads headers, and the UNet's file once: its hash is remembered in `dataDir` by path, size and time of change.
 * @throws the engine's BASE_… errors
 */
export async function readBase(path: string, dataDir: string): Promise<Base> {
  const base = await openStableDiffusion(path);
  const [unet] = base.weights.unet.values();
  if (!unet) throw new Error(`${path}: a base without UNet weights`);
  const hash = await rememberedHash([unet.path], join(dataDir, "base-hash.json"));
  const { guidanceScale = GUIDANCE_SCALE, steps: _, ...guidance } = base.drawing;
  const training = readBaseDefaults(path);
  return { path, name: base.name, side: base.side, hash, guidanceScale, guidance, training };
}
