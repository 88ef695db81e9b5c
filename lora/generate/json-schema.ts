/**
 * The grammar of a JSON Schema's texts, in XGrammar's EBNF. XGrammar has such a translation too, but passes over keywords that
 * it does not know, and lets numbers out of their range and control characters into strings. Here every keyword is either kept
 * to or an error.
 */
import { generateErrors } from "./errors.ts";
import { integersBetween, literal, numbersBetween, stringOf, TEXT_RULES, times } from "./json-rules.ts";

/** As `JSON.parse` gives it. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** A string's length costs time when its schema is read: 100 about a second with a vocabulary of 49,152. */
const COUNT_MAX = 128;
const DEPTH_MAX = 16;
const KEYWORDS_MAX = 2048;
/** Whole numbers beyond are not exact everywhere; without bounds, numbers stay within. */
const NUMBER_MAX = 999_999_999_999_999;
const DEFINITIONS = ["$defs", "definitions"] as const;
const ANNOTATIONS = ["title", "description", "default", "examples", "$comment"] as const;
const COUNT = `a whole number from 0 to ${COUNT_MAX}`;
const BOUND = `a whole number from -${NUMBER_MAX} to ${NUMBER_MAX}`;

/** @returns what the schema's texts look like, as the right side of a rule */
type Write = (schema: JsonSchema, place: Place) => string;

/** What may stand beside `type`, by type. */
const KEYWORDS_OF: Readonly<Record<string, readonly string[]>> = {
  string: ["minLength", "maxLength"],
  integer: ["minimum", "maximum"],
  number: ["minimum", "maximum"],
  boolean: [],
  null: [],
  array: ["items", "minItems", "maxItems"],
  object: ["properties", "required", "additionalProperties"],
};
const TYPES = Object.keys(KEYWORDS_OF).join(", ");

const TYPED: Readonly<Record<string, Write>> = {
  string(schema, place) {
    const { least = 0, most } = place.range(schema, "minLength", "maxLength", isCount, COUNT);
    return stringOf(least, most);
  },
  integer: (schema, place) => integersBetween(...bounds(schema, place)),
  number: (schema, place) => numbersBetween(...bounds(schema, place)),
  boolean: () => '"true" | "false"',
  null: () => '"null"',
  array(schema, place) {
    const { least = 0, most } = place.range(schema, "minItems", "maxItems", isCount, COUNT);
    const item = place.root.rule(place.at("items").schema(schema["items"]));
    if (most === 0) return '"[]"';
    const some = `${item} ${times(`(", " ${item})`, Math.max(0, least - 1), most === undefined ? most : most - 1)}`;
    return `"[" ${least === 0 ? `(${some})?` : some} "]"`;
  },
  object: writeObject,
};

/** One of these says what a value is; nothing but annotations stands beside it. */
const FORMS: Readonly<Record<string, Write>> = {
  $ref: ({ $ref }, place) => place.root.target(place, $ref),
  const: ({ const: value }) => literal(JSON.stringify(value)),
  enum: ({ enum: values }, place) =>
    place
      .list("enum", values)
      .map((value) => literal(JSON.stringify(value)))
      .join(" | "),
  anyOf: ({ anyOf }, place) =>
    place
      .list("anyOf", anyOf)
      .map((one, i) => `(${place.at(`anyOf/${i}`).schema(one)})`)
      .join(" | "),
  type(schema, place) {
    const { type } = schema;
    if (typeof type !== "string" || !Object.hasOwn(TYPED, type))
      throw generateErrors.SCHEMA_INVALID(`${place.path}/type`, `one of ${TYPES}`, shown(type));
    return TYPED[type]!(schema, place);
  },
};

/**
 * Of JSON Schema: type, enum, const, anyOf, $ref to $defs, properties, required, items, and least and most of lengths, items and
 * numbers. Texts are on one line, their properties in the schema's order and no others, their numbers without exponents.
 * @returns rules of which "root" is the whole text
 * @throws SCHEMA_INVALID, SCHEMA_UNSUPPORTED
 */
export function jsonGrammar(schema: unknown): string {
  if (!isObject(schema)) throw generateErrors.SCHEMA_INVALID("#", "an object", shown(schema));
  const root = new Root(schema);
  const isOwn = (key: string) => key !== "$schema" && !(DEFINITIONS as readonly string[]).includes(key);
  const own = Object.fromEntries(Object.entries(schema).filter(([key]) => isOwn(key)));
  const whole = new Place(root, "#", 0).schema(own);
  for (const at of root.definitions.keys()) checkEnds(root, at, []);
  return root.write(whole);
}

class Root {
  /** By pointer: "#/$defs/item". */
  readonly definitions = new Map<string, unknown>();
  private readonly rules: string[] = [];
  private keywords = 0;

  constructor(schema: JsonSchema) {
    for (const group of DEFINITIONS) {
      const own = schema[group] ?? {};
      if (!isObject(own)) throw generateErrors.SCHEMA_INVALID(`#/${group}`, "an object", shown(own));
      for (const [name, one] of Object.entries(own)) this.definitions.set(`#/${group}/${name}`, one);
    }
  }

  /** @returns the name of a rule for it */
  rule(right: string): string {
    this.rules.push(`part${this.rules.length} ::= ${right}`);
    return `part${this.rules.length - 1}`;
  }

  target(place: Place, pointer: unknown): string {
    const names = [...this.definitions.keys()];
    // Escapes of pointers are not worth their code.
    if (typeof pointer !== "string" || !this.definitions.has(pointer) || /[~%]/.test(pointer)) {
      const known = names.join(", ") || "none is defined";
      throw generateErrors.SCHEMA_INVALID(
        `${place.path}/$ref`,
        `a definition of this schema (${known})`,
        shown(pointer),
      );
    }
    return `defined${names.indexOf(pointer)}`;
  }

  write(whole: string): string {
    const defined = [...this.definitions].map(
      ([at, one], i) => `defined${i} ::= ${new Place(this, at, 1).schema(one)}`,
    );
    return [`root ::= ${whole}`, ...defined, ...this.rules, ...TEXT_RULES].join("\n");
  }

  count(place: Place, more: number): void {
    if ((this.keywords += more) > KEYWORDS_MAX)
      throw generateErrors.SCHEMA_INVALID(place.path, `at most ${KEYWORDS_MAX} keywords and properties`, "more");
  }
}

/** A schema within the schema. */
class Place {
  readonly root: Root;
  readonly path: string;
  private readonly depth: number;

  constructor(root: Root, path: string, depth: number) {
    [this.root, this.path, this.depth] = [root, path, depth];
  }

  at(part: string): Place {
    return new Place(this.root, `${this.path}/${part}`, this.depth + 1);
  }

  schema(schema: unknown): string {
    if (!isObject(schema)) throw generateErrors.SCHEMA_INVALID(this.path, "a schema (an object)", shown(schema));
    if (this.depth > DEPTH_MAX) throw generateErrors.SCHEMA_INVALID(this.path, `at most ${DEPTH_MAX} levels`, "more");
    this.root.count(this, Object.keys(schema).length);
    const [form, write] = Object.entries(FORMS).find(([key]) => Object.hasOwn(schema, key)) ?? [];
    if (!form) throw generateErrors.SCHEMA_INVALID(this.path, `one of ${Object.keys(FORMS).join(", ")}`, "none");
    const beside = form === "type" ? (KEYWORDS_OF[String(schema["type"])] ?? []) : [];
    this.onlyKeys(schema, [form, ...beside]);
    return write!(schema, this);
  }

  list(key: string, value: unknown): readonly unknown[] {
    if (!Array.isArray(value) || value.length === 0)
      throw generateErrors.SCHEMA_INVALID(`${this.path}/${key}`, "a list with something in it", shown(value));
    this.root.count(this, value.length);
    return value;
  }

  range(
    schema: JsonSchema,
    low: string,
    high: string,
    isOne: (value: unknown) => boolean,
    expected: string,
  ): { least: number | undefined; most: number | undefined } {
    for (const key of [low, high])
      if (schema[key] !== undefined && !isOne(schema[key]))
        throw generateErrors.SCHEMA_INVALID(`${this.path}/${key}`, expected, shown(schema[key]));
    const [least, most] = [schema[low], schema[high]] as (number | undefined)[];
    if (least !== undefined && most !== undefined && least > most)
      throw generateErrors.SCHEMA_INVALID(`${this.path}/${low}`, `at most ${most}`, String(least));
    return { least, most };
  }

  private onlyKeys(schema: JsonSchema, known: readonly string[]): void {
    const all = [...known, ...ANNOTATIONS];
    const strange = Object.keys(schema).find((key) => !all.includes(key));
    if (strange !== undefined) throw generateErrors.SCHEMA_UNSUPPORTED(`${this.path}/${strange}`, known.join(", "));
  }
}

function bounds(schema: JsonSchema, place: Place): [number, number] {
  const isBound = (value: unknown) => Number.isInteger(value) && Math.abs(value as number) <= NUMBER_MAX;
  const { least = -NUMBER_MAX, most = NUMBER_MAX } = place.range(schema, "minimum", "maximum", isBound, BOUND);
  return [least, most];
}

function writeObject(schema: JsonSchema, place: Place): string {
  const { properties, required = [], additionalProperties = false } = schema;
  if (!isObject(properties))
    throw generateErrors.SCHEMA_INVALID(`${place.path}/properties`, "an object of schemas", shown(properties));
  const isKnown = (name: unknown) => typeof name === "string" && Object.hasOwn(properties, name);
  if (!Array.isArray(required) || !required.every(isKnown))
    throw generateErrors.SCHEMA_INVALID(`${place.path}/required`, "names of the properties", shown(required));
  // Where others are allowed, none are written.
  if (typeof additionalProperties !== "boolean")
    throw generateErrors.SCHEMA_UNSUPPORTED(`${place.path}/additionalProperties`, "true or false");
  const { root } = place;
  const entries = Object.entries(properties).map(([name, one]) => ({
    entry: root.rule(`${literal(`${JSON.stringify(name)}: `)} (${place.at(`properties/${name}`).schema(one)})`),
    isOptional: !required.includes(name),
  }));
  root.count(place, entries.length);
  // What may begin the object, the last property first: a property and what can follow it, or one after it.
  let [rest, starts, canBeEmpty] = ['""', [] as string[], true];
  for (const { entry, isOptional } of entries.toReversed()) {
    starts = [`${entry} ${rest}`, ...(isOptional ? starts : [])];
    canBeEmpty &&= isOptional;
    rest = root.rule(isOptional ? `(", " ${entry})? ${rest}` : `", " ${entry} ${rest}`);
  }
  return `"{" (${[...starts, ...(canBeEmpty ? ['""'] : [])].join(" | ")}) "}"`;
}

/** A definition that is itself, or one of several of which one is itself, would be read for ever. */
function checkEnds(root: Root, pointer: string, through: readonly string[]): void {
  if (through.includes(pointer))
    throw generateErrors.SCHEMA_INVALID(pointer, "a value of its own", `only itself (${through.join(" → ")})`);
  const follow = (schema: unknown): void => {
    const { $ref, anyOf } = schema as JsonSchema;
    if (typeof $ref === "string") checkEnds(root, $ref, [...through, pointer]);
    else if (Array.isArray(anyOf)) anyOf.forEach(follow);
  };
  follow(root.definitions.get(pointer));
}

const isObject = (value: unknown): value is JsonSchema =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const isCount = (value: unknown): boolean =>
  Number.isInteger(value) && (value as number) >= 0 && (value as number) <= COUNT_MAX;

const SHOWN_CHARS = 60;
const shown = (value: unknown): string => (JSON.stringify(value) ?? "nothing").slice(0, SHOWN_CHARS);
