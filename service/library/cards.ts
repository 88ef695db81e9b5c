/**
 * Character cards as they were imported. A tag names its card by hash; the card stays for ever, since scene files and edits
 * that are taken back name it too.
 */
import { createHash } from "node:crypto";
import { eq } from "drizzle-orm";
import { ServiceError, type LoraTag, type VoiceTag } from "../protocol/index.ts";
import { tables, type Store } from "../store/index.ts";
import { record } from "./audit.ts";
import type { ObjectKeeper } from "./object-keeper.ts";

const { cards } = tables;

export type CardFields = Readonly<Record<string, unknown>>;

export class Cards {
  readonly #store: Store;
  readonly #keeper: ObjectKeeper;

  constructor(store: Store, keeper: ObjectKeeper) {
    this.#store = store;
    this.#keeper = keeper;
  }

  /** The card's hash, when it is durable. Errors: DISK_FULL. */
  async keep(card: CardFields, by: string): Promise<string> {
    const bytes = Buffer.from(JSON.stringify(card));
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    this.#keeper.hold(sha256);
    try {
      if (!(await this.#store.objects.has(sha256))) await this.#store.objects.put(bytes);
      await this.#store.db.transaction(async (tx) => {
        const row = { sha256, by, at: Date.now() };
        const added = await tx.insert(cards).values(row).onConflictDoNothing().returning({ sha256: cards.sha256 });
        if (added.length > 0) await record(tx, by, "card.keep", sha256, { bytes: bytes.length });
      });
    } finally {
      this.#keeper.release(sha256);
    }
    return sha256;
  }

  /** The card that a voice was imported from, whole; undefined if it was none. Errors: CARD_UNKNOWN. */
  async of({ card }: VoiceTag): Promise<CardFields | undefined> {
    if (typeof card !== "string") return card;
    const [row] = await this.#store.db.select().from(cards).where(eq(cards.sha256, card));
    const bytes = row && (await this.#store.objects.read(card));
    if (!bytes) throw new ServiceError("CARD_UNKNOWN", { card });
    return JSON.parse(bytes.toString("utf8")) as CardFields;
  }

  /** The tag with the hash of its card, where that stood in it whole. */
  async outOf(tag: LoraTag, by: string): Promise<LoraTag> {
    const { voice } = tag;
    if (voice?.card === undefined || typeof voice.card === "string") return tag;
    return { ...tag, voice: { ...voice, card: await this.keep(voice.card, by) } };
  }
}
