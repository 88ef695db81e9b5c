/** Replies as JSON of a schema: which tokens may come next, by XGrammar (Dong et al. 2024). */
import { readFileSync } from "node:fs";
import { registerHooks } from "node:module";
import type * as XGrammar from "@mlc-ai/web-xgrammar";
import { LRUCache } from "lru-cache";
import { byteSymbols, type LanguageModel } from "../models/index.ts";
import { generateErrors } from "./errors.ts";
import { jsonGrammar, type JsonSchema } from "./json-schema.ts";

type Library = typeof XGrammar;

const PACKAGE = "@mlc-ai/web-xgrammar";
/** Compiled schemas that are kept: a large vocabulary takes a second for one. */
const GRAMMARS_MAX = 16;

/** The package calls a CommonJS bundle an ES module, which Node refuses: here it gets what such a bundle expects around it. */
const BEFORE = `import { createRequire } from "node:module";
const require = createRequire(import.meta.url);
const { filename: __filename, dirname: __dirname } = import.meta;
const exports = {}, module = { exports };
`;
const AFTER = "\nexport default exports;\n";

let library: Promise<Library> | undefined;

async function openLibrary(): Promise<Library> {
  const bundle = import.meta.resolve(PACKAGE);
  const hooks = registerHooks({
    load: (url, context, next) =>
      url === bundle
        ? { format: "module", shortCircuit: true, source: BEFORE + readFileSync(new URL(url), "utf8") + AFTER }
        : next(url, context),
  });
  try {
    return ((await import(PACKAGE)) as { default: Library }).default;
  } finally {
    hooks.deregister();
  }
}

/** Grammars for one base's vocabulary. */
export class JsonGrammars {
  private readonly library: Library;
  private readonly compiler: XGrammar.GrammarCompiler;
  private readonly endIds: ReadonlySet<number>;
  private readonly grammars = new LRUCache<string, XGrammar.CompiledGrammar>({
    max: GRAMMARS_MAX,
    dispose: (grammar) => grammar.dispose(),
  });

  private constructor(xgrammar: Library, compiler: XGrammar.GrammarCompiler, endIds: ReadonlySet<number>) {
    [this.library, this.compiler, this.endIds] = [xgrammar, compiler, endIds];
  }

  /** @throws SCHEMA_VOCABULARY where the base could be left without a token that goes on */
  static async open({ path, config, tokenizer }: LanguageModel): Promise<JsonGrammars> {
    const spelled = tokenizer.spellings();
    const kind = kindOf(new Set(spelled));
    if (!kind) throw generateErrors.SCHEMA_VOCABULARY(path);
    const xgrammar = await (library ??= openLibrary());
    const tokens = Array.from({ length: config.vocabSize }, (_, id) => spelled[id] ?? "");
    const ends = [...tokenizer.endIds];
    const info = await xgrammar.TokenizerInfo.createTokenizerInfo(tokens, kind, false, config.vocabSize, ends);
    // The cache here knows how much it holds.
    const compiler = await xgrammar.GrammarCompiler.createGrammarCompiler(info, false);
    info.dispose();
    return new JsonGrammars(xgrammar, compiler, tokenizer.endIds);
  }

  /** @throws SCHEMA_INVALID, SCHEMA_UNSUPPORTED */
  async form(schema: JsonSchema): Promise<JsonForm> {
    const key = JSON.stringify(schema);
    const grammar = this.grammars.get(key) ?? (await this.compile(schema, key));
    return new JsonForm(await this.library.GrammarMatcher.createGrammarMatcher(grammar), this.endIds);
  }

  close(): void {
    this.grammars.clear();
    this.compiler.dispose();
  }

  private async compile(schema: JsonSchema, key: string): Promise<XGrammar.CompiledGrammar> {
    const grammar = await this.compiler.compileGrammar(jsonGrammar(schema));
    this.grammars.set(key, grammar);
    return grammar;
  }
}

/** How a vocabulary spells bytes: GPT-2's symbols, or SentencePiece's `<0x0A>` beside whole characters. */
type Spelling = "byte_level" | "byte_fallback";

const SPELLINGS: Readonly<Record<Spelling, (byte: number) => string>> = {
  byte_level: (byte) => byteSymbols[byte]!,
  byte_fallback: (byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`,
};

/** With these tokens a reply can always go on: signs of JSON, and what ends a character that is begun. */
const NEEDED = Array.from({ length: 256 }, (_, byte) => byte).filter(
  (byte) => (byte >= 0x20 && byte < 0x7f) || (byte >= 0x80 && byte < 0xc0),
);

function kindOf(spelled: ReadonlySet<string>): Spelling | undefined {
  const kinds = Object.keys(SPELLINGS) as Spelling[];
  return kinds.find((kind) => NEEDED.every((byte) => spelled.has(SPELLINGS[kind](byte))));
}

/** One reply as it takes its form. Call `close` when it is over. */
export class JsonForm {
  private readonly matcher: XGrammar.GrammarMatcher;
  private readonly endIds: ReadonlySet<number>;
  /** One bit for each token that may come next; undefined until it is asked for. */
  private bits: Int32Array | undefined;

  constructor(matcher: XGrammar.GrammarMatcher, endIds: ReadonlySet<number>) {
    [this.matcher, this.endIds] = [matcher, endIds];
  }

  /** The logits [vocabSize] with −∞ for tokens that must not come next. */
  async allowed(logits: Float32Array): Promise<Float32Array> {
    const bits = await this.next();
    return logits.map((logit, id) => (isSet(bits, id) ? logit : -Infinity));
  }

  /** @returns whether the form is full, so that nothing but the reply's end may follow */
  async add(id: number): Promise<boolean> {
    this.matcher.acceptToken(id);
    this.bits = undefined;
    const bits = await this.next();
    const ends = Int32Array.from(bits);
    for (const end of this.endIds) ends[end >> 5]! &= ~(1 << (end & 31));
    return ends.every((word) => word === 0);
  }

  close(): void {
    this.matcher.dispose();
  }

  private async next(): Promise<Int32Array> {
    return (this.bits ??= await this.matcher.getNextTokenBitmask());
  }
}

const isSet = (bits: Int32Array, id: number): boolean => ((bits[id >> 5]! >> (id & 31)) & 1) === 1;
