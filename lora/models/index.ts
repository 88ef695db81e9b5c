export {
  byteOrder,
  byteSymbols,
  ClipTokenizer,
  END_TOKEN,
  mergePair,
  openAiClipTokenizer,
  readClipTokenizer,
  splitWords,
  START_TOKEN,
  WORD_END,
  wordSymbols,
  type BpeVocabulary,
} from "./clip-tokenizer.ts";
