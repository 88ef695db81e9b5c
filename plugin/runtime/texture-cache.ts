import { Texture } from "@babylonjs/core/Materials/Textures/texture.js";
import type { Scene } from "@babylonjs/core/scene.js";

/** Loads a picture as a texture that is laid out like another one. */
export type LoadTexture = (url: string, like: Texture | undefined) => Promise<Texture>;

/** Textures no slot shows any more, kept because going back and forth is what people do when they choose. */
const unusedMax = 24;
const anisotropy = 4;

interface Entry {
  readonly texture: Promise<Texture>;
  loaded?: Texture;
  users: number;
}

/** The default way to load: resolves when the picture is on the GPU. */
export function textureLoader(scene: Scene): LoadTexture {
  return (url, like) =>
    new Promise((resolve, reject) => {
      const texture: Texture = new Texture(url, scene, {
        invertY: like?.invertY ?? true,
        samplingMode: Texture.TRILINEAR_SAMPLINGMODE,
        onLoad: () => resolve(texture),
        onError: (message) => {
          texture.dispose();
          reject(new Error(message ?? `${url} could not be loaded`));
        },
      });
      copyLayout(like, texture);
    });
}

function copyLayout(from: Texture | undefined, to: Texture): void {
  to.anisotropicFilteringLevel = anisotropy;
  if (from === undefined) return;
  const { uScale, vScale, uOffset, vOffset, uAng, vAng, wAng, wrapU, wrapV, coordinatesIndex, level } = from;
  Object.assign(to, { uScale, vScale, uOffset, vOffset, uAng, vAng, wAng, wrapU, wrapV, coordinatesIndex, level });
}

/** Textures by content hash: one copy on the GPU however many slots show it, the least recently used given up first. */
export class TextureCache {
  readonly #load: LoadTexture;
  readonly #urlOf: (sha256: string) => string;
  /** In order of use: the first has waited longest. */
  readonly #entries = new Map<string, Entry>();

  constructor(load: LoadTexture, urlOf: (sha256: string) => string) {
    this.#load = load;
    this.#urlOf = urlOf;
  }

  /** How many textures it holds, in use or not. */
  get size(): number {
    return this.#entries.size;
  }

  /** The texture of a hash, laid out like `like`; `release` it with the same arguments. */
  acquire(sha256: string, like?: Texture): Promise<Texture> {
    const key = keyOf(sha256, like);
    const known = this.#entries.get(key);
    if (known !== undefined) {
      known.users++;
      this.#touch(key, known);
      return known.texture;
    }
    const entry: Entry = { texture: this.#load(this.#urlOf(sha256), like), users: 1 };
    this.#entries.set(key, entry);
    entry.texture.then(
      (texture) => {
        entry.loaded = texture;
        if (this.#entries.get(key) !== entry) texture.dispose();
      },
      // A failed load is forgotten, so that the next wish for it tries again.
      () => this.#entries.get(key) === entry && this.#entries.delete(key),
    );
    return entry.texture;
  }

  release(sha256: string, like?: Texture): void {
    const key = keyOf(sha256, like);
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    entry.users--;
    this.#touch(key, entry);
    const unused = [...this.#entries].filter(([, each]) => each.users <= 0);
    for (const [old, each] of unused.slice(0, Math.max(0, unused.length - unusedMax))) this.#drop(old, each);
  }

  dispose(): void {
    for (const [key, entry] of this.#entries) this.#drop(key, entry);
  }

  #touch(key: string, entry: Entry): void {
    this.#entries.delete(key);
    this.#entries.set(key, entry);
  }

  #drop(key: string, entry: Entry): void {
    this.#entries.delete(key);
    entry.loaded?.dispose();
  }
}

/** Tiling belongs to a Babylon texture, so two tilings of one picture are two entries; the pixels are shared. */
function keyOf(sha256: string, like: Texture | undefined): string {
  if (like === undefined) return sha256;
  const { uScale, vScale, uOffset, vOffset, uAng, vAng, wAng, wrapU, wrapV, coordinatesIndex, level, invertY } = like;
  return [
    sha256,
    uScale,
    vScale,
    uOffset,
    vOffset,
    uAng,
    vAng,
    wAng,
    wrapU,
    wrapV,
    coordinatesIndex,
    level,
    invertY,
  ].join();
}
