/** Data sets: rows for pictures and captions, objects for their bytes. */
import { randomUUID } from "node:crypto";
import { and, asc, count, desc, eq, sql } from "drizzle-orm";
import { limits, ServiceError, type DatasetImage, type DatasetReply, type ModuleKind } from "../protocol/index.ts";
import { tables, TooManyBytes, type Database, type Store } from "../store/index.ts";
import { record } from "./audit.ts";
import { refuseOtherKind } from "./lines.ts";
import type { ObjectKeeper } from "./object-keeper.ts";
import { cleanPicture } from "./pictures.ts";
import type { DatasetSummary, NewDataset, NewImage } from "./types.ts";

const { datasets, images } = tables;
const MEBIBYTE = 2 ** 20;
const FILE_NAME_CHARS_MAX = 120;

export class Datasets {
  readonly #store: Store;
  readonly #keeper: ObjectKeeper;

  constructor(store: Store, keeper: ObjectKeeper) {
    this.#store = store;
    this.#keeper = keeper;
  }

  async create({ name, nodeId, owner, kind = "picture" }: NewDataset): Promise<DatasetReply> {
    const id = randomUUID();
    await this.#store.db.transaction(async (tx) => {
      await tx.insert(datasets).values({ id, name, nodeId, owner, kind, revision: 0, createdAt: Date.now() });
      await record(tx, owner, "dataset.create", id, { name, nodeId, kind });
    });
    return { id, name, nodeId, revision: 0, kind, images: [], lines: 0 };
  }

  /** Newest first. */
  async list(): Promise<DatasetSummary[]> {
    return this.#summaries();
  }

  async summary(id: string): Promise<DatasetSummary> {
    const [found] = await this.#summaries(id);
    if (!found) throw new ServiceError("NOT_FOUND", { what: "data set", id });
    return found;
  }

  async #summaries(id?: string): Promise<DatasetSummary[]> {
    const { name, nodeId, owner, revision, createdAt, kind, lines } = datasets;
    const rows = await this.#store.db
      .select({ id: datasets.id, name, nodeId, owner, revision, createdAt, kind, lines, images: count(images.id) })
      .from(datasets)
      .leftJoin(images, eq(images.datasetId, datasets.id))
      .where(id === undefined ? undefined : eq(datasets.id, id))
      .groupBy(datasets.id)
      .orderBy(desc(datasets.createdAt));
    return rows.map((row) => ({ ...row, kind: row.kind as ModuleKind }));
  }

  /** Newest first, with their pictures. */
  async getAll(): Promise<DatasetReply[]> {
    const summaries = await this.#summaries();
    const rows = await this.#store.db.select().from(images).orderBy(asc(images.position));
    const byDataset = Map.groupBy(rows, ({ datasetId }) => datasetId);
    return summaries.map((summary) => toReply(summary, byDataset.get(summary.id) ?? []));
  }

  async get(id: string): Promise<DatasetReply> {
    return toReply(await this.summary(id), await this.rows(id));
  }

  /** Pictures in the order they were added. */
  async rows(id: string): Promise<(typeof images.$inferSelect)[]> {
    return this.#store.db.select().from(images).where(eq(images.datasetId, id)).orderBy(asc(images.position));
  }

  /**
   * Takes a picture: the file as it came and the clean one. A file that the data set already has is not added again.
   * Errors: NOT_FOUND, WRONG_KIND, TOO_MANY_IMAGES, UPLOAD_TOO_LARGE, NOT_AN_IMAGE, IMAGE_TOO_LARGE, DISK_FULL.
   */
  async addImage(id: string, image: NewImage, by: string): Promise<DatasetImage> {
    const name = shownName(image.name);
    const summary = await this.summary(id);
    refuseOtherKind(summary, "picture");
    refuseTooMany(summary.images + 1);
    const original = await this.#putOriginal(name, image.data);
    this.#keeper.hold(original);
    const touched = [original];
    try {
      const present = await this.#findOriginal(id, original);
      if (present) return toImage(present);
      const { png, width, height } = await cleanPicture(this.#store.objects.path(original), name);
      const { sha256 } = await this.#store.objects.put(png);
      this.#keeper.hold(sha256);
      touched.push(sha256);
      const caption = (image.caption ?? "").slice(0, limits.captionCharsMax);
      const row = { id: randomUUID(), name, caption, width, height, sha256, originalSha256: original };
      return await this.#insert(id, row, by);
    } finally {
      for (const sha256 of touched) this.#keeper.release(sha256);
      await this.#keeper.deleteUnused(touched);
    }
  }

  async #putOriginal(name: string, data: AsyncIterable<Uint8Array>): Promise<string> {
    try {
      return (await this.#store.objects.put(data, limits.imageBytesMax)).sha256;
    } catch (error) {
      if (!(error instanceof TooManyBytes)) throw error;
      throw new ServiceError("UPLOAD_TOO_LARGE", { file: name, limit: `${limits.imageBytesMax / MEBIBYTE} MB` });
    }
  }

  async #insert(
    id: string,
    row: Omit<typeof images.$inferInsert, "datasetId" | "position" | "addedAt">,
    by: string,
  ): Promise<DatasetImage> {
    return this.#store.db.transaction(async (tx) => {
      await touch(tx, id); // also locks the data set's row: counting and adding are one step
      const [last] = await tx
        .select({ images: count(), position: sql<number>`coalesce(max(${images.position}), 0)`.mapWith(Number) })
        .from(images)
        .where(eq(images.datasetId, id));
      refuseTooMany((last?.images ?? 0) + 1);
      const whole = { ...row, datasetId: id, position: (last?.position ?? 0) + 1, addedAt: Date.now() };
      await tx.insert(images).values(whole);
      await record(tx, by, "dataset.image.add", id, { image: row.id, name: row.name, sha256: row.originalSha256 });
      return toImage(whole);
    });
  }

  async #findOriginal(id: string, sha256: string): Promise<typeof images.$inferSelect | undefined> {
    const [row] = await this.#store.db
      .select()
      .from(images)
      .where(and(eq(images.datasetId, id), eq(images.originalSha256, sha256)))
      .limit(1);
    return row;
  }

  /** Errors: NOT_FOUND for the data set or any of the pictures; then no caption changes. */
  async setCaptions(id: string, captions: Readonly<Record<string, string>>, by: string): Promise<void> {
    await this.#store.db.transaction(async (tx) => {
      await touch(tx, id);
      for (const [imageId, caption] of Object.entries(captions)) {
        const changed = await tx
          .update(images)
          .set({ caption })
          .where(and(eq(images.id, imageId), eq(images.datasetId, id)))
          .returning({ id: images.id });
        if (changed.length === 0) throw new ServiceError("NOT_FOUND", { what: "picture", id: imageId });
      }
      await record(tx, by, "dataset.captions", id, { pictures: Object.keys(captions).length });
    });
  }

  async removeImage(id: string, imageId: string, by: string): Promise<void> {
    const removed = await this.#store.db.transaction(async (tx) => {
      await touch(tx, id);
      const [row] = await tx
        .delete(images)
        .where(and(eq(images.id, imageId), eq(images.datasetId, id)))
        .returning();
      if (!row) throw new ServiceError("NOT_FOUND", { what: "picture", id: imageId });
      await record(tx, by, "dataset.image.remove", id, { image: imageId, name: row.name });
      return row;
    });
    await this.#keeper.deleteUnused([removed.sha256, removed.originalSha256]);
  }

  async remove(id: string, by: string): Promise<void> {
    const removed = await this.#store.db.transaction(async (tx) => {
      const rows = await tx.delete(images).where(eq(images.datasetId, id)).returning();
      const [row] = await tx.delete(datasets).where(eq(datasets.id, id)).returning();
      if (!row) throw new ServiceError("NOT_FOUND", { what: "data set", id });
      await record(tx, by, "dataset.remove", id, { name: row.name, pictures: rows.length });
      return [row.linesSha256, ...rows.flatMap((each) => [each.sha256, each.originalSha256])];
    });
    await this.#keeper.deleteUnused(removed.filter((sha256) => sha256 !== ""));
  }
}

/** Counts a change. Errors: NOT_FOUND. */
async function touch(tx: Pick<Database, "update">, id: string): Promise<void> {
  const rows = await tx
    .update(datasets)
    .set({ revision: sql`${datasets.revision} + 1` })
    .where(eq(datasets.id, id))
    .returning({ id: datasets.id });
  if (rows.length === 0) throw new ServiceError("NOT_FOUND", { what: "data set", id });
}

function refuseTooMany(pictures: number): void {
  if (pictures > limits.imagesPerDatasetMax) {
    throw new ServiceError("TOO_MANY_IMAGES", { limit: limits.imagesPerDatasetMax });
  }
}

function toReply(
  { id, name, nodeId, revision, kind, lines }: DatasetSummary,
  rows: readonly (typeof images.$inferSelect)[],
): DatasetReply {
  return { id, name, nodeId, revision, kind, images: rows.map(toImage), lines };
}

function toImage(row: Omit<typeof images.$inferSelect, "addedAt" | "originalSha256">): DatasetImage {
  const { id, name, caption, width, height, sha256 } = row;
  return { id, name, caption, width, height, sha256 };
}

/** The last part of a path from any system, without what a terminal or a page would act on. */
export function shownName(name: string): string {
  const last = name.split(/[/\\]/).at(-1) ?? "";
  const clean = last.replaceAll(/[\p{C}<>:"|?*]/gu, "").trim();
  return clean.slice(-FILE_NAME_CHARS_MAX) || "picture";
}
