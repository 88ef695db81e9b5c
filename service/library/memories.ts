/** What the nodes of scenes keep in mind: facts that editors add, each a part of the node's prompts, and what was last said. */
import { randomUUID } from "node:crypto";
import { and, asc, count, eq, sql } from "drizzle-orm";
import { limits, ServiceError, type MemoryFact } from "../protocol/index.ts";
import { tables, type Store } from "../store/index.ts";
import { record } from "./audit.ts";
import type { SpokenLine } from "./types.ts";

const { facts, sceneTalks } = tables;

export class Memories {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /** Oldest first. */
  async list(sceneId: string, nodeId: string): Promise<MemoryFact[]> {
    const { id, text, by, at } = facts;
    return this.#store.db.select({ id, text, by, at }).from(facts).where(ofNode(sceneId, nodeId)).orderBy(asc(at), id);
  }

  /** Errors: MEMORY_FULL. */
  async add(sceneId: string, nodeId: string, text: string, by: string): Promise<void> {
    await this.#store.db.transaction(async (tx) => {
      // Counting and adding are one step.
      await tx.execute(sql`SELECT pg_advisory_xact_lock(hashtextextended(${`facts\n${sceneId}\n${nodeId}`}, 0))`);
      const [known] = await tx.select({ facts: count() }).from(facts).where(ofNode(sceneId, nodeId));
      const limit = limits.factsPerNodeMax;
      if ((known?.facts ?? 0) >= limit) throw new ServiceError("MEMORY_FULL", { node: nodeId, limit });
      const id = randomUUID();
      await tx.insert(facts).values({ id, sceneId, nodeId, text, by, at: Date.now() });
      await record(tx, by, "memory.add", `${sceneId}/${nodeId}`, { fact: id, text });
    });
  }

  /** Node id → what was last said there, oldest first. */
  async talks(sceneId: string): Promise<ReadonlyMap<string, readonly SpokenLine[]>> {
    const rows = await this.#store.db.select().from(sceneTalks).where(eq(sceneTalks.sceneId, sceneId));
    return new Map(rows.map(({ nodeId, lines }) => [nodeId, JSON.parse(lines) as SpokenLine[]]));
  }

  /** In the place of what was kept before. */
  async keepTalk(sceneId: string, nodeId: string, lines: readonly SpokenLine[]): Promise<void> {
    const row = { sceneId, nodeId, lines: JSON.stringify(lines), at: Date.now() };
    const { sceneId: scene, nodeId: node } = sceneTalks;
    await this.#store.db
      .insert(sceneTalks)
      .values(row)
      .onConflictDoUpdate({ target: [scene, node], set: { lines: row.lines, at: row.at } });
  }

  /** One fact; or all, and what was said. Errors: NOT_FOUND. */
  async forget(sceneId: string, nodeId: string, factId: string | undefined, by: string): Promise<void> {
    await this.#store.db.transaction(async (tx) => {
      const which = and(ofNode(sceneId, nodeId), factId === undefined ? undefined : eq(facts.id, factId));
      const gone = await tx.delete(facts).where(which).returning({ id: facts.id });
      if (factId !== undefined && gone.length === 0) throw new ServiceError("NOT_FOUND", { what: "fact", id: factId });
      if (factId === undefined)
        await tx.delete(sceneTalks).where(and(eq(sceneTalks.sceneId, sceneId), eq(sceneTalks.nodeId, nodeId)));
      await record(tx, by, "memory.forget", `${sceneId}/${nodeId}`, { facts: gone.map(({ id }) => id) });
    });
  }
}

const ofNode = (sceneId: string, nodeId: string) => and(eq(facts.sceneId, sceneId), eq(facts.nodeId, nodeId));
