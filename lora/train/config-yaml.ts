import { isMap, isScalar, LineCounter, type Node, parseDocument, type YAMLMap } from "yaml";
import { AnimulaError } from "../format/index.ts";
import { type ConfigKey, type ConfigKeyName, configKeys, configSpellings, type ConfigValues } from "./config-keys.ts";
import { trainErrors } from "./errors.ts";
import { nearestName } from "./nearest-name.ts";

/** No configuration written by a person is longer; the limit bounds the work on a wrong file. */
const CONFIG_CHARACTERS_MAX = 1_000_000;
/** A value is cut to this many characters in a message. */
const SHOWN_CHARACTERS_MAX = 60;

/** Values that aliases may stand for, against files that unfold to gigabytes. */
const ALIAS_EXPANSION_MAX = 10;

/** Where and how each given key was written. */
export interface ConfigLines {
  /** `file:line` of the key, or `file` if it is absent. */
  readonly where: (key: ConfigKeyName) => string;
  /** The spelling in the file, which errors repeat so that it can be found. */
  readonly spelling: (key: ConfigKeyName) => string;
}

interface Place {
  readonly line: number;
  readonly spelling: string;
}

/**
 * YAML text → values by canonical key, each checked by its schema.
 * Errors: CONFIG_TOO_LARGE, CONFIG_YAML, CONFIG_NOT_KEYS, CONFIG_KEY_UNKNOWN, CONFIG_KEY_TWICE, CONFIG_VALUE.
 */
export function readConfigValues(yamlText: string, file: string): { values: ConfigValues; lines: ConfigLines } {
  const { map, lineOf, toValue } = parseYamlMap(yamlText, file);
  const places = new Map<ConfigKeyName, Place>();
  const values: Record<string, unknown> = {};
  const faults: AnimulaError[] = [];
  for (const { key: keyNode, value: valueNode } of map.items) {
    const spelling = isScalar(keyNode) ? String(keyNode.value) : String(keyNode);
    const line = lineOf(keyNode as Node);
    const where = `${file}:${line}`;
    const name = configSpellings.get(spelling);
    if (name === undefined) {
      faults.push(trainErrors.CONFIG_KEY_UNKNOWN(where, spelling.slice(0, SHOWN_CHARACTERS_MAX), keyAdvice(spelling)));
      continue;
    }
    const earlier = places.get(name);
    if (earlier !== undefined) {
      faults.push(trainErrors.CONFIG_KEY_TWICE(where, spelling, earlier.spelling, earlier.line));
      continue;
    }
    places.set(name, { line, spelling });
    const value = toValue(valueNode as Node | null, where);
    const definition: ConfigKey = configKeys[name];
    const checked = definition.schema.safeParse(value);
    if (checked.success) values[name] = checked.data;
    else faults.push(valueFault(where, spelling, definition, value));
  }
  throwAll(faults);
  const lines: ConfigLines = {
    where: (key) => (places.has(key) ? `${file}:${places.get(key)!.line}` : file),
    spelling: (key) => places.get(key)?.spelling ?? key,
  };
  return { values: values as ConfigValues, lines };
}

interface YamlMap {
  readonly map: YAMLMap;
  readonly lineOf: (node: Node) => number;
  readonly toValue: (node: Node | null, where: string) => unknown;
}

function parseYamlMap(yamlText: string, file: string): YamlMap {
  if (yamlText.length > CONFIG_CHARACTERS_MAX) {
    throw trainErrors.CONFIG_TOO_LARGE(file, CONFIG_CHARACTERS_MAX, yamlText.length);
  }
  const lineCounter = new LineCounter();
  const yaml = parseDocument(yamlText, { lineCounter, prettyErrors: false });
  // A tag this parser does not know ("!!python/…") is only a warning to it, but the value would not be what was meant.
  const [fault] = [...yaml.errors, ...yaml.warnings];
  if (fault !== undefined) {
    const { line } = lineCounter.linePos(fault.pos[0]);
    throw trainErrors.CONFIG_YAML(`${file}:${Math.max(1, line)}`, fault.message);
  }
  const toValue = (node: Node | null, where: string): unknown => {
    try {
      return node === null ? null : (node.toJS(yaml, { maxAliasCount: ALIAS_EXPANSION_MAX }) as unknown);
    } catch (cause) {
      throw trainErrors.CONFIG_YAML(where, cause instanceof Error ? cause.message : String(cause));
    }
  };
  if (!isMap(yaml.contents) || yaml.contents.items.length === 0) {
    throw trainErrors.CONFIG_NOT_KEYS(file, describeValue(toValue(yaml.contents, file)));
  }
  const { contents } = yaml;
  return { map: contents, lineOf: (node) => lineCounter.linePos(node.range?.[0] ?? 0).line, toValue };
}

function keyAdvice(spelling: string): string {
  const near = nearestName(spelling, configSpellings.keys());
  if (near !== undefined) return `did you mean "${near}"?`;
  return "remove the line, or see all keys with: animula train --help-config";
}

function valueFault(where: string, spelling: string, key: ConfigKey, value: unknown): AnimulaError {
  return trainErrors.CONFIG_VALUE(where, spelling, key.expected, describeValue(value), remedy(spelling, key, value));
}

/** The repair of the usual slips, tried against the schema; otherwise an example. */
function remedy(spelling: string, { schema, example }: ConfigKey, value: unknown): string {
  const accepts = (other: unknown): boolean => schema.safeParse(other).success;
  if (value === null) return "write a value after the colon or delete the line";
  if (typeof value === "string") {
    const plain = value.trim();
    if (plain !== "" && accepts(Number(plain))) return `write it without quotes: ${spelling}: ${plain}`;
    const truth = /^(yes|on|true|y)$/i.test(plain) ? true : /^(no|off|false|n)$/i.test(plain) ? false : undefined;
    if (truth !== undefined && accepts(truth)) return `write "${spelling}: ${truth}"`;
  }
  if ((typeof value === "number" || typeof value === "boolean") && accepts(String(value))) {
    return `put it in quotes: ${spelling}: "${value}"`;
  }
  return `write for example "${spelling}: ${example}"`;
}

function describeValue(value: unknown): string {
  if (value === null || value === undefined) return "nothing";
  const shown = typeof value === "number" ? String(value) : (JSON.stringify(value) ?? typeof value);
  const cut = shown.length > SHOWN_CHARACTERS_MAX ? `${shown.slice(0, SHOWN_CHARACTERS_MAX)}…` : shown;
  if (Array.isArray(value)) return `the list ${cut}`;
  if (typeof value === "object") return `the keys ${cut}`;
  return typeof value === "string" ? `the text ${cut}` : cut;
}

function throwAll(faults: readonly AnimulaError[]): void {
  const [first] = faults;
  if (first === undefined) return;
  if (faults.length === 1) throw first;
  throw new AnimulaError(first.code, faults.map(({ message }) => message).join("\n"));
}
