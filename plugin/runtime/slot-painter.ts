import type { Texture } from "@babylonjs/core/Materials/Textures/texture.js";
import type { TransformNode } from "@babylonjs/core/Meshes/transformNode.js";
import { mapKinds, type SurfaceMaps } from "../../service/protocol/index.ts";
import { AlbedoSlot } from "./albedo.ts";
import type { MapTextures } from "./surface-maps.ts";
import type { TextureCache } from "./texture-cache.ts";

/** Hashes of what a node shows together: a picture and, where it has them, its maps in the order of `mapKinds`. */
type Look = readonly string[];
const OWN: Look = [];

interface Place {
  readonly slot: AlbedoSlot;
  readonly layout: Texture | undefined;
  wanted: Look;
  shown: Look;
}
interface Ready {
  readonly nodeId: string;
  readonly look: Look;
  /** Of `look`, in its order. */
  readonly textures: readonly Texture[];
}

const isSame = (a: Look, b: Look): boolean => a.join() === b.join();

function lookOf(sha256: string, maps: SurfaceMaps | undefined): Look {
  if (sha256 === "") return OWN;
  return maps === undefined ? [sha256] : [sha256, ...mapKinds.map((kind) => maps[kind])];
}

/** The maps among the textures of a look. */
function mapsIn([, normal, roughness, occlusion]: readonly Texture[]): MapTextures | undefined {
  return normal && roughness && occlusion ? { normal, roughness, occlusion } : undefined;
}

/** Loads that run at once: each ends with an upload to the GPU on the frame's own thread. */
const loadsMax = 2;
const retryDelaysMs = [1000, 4000];

/**
 * Keeps the albedo slots of a scene at what they should show: pictures are loaded beside the running scene, then at
 * most one is swapped in a frame. A slot that is changed again while its picture loads goes on to the newest.
 */
export class SlotPainter {
  readonly #cache: TextureCache;
  readonly #onError: (nodeId: string, error: unknown) => void;
  readonly #places = new Map<string, Place>();
  readonly #waiting: { nodeId: string; look: Look }[] = [];
  readonly #ready: Ready[] = [];
  #loads = 0;
  #disposed = false;

  constructor(cache: TextureCache, onError: (nodeId: string, error: unknown) => void) {
    this.#cache = cache;
    this.#onError = onError;
  }

  /** Makes a node ready to be painted, at load, when a recompile goes unnoticed. */
  prepare(node: TransformNode): boolean {
    if (this.#places.has(node.id)) return true;
    const slot = new AlbedoSlot(node);
    if (!slot.usable) return false;
    this.#places.set(node.id, { slot, layout: slot.layout, wanted: OWN, shown: OWN });
    return true;
  }

  /** Says what a node should show: a hash and the hashes of its maps, or "" for the scene's own. */
  want(node: TransformNode, sha256: string, maps?: SurfaceMaps): void {
    if (!this.prepare(node)) return;
    const place = this.#places.get(node.id)!;
    const look = lookOf(sha256, maps);
    if (isSame(place.wanted, look)) return;
    place.wanted = look;
    if (look.length === 0) this.#ready.push({ nodeId: node.id, look, textures: [] });
    else this.#waiting.push({ nodeId: node.id, look });
    this.#loadMore();
  }

  /** Whether everything wanted is shown. */
  get settled(): boolean {
    return this.#loads === 0 && this.#waiting.length === 0 && this.#ready.length === 0;
  }

  /** To be called once a frame. @returns whether something was swapped */
  frame(): boolean {
    for (let next = this.#ready.shift(); next !== undefined; next = this.#ready.shift()) {
      const place = this.#places.get(next.nodeId)!;
      if (!isSame(place.wanted, next.look) || isSame(place.shown, next.look)) {
        this.#release(place, next.look);
        continue; // overtaken: costs nothing, so look at the next one
      }
      place.slot.show(next.textures[0], mapsIn(next.textures));
      this.#release(place, place.shown);
      place.shown = next.look;
      return true;
    }
    return false;
  }

  #loadMore(): void {
    while (this.#loads < loadsMax && !this.#disposed) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      const place = this.#places.get(next.nodeId)!;
      if (isSame(place.wanted, next.look)) void this.#load(place, next.nodeId, next.look);
    }
  }

  #release({ layout }: Place, look: Look): void {
    for (const sha256 of look) this.#cache.release(sha256, layout);
  }

  /** A look is shown whole or not at all: a new picture in the relief of the old one is neither. */
  async #load(place: Place, nodeId: string, look: Look): Promise<void> {
    this.#loads++;
    try {
      const loads = await Promise.allSettled(look.map((sha256) => this.#acquire(place, look, sha256)));
      if (this.#disposed) return;
      const textures = loads.flatMap((load) => (load.status === "fulfilled" && load.value ? [load.value] : []));
      if (textures.length === look.length) {
        this.#ready.push({ nodeId, look, textures });
        return;
      }
      this.#release(
        place,
        look.filter((_, i) => loads[i]!.status === "fulfilled" && (loads[i] as PromiseFulfilledResult<unknown>).value),
      );
      const failed = loads.find((load) => load.status === "rejected");
      if (failed) throw failed.reason;
    } catch (error) {
      // What was shown stays; the next change of the slot tries anew.
      if (isSame(place.wanted, look)) place.wanted = place.shown;
      if (!this.#disposed) this.#onError(nodeId, error);
    } finally {
      this.#loads--;
      this.#loadMore();
    }
  }

  /** A texture of the cache, with some patience for a network that hiccups; undefined if it is no longer wanted. */
  async #acquire(place: Place, look: Look, sha256: string): Promise<Texture | undefined> {
    for (const delayMs of retryDelaysMs) {
      try {
        return await this.#cache.acquire(sha256, place.layout);
      } catch {
        await new Promise((resolve) => setTimeout(resolve, delayMs));
        if (this.#disposed || !isSame(place.wanted, look)) return undefined;
      }
    }
    return this.#cache.acquire(sha256, place.layout);
  }

  /** Gives the scene its own textures back. */
  dispose(): void {
    this.#disposed = true;
    for (const { slot } of this.#places.values()) slot.dispose();
    this.#places.clear();
    this.#waiting.length = 0;
    this.#ready.length = 0;
    this.#cache.dispose();
  }
}
