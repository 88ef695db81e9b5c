import { trainBpe, writeTokenizer } from "../../../lora/recipe/train-tokenizer.ts";
import { miniCaptions, miniVocabSize } from "./mini-captions.ts";

writeTokenizer(process.argv[2]!, trainBpe(miniCaptions, miniVocabSize));
