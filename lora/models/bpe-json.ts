/** Parts of a `tokenizer.json` that vocabularies from elsewhere are turned into. */

/** Kinds of token, as SentencePiece numbers them and llama.cpp after it. */
export const TOKEN_KIND = { unknown: 2, control: 3, userDefined: 4 } as const;

/** What every byte-pair encoding has. */
export const BPE = {
  type: "BPE",
  dropout: null,
  unk_token: null,
  fuse_unk: false,
  byte_fallback: false,
  end_of_word_suffix: null,
};

/** Ids by token. */
export const idsOf = (tokens: readonly string[]): Record<string, number> => {
  const ids = Object.create(null) as Record<string, number>;
  // Should a text stand twice, its first id is meant.
  for (const [id, token] of tokens.entries()) ids[token] ??= id;
  return ids;
};

const SPACE = "\u2581";
const replace = (from: string, to: string) => ({ type: "Replace", pattern: { String: from }, content: to });

export interface ScoredVocabulary {
  readonly tokens: readonly string[];
  readonly scores: readonly number[];
  /** A blank is put before a text. */
  readonly hasPrefix: boolean;
  readonly unknown: string | undefined;
}

/** SentencePiece's: the pair whose union scores highest is merged first, what is left over is written as bytes. */
export function scoredBpe({ tokens, scores, hasPrefix, unknown }: ScoredVocabulary): Readonly<Record<string, unknown>> {
  return {
    normalizer: {
      type: "Sequence",
      normalizers: [...(hasPrefix ? [{ type: "Prepend", prepend: SPACE }] : []), replace(" ", SPACE)],
    },
    pre_tokenizer: null,
    decoder: {
      type: "Sequence",
      decoders: [
        replace(SPACE, " "),
        { type: "ByteFallback" },
        { type: "Fuse" },
        ...(hasPrefix ? [{ type: "Strip", content: " ", start: 1, stop: 0 }] : []),
      ],
    },
    model: {
      ...BPE,
      vocab: idsOf(tokens),
      merges: scoredMerges(tokens, scores),
      unk_token: unknown ?? null,
      byte_fallback: true,
      fuse_unk: true,
    },
  };
}

/** Every way in which a token is the union of two others, the highest score first. */
function scoredMerges(tokens: readonly string[], scores: readonly number[]): string[][] {
  const ids = new Map(tokens.map((token, id) => [token, id]));
  const merges = tokens.flatMap((token, id) => {
    const signs = Array.from(token);
    const cuts = Array.from({ length: Math.max(0, signs.length - 1) }, (_, i) => [
      signs.slice(0, i + 1).join(""),
      signs.slice(i + 1).join(""),
    ]);
    return cuts.filter((pair) => pair.every((part) => ids.has(part))).map((pair) => ({ pair, score: scores[id]! }));
  });
  return merges.toSorted((a, b) => b.score - a.score).map(({ pair }) => pair);
}

/** The tokens that are matched before any merge. */
export const addedTokens = (tokens: readonly string[], kinds: readonly number[]): object[] =>
  [...kinds.keys()]
    .filter((id) => Object.values<number>(TOKEN_KIND).includes(kinds[id]!))
    .map((id) => addedToken(id, tokens[id]!, kinds[id] !== TOKEN_KIND.userDefined));

export const addedToken = (id: number, content: string, special: boolean): object => ({
  id,
  content,
  special,
  single_word: false,
  lstrip: false,
  rstrip: false,
  normalized: false,
});
