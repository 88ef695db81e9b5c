/** What editors changed in a scene: slots with all their versions, and tags. */
import { and, desc, eq, sql } from "drizzle-orm";
import { ServiceError, loraTag, type LoraTag, type SlotHistoryEntry, type SurfaceMaps } from "../protocol/index.ts";
import { tables, type Database, type Store } from "../store/index.ts";
import { record } from "./audit.ts";
import type { Cards } from "./cards.ts";
import type { SceneRecord, ShownPicture, ShownVersion } from "./types.ts";

const { sceneTags, slotVersions } = tables;
type SlotRow = typeof slotVersions.$inferSelect;
type Transaction = Pick<Database, "select" | "insert" | "execute">;

const HISTORY_MAX = 200;

export class Scenes {
  readonly #store: Store;
  readonly #cards: Cards;

  constructor(store: Store, cards: Cards) {
    this.#store = store;
    this.#cards = cards;
  }

  async load(sceneId: string): Promise<SceneRecord> {
    const { slot, sha256, maps, version } = slotVersions;
    const slots = await this.#store.db
      .selectDistinctOn([slot], { slot, sha256, maps, version })
      .from(slotVersions)
      .where(eq(slotVersions.sceneId, sceneId))
      .orderBy(slot, desc(version));
    const rows = await this.#store.db.select().from(sceneTags).where(eq(sceneTags.sceneId, sceneId));
    const tags = await Promise.all(
      rows.map(async ({ nodeId, tag: json, by }): Promise<[string, LoraTag | null]> => {
        const tag = readTag(json);
        return [nodeId, tag && (await this.#cards.outOf(tag, by))];
      }),
    );
    return { slots: slots.map(withMaps), tags: new Map(tags) };
  }

  /** Shows a picture in a slot, "" for the scene's own; returns the slot's new version. */
  async setSlot(sceneId: string, slot: string, { sha256, maps }: ShownPicture, by: string): Promise<number> {
    return this.#store.db.transaction(async (tx) => {
      const last = await lockLast(tx, sceneId, slot);
      const version = (last?.version ?? 0) + 1;
      const row = { sceneId, slot, version, sha256, maps: maps ?? null, origin: version, by, at: Date.now() };
      await tx.insert(slotVersions).values(row);
      await record(tx, by, "slot.set", `${sceneId}/${slot}`, { version, sha256, ...(maps ? { maps } : {}) });
      return version;
    });
  }

  /**
   * Goes back to what the slot showed before; again and again, down to the scene's own.
   * Errors: REQUEST_INVALID where there is nothing to go back to.
   */
  async revertSlot(sceneId: string, slot: string, by: string): Promise<ShownVersion> {
    return this.#store.db.transaction(async (tx) => {
      const last = await lockLast(tx, sceneId, slot);
      if (!last || last.origin === 0) {
        throw new ServiceError("REQUEST_INVALID", {
          where: slot,
          problem: "it shows the scene's own; nothing to go back to",
        });
      }
      const before = await readVersion(tx, sceneId, slot, last.origin - 1);
      const sha256 = before?.sha256 ?? "";
      const version = last.version + 1;
      const maps = before?.maps ?? null;
      const row = { sceneId, slot, version, sha256, maps, origin: before?.origin ?? 0, by, at: Date.now() };
      await tx.insert(slotVersions).values(row);
      await record(tx, by, "slot.revert", `${sceneId}/${slot}`, { version, sha256, ...(maps ? { maps } : {}) });
      return withMaps({ version, sha256, maps });
    });
  }

  /** Newest first. */
  async slotHistory(sceneId: string, slot: string): Promise<SlotHistoryEntry[]> {
    const { version, sha256, maps, by, at } = slotVersions;
    const rows = await this.#store.db
      .select({ version, sha256, maps, by, at })
      .from(slotVersions)
      .where(ofSlot(sceneId, slot))
      .orderBy(desc(version))
      .limit(HISTORY_MAX);
    return rows.map(withMaps);
  }

  /** Returns the tag's new version. `null` removes it. */
  async setTag(sceneId: string, nodeId: string, tag: LoraTag | null, by: string): Promise<number> {
    return this.#store.db.transaction(async (tx) => {
      const row = { sceneId, nodeId, version: 1, tag: JSON.stringify(tag), by, at: Date.now() };
      const [saved] = await tx
        .insert(sceneTags)
        .values(row)
        .onConflictDoUpdate({
          target: [sceneTags.sceneId, sceneTags.nodeId],
          set: { tag: row.tag, by, at: row.at, version: sql`${sceneTags.version} + 1` },
        })
        .returning({ version: sceneTags.version });
      const version = saved?.version ?? 1;
      await record(tx, by, "tag.set", `${sceneId}/${nodeId}`, { version, tag });
      return version;
    });
  }
}

/** A row without maps has none, not null ones. */
function withMaps<Row extends { maps: SurfaceMaps | null }>({ maps, ...row }: Row) {
  return maps === null ? row : { ...row, maps };
}

const ofSlot = (sceneId: string, slot: string) => and(eq(slotVersions.sceneId, sceneId), eq(slotVersions.slot, slot));

/** The slot's present version, with the slot locked for the transaction so that versions are given out one by one. */
async function lockLast(tx: Transaction, sceneId: string, slot: string): Promise<SlotRow | undefined> {
  await tx.execute(sql`SELECT pg_advisory_xact_lock(hashtextextended(${`${sceneId}\n${slot}`}, 0))`);
  const [last] = await tx
    .select()
    .from(slotVersions)
    .where(ofSlot(sceneId, slot))
    .orderBy(desc(slotVersions.version))
    .limit(1);
  return last;
}

async function readVersion(
  tx: Transaction,
  sceneId: string,
  slot: string,
  version: number,
): Promise<SlotRow | undefined> {
  const [row] = await tx
    .select()
    .from(slotVersions)
    .where(and(ofSlot(sceneId, slot), eq(slotVersions.version, version)));
  return row;
}

/** A tag that an older version wrote and this one refuses counts as none. */
function readTag(json: string): LoraTag | null {
  const read = loraTag.safeParse(JSON.parse(json));
  return read.success ? read.data : null;
}
