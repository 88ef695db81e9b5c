/** The dialogues of a voice's data set: one object of JSON lines, written anew with every change. */
import { eq, sql } from "drizzle-orm";
import { limits, ServiceError, type DialogueLine, type LinesReply, type LinesUploadReply } from "../protocol/index.ts";
import { tables, TooManyBytes, Turns, type Store } from "../store/index.ts";
import { record } from "./audit.ts";
import { readDialogueLines } from "./dialogue-lines.ts";
import type { ObjectKeeper } from "./object-keeper.ts";

const { datasets } = tables;
type Row = typeof datasets.$inferSelect;

export class Lines {
  readonly #store: Store;
  readonly #keeper: ObjectKeeper;
  /** Changes follow each other: each reads what the one before wrote. */
  readonly #turns = new Turns();

  constructor(store: Store, keeper: ObjectKeeper) {
    this.#store = store;
    this.#keeper = keeper;
  }

  /** Errors: NOT_FOUND, WRONG_KIND. */
  async get(id: string, offset: number, limit: number): Promise<LinesReply> {
    const dialogues = await this.#read(await this.#row(id));
    return { total: dialogues.length, offset, dialogues: dialogues.slice(offset, offset + limit) };
  }

  /** The object that holds them. Errors: NOT_FOUND, WRONG_KIND, DATASET_WITHOUT_LINES. */
  async object(id: string): Promise<{ sha256: string; path: string }> {
    const { name, linesSha256: sha256, lines } = await this.#row(id);
    if (lines === 0) throw new ServiceError("DATASET_WITHOUT_LINES", { name });
    return { sha256, path: this.#store.objects.path(sha256) };
  }

  /**
   * Adds to what is there, or replaces it; an empty text that replaces leaves none.
   * Errors: NOT_FOUND, WRONG_KIND, LINES_NONE, TOO_MANY_LINES, UPLOAD_TOO_LARGE, DISK_FULL; then nothing changes.
   */
  put(id: string, text: string, mode: "add" | "replace", by: string): Promise<LinesUploadReply> {
    return this.#turns.take(() => this.#put(id, text, mode, by));
  }

  async #put(id: string, text: string, mode: "add" | "replace", by: string): Promise<LinesUploadReply> {
    const row = await this.#row(id);
    const { dialogues, skipped } = readDialogueLines(text);
    const [first] = skipped;
    if (dialogues.length === 0 && (first || mode === "add")) {
      const { line, code: reason, params } = first ?? { line: 1, code: "LINES_EMPTY", params: {} };
      throw new ServiceError("LINES_NONE", { ...params, lines: Math.max(1, skipped.length), line, reason });
    }
    const before = mode === "add" ? await this.#read(row) : [];
    const all = [...before, ...dialogues];
    const limit = limits.linesPerDatasetMax;
    if (all.length > limit) throw new ServiceError("TOO_MANY_LINES", { limit });
    await this.#write(row, all, by);
    const skippedCount = skipped.length;
    const named = skipped.slice(0, limits.skippedNamedMax);
    return { kept: dialogues.length, total: all.length, skipped: named, skippedCount };
  }

  async #write({ id, name, linesSha256: old }: Row, all: readonly DialogueLine[], by: string): Promise<void> {
    const sha256 = all.length === 0 ? "" : await this.#putObject(name, all);
    if (sha256 !== "") this.#keeper.hold(sha256);
    try {
      await this.#store.db.transaction(async (tx) => {
        const changed = await tx
          .update(datasets)
          .set({ lines: all.length, linesSha256: sha256, revision: sql`${datasets.revision} + 1` })
          .where(eq(datasets.id, id))
          .returning({ id: datasets.id });
        if (changed.length === 0) throw new ServiceError("NOT_FOUND", { what: "data set", id });
        await record(tx, by, "dataset.lines", id, { lines: all.length, sha256 });
      });
    } finally {
      if (sha256 !== "") this.#keeper.release(sha256);
      await this.#keeper.deleteUnused([old, sha256].filter((each) => each !== ""));
    }
  }

  async #putObject(name: string, dialogues: readonly DialogueLine[]): Promise<string> {
    const text = dialogues.map((dialogue) => `${JSON.stringify(dialogue)}\n`).join("");
    try {
      return (await this.#store.objects.put(Buffer.from(text), limits.linesBytesMax)).sha256;
    } catch (error) {
      if (!(error instanceof TooManyBytes)) throw error;
      throw new ServiceError("UPLOAD_TOO_LARGE", { file: name, limit: `${limits.linesBytesMax / 2 ** 20} MB` });
    }
  }

  /** Errors: NOT_FOUND, WRONG_KIND. */
  async #row(id: string): Promise<Row> {
    const [row] = await this.#store.db.select().from(datasets).where(eq(datasets.id, id));
    if (!row) throw new ServiceError("NOT_FOUND", { what: "data set", id });
    refuseOtherKind(row, "voice");
    return row;
  }

  async #read({ linesSha256 }: Row): Promise<DialogueLine[]> {
    const bytes = linesSha256 === "" ? undefined : await this.#store.objects.read(linesSha256);
    const lines = bytes?.toString("utf8").split("\n") ?? [];
    return lines.filter((line) => line !== "").map((line) => JSON.parse(line) as DialogueLine);
  }
}

/** Errors: WRONG_KIND. */
export function refuseOtherKind({ name, kind }: Pick<Row, "name" | "kind">, expected: "picture" | "voice"): void {
  if (kind !== expected) throw new ServiceError("WRONG_KIND", { name, what: "data set", expected, got: kind });
}
