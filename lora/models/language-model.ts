/** Opens a LLaMA-like base: a Hugging Face folder or a GGUF file. Reads headers, config and tokenizer; weights stay in their files. */
import { existsSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { recordSites, type ModuleSite } from "../adapter/index.ts";
import { openGguf, openSafetensors, type GgufFile } from "../format/index.ts";
import { Scope } from "../nn/index.ts";
import { CHATGLM_TABLE, chatGlmWeights } from "./chatglm.ts";
import { modelErrors } from "./errors.ts";
import { ggufArchitecture, ggufConfig } from "./gguf-config.ts";
import { ggufTokenizer } from "./gguf-tokenizer.ts";
import { ggufWeights } from "./gguf-weights.ts";
import { llama, llamaInputs } from "./llama.ts";
import { readLlamaConfig, type LlamaConfig } from "./llama-config.ts";
import { readSpeakingDefaults, type SpeakingDefaults } from "./speaking-defaults.ts";
import { readTextTokenizer, type TextTokenizer } from "./text-tokenizer.ts";
import { weightFiles } from "./weight-files.ts";
import { weightMap, type WeightMap } from "./weights.ts";

/** What a graph of the model needs. */
export interface LanguageWeights {
  /** The folder or file as given. */
  readonly path: string;
  readonly name: string;
  readonly config: LlamaConfig;
  readonly weights: WeightMap;
}
export interface LanguageModel extends LanguageWeights {
  readonly tokenizer: TextTokenizer;
  readonly speaking: SpeakingDefaults;
}

/** @throws BASE_… and the errors of the safetensors and GGUF readers */
export function openLanguageModel(path: string): LanguageModel {
  const gguf = ggufAt(path);
  const base = gguf ? ggufBase(path, gguf) : folderWeights(path);
  const tokenizer = gguf ? ggufTokenizer(gguf) : readTextTokenizer(path);
  if (tokenizer.size > base.config.vocabSize)
    throw modelErrors.BASE_VOCABULARY(path, base.config.vocabSize, tokenizer.size);
  return { ...base, tokenizer, speaking: gguf ? {} : readSpeakingDefaults(path) };
}

/** Without the tokenizer: graphs alone need none. Errors as `openLanguageModel`. */
export function openLanguageWeights(path: string): LanguageWeights {
  const gguf = ggufAt(path);
  return gguf ? ggufBase(path, gguf) : folderWeights(path);
}

function ggufAt(path: string): GgufFile | undefined {
  return path.toLowerCase().endsWith(".gguf") && statSync(path, { throwIfNoEntry: false })?.isFile()
    ? openGguf(path)
    : undefined;
}

function ggufBase(path: string, file: GgufFile): LanguageWeights {
  const config = ggufConfig(file);
  return { path, name: basename(path), config, weights: ggufWeights(file, ggufArchitecture(file), config.headSize) };
}

function folderWeights(path: string): LanguageWeights {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat) throw modelErrors.BASE_TEXT_NOT_FOUND(path, "nothing there");
  if (!stat.isDirectory()) throw modelErrors.BASE_TEXT_NOT_FOUND(path, "a file");
  const file = join(path, "config.json");
  if (!existsSync(file)) throw modelErrors.BASE_TEXT_NOT_FOUND(path, "a folder without config.json");
  const weights = new Map(
    weightFiles(path).flatMap((shard) => [...weightMap(openSafetensors(shard), (name) => [{ name }])]),
  );
  const config = readLlamaConfig(file);
  const isChatGlm = weights.has(CHATGLM_TABLE);
  return { path, name: basename(path), config, weights: isChatGlm ? chatGlmWeights(weights, config) : weights };
}

/** Every layer that a module can adapt, by its name in the checkpoint without `.weight`. */
export function languageModelSites({ config }: Pick<LanguageModel, "config">): ModuleSite[] {
  const sites = recordSites("language_model", (source) => {
    llama(new Scope(source), llamaInputs(source.graph, config), config);
  });
  const isTurned = (name: string) => name.endsWith(".q_proj") || name.endsWith(".k_proj");
  return sites.map((site) => (isTurned(site.name) ? { ...site, headSize: config.headSize } : site));
}
