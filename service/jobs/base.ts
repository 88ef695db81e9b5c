/** The base model that this service trains on and draws with. */
import { join } from "node:path";
import { openStableDiffusion, readBaseDefaults, type BaseDefaults, type StableDiffusion } from "../../lora/index.ts";
import { rememberedHash } from "./base-hash.ts";

export interface Base {
  /** Folder or file. */
  readonly path: string;
  readonly name: string;
  /** sha-256 of the UNet's file: modules fit the base they were trained on and no other. */
  readonly hash: string;
  /** Side of its pictures, pixels. */
  readonly side: number;
  /** What it suggests for drawing. */
  readonly drawing: StableDiffusion["drawing"];
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
  return { path, name: base.name, side: base.side, hash, drawing: base.drawing, training: readBaseDefaults(path) };
}
