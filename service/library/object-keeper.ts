/** Decides when an object may go: no row names it and nobody is about to write one that does. */
import { eq, or } from "drizzle-orm";
import { tables, type Store } from "../store/index.ts";

export class ObjectKeeper {
  readonly #store: Store;
  readonly #onErased: (sha256: string) => void;
  readonly #held = new Map<string, number>();

  constructor(store: Store, onErased: (sha256: string) => void) {
    this.#store = store;
    this.#onErased = onErased;
  }

  /** Keeps an object while the rows that will name it are on their way. */
  hold(sha256: string): void {
    this.#held.set(sha256, (this.#held.get(sha256) ?? 0) + 1);
  }

  release(sha256: string): void {
    const holders = (this.#held.get(sha256) ?? 0) - 1;
    if (holders > 0) this.#held.set(sha256, holders);
    else this.#held.delete(sha256);
  }

  async deleteUnused(hashes: Iterable<string>): Promise<void> {
    for (const sha256 of new Set(hashes)) {
      if (this.#held.has(sha256) || (await this.#isNamed(sha256)) || this.#held.has(sha256)) continue;
      await this.#store.objects.delete(sha256);
      this.#onErased(sha256);
    }
  }

  async #isNamed(sha256: string): Promise<boolean> {
    const { db } = this.#store;
    const { images, assets, cards, datasets, moduleVersions } = tables;
    const found = await Promise.all([
      db
        .select({ id: images.id })
        .from(images)
        .where(or(eq(images.sha256, sha256), eq(images.originalSha256, sha256)))
        .limit(1),
      db.select({ id: datasets.id }).from(datasets).where(eq(datasets.linesSha256, sha256)).limit(1),
      db.select({ id: assets.keyHash }).from(assets).where(eq(assets.sha256, sha256)).limit(1),
      db.select({ id: cards.sha256 }).from(cards).where(eq(cards.sha256, sha256)).limit(1),
      db.select({ id: moduleVersions.moduleId }).from(moduleVersions).where(eq(moduleVersions.sha256, sha256)).limit(1),
    ]);
    return found.some((rows) => rows.length > 0);
  }
}
