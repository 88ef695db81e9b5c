import type { Texture } from "@babylonjs/core/Materials/Textures/texture.js";
import type { TransformNode } from "@babylonjs/core/Meshes/transformNode.js";
import { AlbedoSlot } from "./albedo.ts";
import type { TextureCache } from "./texture-cache.ts";

interface Place {
  readonly slot: AlbedoSlot;
  readonly layout: Texture | undefined;
  wanted: string;
  shown: string;
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
  readonly #waiting: { nodeId: string; sha256: string }[] = [];
  readonly #ready: { nodeId: string; sha256: string; texture: Texture | undefined }[] = [];
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
    this.#places.set(node.id, { slot, layout: slot.layout, wanted: "", shown: "" });
    return true;
  }

  /** Says what a node should show: a hash, or "" for the scene's own. */
  want(node: TransformNode, sha256: string): void {
    if (!this.prepare(node)) return;
    const place = this.#places.get(node.id)!;
    if (place.wanted === sha256) return;
    place.wanted = sha256;
    if (sha256 === "") this.#ready.push({ nodeId: node.id, sha256, texture: undefined });
    else this.#waiting.push({ nodeId: node.id, sha256 });
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
      if (place.wanted !== next.sha256 || place.shown === next.sha256) {
        if (next.sha256 !== "") this.#cache.release(next.sha256, place.layout);
        continue; // overtaken: costs nothing, so look at the next one
      }
      place.slot.show(next.texture);
      if (place.shown !== "") this.#cache.release(place.shown, place.layout);
      place.shown = next.sha256;
      return true;
    }
    return false;
  }

  #loadMore(): void {
    while (this.#loads < loadsMax && !this.#disposed) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      const place = this.#places.get(next.nodeId)!;
      if (place.wanted === next.sha256) void this.#load(place, next.nodeId, next.sha256);
    }
  }

  async #load(place: Place, nodeId: string, sha256: string): Promise<void> {
    this.#loads++;
    try {
      const texture = await this.#acquire(place, sha256);
      if (this.#disposed) return;
      if (texture !== undefined) this.#ready.push({ nodeId, sha256, texture });
    } catch (error) {
      // What was shown stays; the next change of the slot tries anew.
      if (place.wanted === sha256) place.wanted = place.shown;
      if (!this.#disposed) this.#onError(nodeId, error);
    } finally {
      this.#loads--;
      this.#loadMore();
    }
  }

  /** A texture of the cache, with some patience for a network that hiccups; undefined if it is no longer wanted. */
  async #acquire(place: Place, sha256: string): Promise<Texture | undefined> {
    for (const delayMs of retryDelaysMs) {
      try {
        return await this.#cache.acquire(sha256, place.layout);
      } catch {
        await new Promise((resolve) => setTimeout(resolve, delayMs));
        if (this.#disposed || place.wanted !== sha256) return undefined;
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
