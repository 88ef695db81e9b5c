/** Pictures that the service made, findable by what was asked for. */
import { createHash } from "node:crypto";
import { eq } from "drizzle-orm";
import { tables, type Store } from "../store/index.ts";

const { assets, images } = tables;

export class Assets {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  async find(key: Readonly<Record<string, unknown>>): Promise<string | undefined> {
    const [row] = await this.#store.db
      .select({ sha256: assets.sha256 })
      .from(assets)
      .where(eq(assets.keyHash, hashKey(key)));
    return row?.sha256;
  }

  /** Keeps the picture under its key and returns its hash; where the key is taken, the first picture stays. */
  async save(
    key: Readonly<Record<string, unknown>>,
    bytes: Uint8Array,
    provenance: Readonly<Record<string, unknown>>,
  ): Promise<string> {
    const { sha256 } = await this.#store.objects.put(bytes);
    const keyHash = hashKey(key);
    const rows = await this.#store.db
      .insert(assets)
      .values({ keyHash, key, sha256, provenance, createdAt: Date.now() })
      .onConflictDoNothing()
      .returning({ sha256: assets.sha256 });
    return rows[0]?.sha256 ?? (await this.find(key)) ?? sha256;
  }

  /** Whether a hash is that of a picture anyone may fetch who knows it; other objects (originals, modules) are not. */
  async isPublic(sha256: string): Promise<boolean> {
    const { db } = this.#store;
    const drawn = await db.select({ sha256: assets.sha256 }).from(assets).where(eq(assets.sha256, sha256)).limit(1);
    if (drawn.length > 0) return true;
    const shown = await db.select({ sha256: images.sha256 }).from(images).where(eq(images.sha256, sha256)).limit(1);
    return shown.length > 0;
  }
}

/** The same for equal keys, however their properties are ordered. */
export function hashKey(key: Readonly<Record<string, unknown>>): string {
  return createHash("sha256").update(canonical(key)).digest("hex");
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_, each: unknown) => {
    if (typeof each !== "object" || each === null || Array.isArray(each)) return each;
    return Object.fromEntries(Object.entries(each).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  });
}
