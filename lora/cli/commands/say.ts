import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { defineCommand } from "citty";
import { readModule, type Stack } from "../../adapter/index.ts";
import {
  REPLY_DEFAULTS,
  SAMPLING_DEFAULTS,
  VoiceStudio,
  type JsonSchema,
  type Reply,
  type SamplingOptions,
} from "../../generate/index.ts";
import { AnimulaError } from "../../format/index.ts";
import { openLanguageModel, WEIGHT_KINDS, type ChatMessage } from "../../models/index.ts";
import { numberOption } from "../command-line.ts";
import { cliErrors } from "../errors.ts";

const { temperature, topK, topP, minP, repetitionPenalty } = SAMPLING_DEFAULTS;
/** Messages that are kept of a conversation. */
const REMEMBERED_MAX = 20;

export const sayCommand = defineCommand({
  meta: { name: "say", description: "Talk to a language model and its modules" },
  args: {
    base: { type: "string", description: "Base model: a Hugging Face folder or a .gguf file", required: true },
    prompt: { type: "string", description: "What to say to it; without it, lines are read from the terminal" },
    system: { type: "string", description: "Who it is" },
    lora: { type: "string", description: "Modules, comma-separated: FILE or FOLDER, with :WEIGHT if not 1" },
    weights: {
      type: "enum",
      options: [...WEIGHT_KINDS],
      description: "float: as the base has them; int8 or int4: rounded once, for less memory and faster replies",
      default: "float",
    },
    "max-tokens": { type: "string", description: `Longest reply (${REPLY_DEFAULTS.maxTokens})` },
    temperature: {
      type: "string",
      description: `0: always the likeliest word (the base's, else ${temperature}; so the others)`,
    },
    "top-p": { type: "string", description: `Share of the likeliest words to choose from (${topP})` },
    "top-k": { type: "string", description: `How many of the likeliest words; 0: all (${topK})` },
    "min-p": { type: "string", description: `Least share of the likeliest word's chance (${minP})` },
    repetition: { type: "string", description: `Above 1: says less again (${repetitionPenalty})` },
    stop: { type: "string", description: "Text at which the reply ends" },
    schema: { type: "string", description: "File with a JSON schema that each reply is JSON of" },
    seed: { type: "string", description: `The same seed says the same (${REPLY_DEFAULTS.seed})` },
    json: { type: "boolean", description: "The reply as one JSON object, with --prompt" },
  },
  async run({ args }) {
    const sampling = samplingOptions(args);
    const maxTokens = numberOption("max-tokens", args["max-tokens"], { least: 1, most: 100_000, example: 100 });
    const seed = numberOption("seed", args.seed, { least: 0, most: 2 ** 32 - 1, example: 7 });
    const modules = modulePaths(args.lora);
    const schema = args.schema === undefined ? undefined : readSchema(args.schema);
    const base = openLanguageModel(args.base);
    const studio = await VoiceStudio.open(base, { weights: args.weights });
    try {
      const stack = readStack(studio, modules);
      const stops = args.stop === undefined ? [] : [args.stop];
      const reply = (messages: readonly ChatMessage[], onText: (piece: string) => void) =>
        studio.reply({ messages, systemPrompt: args.system, stack, sampling, maxTokens, seed, stops, schema, onText });
      if (args.prompt === undefined) await converse(reply);
      else await answer(reply, args.prompt, args.json === true);
    } finally {
      await studio.close();
    }
  },
});

type ReplyTo = (messages: readonly ChatMessage[], onText: (piece: string) => void) => Promise<Reply>;

async function answer(reply: ReplyTo, prompt: string, asJson: boolean): Promise<void> {
  const show = (piece: string) => void (asJson || process.stdout.write(piece));
  const result = await reply([{ role: "user", content: prompt }], show);
  process.stdout.write(asJson ? `${JSON.stringify(result)}\n` : "\n");
}

/** Line by line until the input ends. */
async function converse(reply: ReplyTo): Promise<void> {
  const ask = () => void (process.stdin.isTTY && process.stdout.write("> "));
  const messages: ChatMessage[] = [];
  ask();
  for await (const line of createInterface({ input: process.stdin })) {
    if (line.trim() !== "") {
      messages.push({ role: "user", content: line });
      const { text } = await replyToRecent(reply, messages);
      messages.push({ role: "assistant", content: text });
      process.stdout.write("\n");
    }
    ask();
  }
}

/** Forgets the oldest exchanges where there are too many for the base to read. */
async function replyToRecent(reply: ReplyTo, messages: ChatMessage[]): Promise<Reply> {
  while (messages.length > REMEMBERED_MAX) messages.splice(0, 2);
  for (;;) {
    try {
      return await reply(messages, (piece) => void process.stdout.write(piece));
    } catch (error) {
      if (!(error instanceof AnimulaError && error.code === "PROMPT_TOO_LONG" && messages.length > 2)) throw error;
      messages.splice(0, 2);
    }
  }
}

type TypedOptions = Readonly<
  Partial<Record<"temperature" | "top-p" | "top-k" | "min-p" | "repetition", string | undefined>>
>;

function samplingOptions(args: TypedOptions): Partial<SamplingOptions> {
  const share = { least: 0, most: 1, isWhole: false };
  const given = {
    temperature: numberOption("temperature", args.temperature, { least: 0, most: 10, isWhole: false, example: 0.8 }),
    topP: numberOption("top-p", args["top-p"], { ...share, example: 0.9 }),
    topK: numberOption("top-k", args["top-k"], { least: 0, most: 1_000_000, example: 40 }),
    minP: numberOption("min-p", args["min-p"], { ...share, example: 0.05 }),
    repetitionPenalty: numberOption("repetition", args.repetition, {
      least: 0.1,
      most: 10,
      isWhole: false,
      example: 1.1,
    }),
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

function readSchema(path: string): JsonSchema {
  try {
    return JSON.parse(readFileSync(path, "utf8")) as JsonSchema;
  } catch (error) {
    const got = `${path} (${(error as Error).message})`;
    throw cliErrors.ARGUMENT_INVALID("schema", "a file with a JSON schema", got, "answer.schema.json");
  }
}

interface WeighedPath {
  readonly path: string;
  readonly weight: number;
}

/** "guard:0.5,cat" → guard at ½, cat at 1. A drive letter is no weight. */
function modulePaths(lora: string | undefined): WeighedPath[] {
  const WEIGHT_MAX = 10;
  const parts = (lora?.split(",") ?? []).map((part) => part.trim()).filter((part) => part !== "");
  return parts.map((part) => {
    const [, path, weight] = /^(.+?)(?::(-?\d*\.?\d+))?$/.exec(part) as unknown as [string, string, string | undefined];
    if (weight !== undefined && Math.abs(Number(weight)) > WEIGHT_MAX)
      throw cliErrors.ARGUMENT_INVALID("lora", `weights from -${WEIGHT_MAX} to ${WEIGHT_MAX}`, part, "guard:0.8");
    return { path, weight: Number(weight ?? 1) };
  });
}

/** Reads modules and says what of each was used. */
function readStack({ sites }: VoiceStudio, paths: readonly WeighedPath[]): Stack {
  return paths.map(({ path, weight }) => {
    const { module, report } = readModule(path, sites);
    process.stderr.write(`${path}: ${report.applied.length} tensors applied, ${report.ignored.length} ignored\n`);
    return { module, weight, textEncoderWeight: 0 };
  });
}
