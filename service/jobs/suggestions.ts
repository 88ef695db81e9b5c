/** Captions that a CLIP model suggests for pictures of a data set. */
import { randomUUID } from "node:crypto";
import { mkdir, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { openClip } from "../../lora/index.ts";
import type { Library } from "../library/index.ts";
import { ServiceError, type Language, type SuggestionsReply } from "../protocol/index.ts";
import { Turns } from "../store/index.ts";
import { labelFolder, LabellingFailed } from "../workers/index.ts";

export interface SuggestionsOptions {
  readonly library: Library;
  /** Folder of the CLIP model. */
  readonly clip: string;
  /** Where pictures are laid out while they are looked at. */
  readonly temporary: string;
}

/** One set of pictures is looked at at a time: several models at once would only slow each other down. */
export class Suggestions {
  readonly #options: SuggestionsOptions;
  readonly #turns = new Turns();

  private constructor(options: SuggestionsOptions) {
    this.#options = options;
  }

  /** Errors: the engine's for a model that cannot be used. */
  static async open(options: SuggestionsOptions): Promise<Suggestions> {
    await openClip(options.clip);
    return new Suggestions(options);
  }

  /** Errors: LABELLING_FAILED, NOT_FOUND, WRONG_KIND. */
  suggest(datasetId: string, imageIds: readonly string[], language: Language): Promise<SuggestionsReply> {
    return this.#turns.take(() => this.#suggest(datasetId, imageIds, language));
  }

  async #suggest(datasetId: string, imageIds: readonly string[], language: Language): Promise<SuggestionsReply> {
    const { library, clip, temporary } = this.#options;
    const folder = join(temporary, randomUUID(), "pictures");
    try {
      await mkdir(folder, { recursive: true });
      const ids = await library.layOutPictures(datasetId, imageIds, folder);
      const labelled = ids.size === 0 ? [] : await labelFolder({ clip, folder, language });
      return {
        suggestions: labelled.map(({ file, caption, confidence }) => ({ image: ids.get(file)!, caption, confidence })),
      };
    } catch (error) {
      if (!(error instanceof LabellingFailed)) throw error;
      throw new ServiceError("LABELLING_FAILED", { problem: error.message });
    } finally {
      await rm(dirname(folder), { recursive: true, force: true });
    }
  }
}
