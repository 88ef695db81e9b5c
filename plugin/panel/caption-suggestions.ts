/** Captions that a model suggests for the pictures without one. What a person wrote is never touched. */
import { limits, type DatasetReply, type Language, type SuggestionsReply } from "../../service/protocol/index.ts";
import type { UndoEntry } from "./undo-stack.ts";

/** What is asked of the service. */
export interface SuggestionSource {
  dataset(datasetId: string): Promise<DatasetReply>;
  setCaptions(datasetId: string, captions: Readonly<Record<string, string>>): Promise<DatasetReply>;
  suggestCaptions(datasetId: string, images: readonly string[], language: Language): Promise<SuggestionsReply>;
}

export interface SuggestionOptions {
  readonly source: SuggestionSource;
  readonly datasetId: string;
  readonly language: Language;
  /** Pictures without a caption. */
  readonly images: readonly string[];
  /** Whether somebody is typing a caption there that is not saved yet. */
  readonly isTyped: (imageId: string) => boolean;
  readonly onProgress?: (done: number) => void;
}

/** Image id → caption. */
type ById = Readonly<Record<string, string>>;

/**
 * Asks for a few pictures at a time and saves what comes. What was saved stays when a later request fails: it is handed to
 * `onSaved`, which is called once in any case.
 */
export async function fillEmptyCaptions(options: SuggestionOptions, onSaved: (saved: ById) => void): Promise<void> {
  const { source, datasetId, language, images, isTyped, onProgress } = options;
  const saved: Record<string, string> = {};
  try {
    // Parts of one size: what pictures have in common is not seen on the single one that would be left over.
    const size = Math.ceil(images.length / Math.ceil(images.length / limits.imagesPerSuggestionMax));
    for (let at = 0; at < images.length; at += size) {
      const part = images.slice(at, at + size);
      const { suggestions } = await source.suggestCaptions(datasetId, part, language);
      // Someone may have written one meanwhile.
      const open = suggestions.filter(({ image }) => !isTyped(image));
      const wanted = Object.fromEntries(open.map(({ image, caption }) => [image, caption]));
      Object.assign(saved, await exchange(source, datasetId, () => "", wanted));
      onProgress?.(at + part.length);
    }
  } finally {
    onSaved(saved);
  }
}

/** Takes the suggestions back where they still stand as they came, and puts them in again where there is nothing. */
export function suggestionsUndo(label: string, source: SuggestionSource, datasetId: string, saved: ById): UndoEntry {
  const none = Object.fromEntries(Object.keys(saved).map((id) => [id, ""]));
  return {
    label,
    undo: async () => void (await exchange(source, datasetId, (id) => saved[id]!, none)),
    redo: async () => void (await exchange(source, datasetId, () => "", saved)),
  };
}

/** Sets the captions that now are what `before` says. @returns those that were set */
async function exchange(
  source: SuggestionSource,
  datasetId: string,
  before: (imageId: string) => string,
  after: ById,
): Promise<ById> {
  const { images } = await source.dataset(datasetId);
  const fitting = images.filter(({ id, caption }) => after[id] !== undefined && caption.trim() === before(id));
  const changes = Object.fromEntries(fitting.map(({ id }) => [id, after[id]!]));
  if (fitting.length > 0) await source.setCaptions(datasetId, changes);
  return changes;
}
