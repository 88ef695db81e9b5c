/** Folders that come without tokenizer.json, but with SentencePiece's `tokenizer.model`. */
import { join } from "node:path";
import { Tokenizer } from "@huggingface/tokenizers";
import { readSentencePiece } from "../format/index.ts";
import { addedToken, addedTokens, scoredBpe, TOKEN_KIND } from "./bpe-json.ts";
import { modelErrors } from "./errors.ts";

export const SENTENCEPIECE_FILE = "tokenizer.model";
const BYTE_PAIRS = 2;
/** More tokens than any model has: a list of them has a place for each id. */
const IDS_MAX = 1 << 22;

interface Listed {
  readonly content?: unknown;
  readonly special?: unknown;
}

/**
 * @param more tokens after those of the file
 * @param config tokenizer_config.json, which may list tokens by id
 * @throws BASE_CONFIG_INVALID, SENTENCEPIECE_…
 */
export function sentencePieceTokenizer(
  folder: string,
  more: readonly string[],
  config: Readonly<Record<string, unknown>>,
): Tokenizer {
  const file = join(folder, SENTENCEPIECE_FILE);
  const { pieces, scores, kinds, type, hasPrefix } = readSentencePiece(file);
  if (type !== BYTE_PAIRS)
    throw modelErrors.BASE_CONFIG_INVALID(file, "model_type", `${BYTE_PAIRS} (byte-pair encoding)`, String(type));
  const unknown = pieces[kinds.indexOf(TOKEN_KIND.unknown)];
  const listed = Object.entries((config["added_tokens_decoder"] ?? {}) as Readonly<Record<string, Listed>>)
    .map(([id, { content, special }]) => ({ id: Number(id), content, special: special !== false }))
    .filter(({ id, content }) => id >= pieces.length && id < IDS_MAX && typeof content === "string");
  const json = {
    version: "1.0",
    added_tokens: [
      ...addedTokens(pieces, kinds),
      ...more.map((content, i) => addedToken(pieces.length + i, content, true)),
      ...(more.length > 0 ? [] : listed.map(({ id, content, special }) => addedToken(id, content as string, special))),
    ],
    post_processor: null,
    ...scoredBpe({ tokens: pieces, scores, hasPrefix, unknown }),
  };
  return new Tokenizer(json, {});
}
