/** Generates what the language model's benchmark reads: a model of SmolLM2-135M's size with random weights, and token ids. */
import { closeSync, existsSync, mkdirSync, openSync, renameSync, writeFileSync, writeSync } from "node:fs";
import { Random } from "../../lora/diffusion/index.ts";
import {
  isInterleaved,
  openSafetensors,
  readTensor,
  rowsInPairs,
  toGgufLayer,
  writeSafetensors,
} from "../../lora/format/index.ts";
import { llama, llamaInputs } from "../../lora/models/index.ts";
import { readLlamaConfig } from "../../lora/models/llama-config.ts";
import { ggufBytes, pair, tensor, text, u32, u64 } from "../format/gguf-bytes.ts";
import { shapesOf, writeRandomCheckpoint } from "./prepare.ts";
import { SMOL_JSON, smolFolder, smolGguf, TEXT_SIZES, textInputsFile, type TextJob } from "./text-job.ts";

const weightsFile = (job: TextJob): string => `${smolFolder(job)}/model.safetensors`;

function writeFolder(job: TextJob): void {
  writeFileSync(`${smolFolder(job)}/config.json`, JSON.stringify(SMOL_JSON, undefined, 2));
  const config = readLlamaConfig(`${smolFolder(job)}/config.json`);
  // The table of tokens is also the output layer.
  const shapes = shapesOf((scope) => void llama(scope, llamaInputs(scope.graph, config), config));
  writeRandomCheckpoint(weightsFile(job), shapes);
}

function writeInputs(job: TextJob): void {
  const random = new Random(2);
  const ids = (...shape: number[]) => ({
    dtype: "I64" as const,
    shape,
    data: BigInt64Array.from({ length: shape.reduce((a, b) => a * b) }, () =>
      BigInt(Math.floor(random.uniform() * SMOL_JSON.vocab_size)),
    ),
  });
  const { rows, length, prompt } = TEXT_SIZES;
  writeSafetensors(textInputsFile(job), { tokens: ids(rows, length), prompt: ids(1, prompt) });
}

const [UINT32, INT32, FLOAT32, TEXT, LIST] = [4, 5, 6, 8, 9];
const [NORMAL_TOKEN, BYTE_TOKEN] = [1, 6];
const isByte = (id: number): boolean => id < 256;
const byteToken = (id: number): string => `<0x${id.toString(16).toUpperCase().padStart(2, "0")}>`;

function float(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeFloatLE(value);
  return bytes;
}

function perToken(key: string, type: number, valueOf: (id: number) => Buffer): Buffer {
  const values = Array.from({ length: SMOL_JSON.vocab_size }, (_, id) => valueOf(id));
  return pair(key, LIST, Buffer.concat([u32(type), u64(values.length), ...values]));
}

function ggufMetadata(): Buffer[] {
  const json = SMOL_JSON;
  return [
    pair("general.architecture", TEXT, text("llama")),
    pair("llama.context_length", UINT32, u32(json.max_position_embeddings)),
    pair("llama.embedding_length", UINT32, u32(json.hidden_size)),
    pair("llama.block_count", UINT32, u32(json.num_hidden_layers)),
    pair("llama.feed_forward_length", UINT32, u32(json.intermediate_size)),
    pair("llama.attention.head_count", UINT32, u32(json.num_attention_heads)),
    pair("llama.attention.head_count_kv", UINT32, u32(json.num_key_value_heads)),
    pair("llama.attention.layer_norm_rms_epsilon", FLOAT32, float(json.rms_norm_eps)),
    pair("llama.rope.dimension_count", UINT32, u32(json.hidden_size / json.num_attention_heads)),
    pair("llama.rope.freq_base", FLOAT32, float(json.rope_theta)),
    pair("llama.vocab_size", UINT32, u32(json.vocab_size)),
    // Token ids go in and come out, but it does not open without a vocabulary that has all bytes.
    pair("tokenizer.ggml.model", TEXT, text("llama")),
    perToken("tokenizer.ggml.tokens", TEXT, (id) => text(isByte(id) ? byteToken(id) : `<${id}>`)),
    perToken("tokenizer.ggml.scores", FLOAT32, () => float(0)),
    perToken("tokenizer.ggml.token_type", INT32, (id) => u32(isByte(id) ? BYTE_TOKEN : NORMAL_TOKEN)),
  ];
}

const HEAD_SIZE = SMOL_JSON.hidden_size / SMOL_JSON.num_attention_heads;
const ggufName = (name: string): string => `${toGgufLayer(name.replace(/\.weight$/, ""))!}.weight`;

/** The folder's weights in float32, as llama.cpp's converter names and orders them. */
function writeGgufOf(job: TextJob): void {
  if (existsSync(smolGguf(job))) return;
  const file = openSafetensors(weightsFile(job));
  let offset = 0;
  const entries = [...file.tensors].map(([name, { shape, byteLength }]) => {
    const entry = tensor(ggufName(name), shape.toReversed(), 0, offset);
    offset += byteLength;
    return entry;
  });
  const partial = `${smolGguf(job)}.partial`;
  const output = openSync(partial, "w");
  const write = (bytes: Uint8Array) => {
    for (let done = 0; done < bytes.length;) done += writeSync(output, bytes, done);
  };
  write(ggufBytes(ggufMetadata(), entries));
  for (const [name, { shape }] of file.tensors) {
    const bytes = new Uint8Array(readTensor(file, name).buffer);
    write(isInterleaved("llama", ggufName(name)) ? rowsInPairs(bytes, shape[0]!, HEAD_SIZE) : bytes);
  }
  closeSync(output);
  renameSync(partial, smolGguf(job));
}

/** Idempotent: large files that exist are kept. */
export function prepareText(job: TextJob): void {
  mkdirSync(smolFolder(job), { recursive: true });
  writeFolder(job);
  writeGgufOf(job);
  writeInputs(job);
}
