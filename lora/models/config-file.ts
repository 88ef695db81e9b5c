import { readFileSync } from "node:fs";
import { modelErrors } from "./errors.ts";

/** A config file with typed access: every miss names file, key, expectation and value. */
export class ConfigFile {
  readonly object: Readonly<Record<string, unknown>>;
  private readonly file: string;
  constructor(file: string, object: Record<string, unknown>) {
    this.file = file;
    this.object = object;
  }
  get<T>(key: string, expected: string, check: (value: unknown) => value is T, fallback?: T): T {
    const value = this.object[key] ?? fallback;
    if (!check(value))
      throw modelErrors.BASE_CONFIG_INVALID(this.file, key, expected, JSON.stringify(value) ?? "nothing");
    return value;
  }
  count(key: string, fallback?: number): number {
    return this.get(key, "a positive whole number", isCount, fallback);
  }
  counts(key: string, length?: number): readonly number[] {
    const value = this.object[key];
    if (isCount(value) && length !== undefined) return Array.from({ length }, () => value);
    return this.get(
      key,
      "a list of positive whole numbers",
      (v): v is number[] => Array.isArray(v) && v.every(isCount),
    );
  }
  share(key: string): number {
    return this.get(key, "a number from 0 to 1", (v): v is number => typeof v === "number" && v >= 0 && v <= 1);
  }
  positive(key: string, fallback?: number): number {
    return this.get(key, "a positive number", (v): v is number => typeof v === "number" && v > 0, fallback);
  }
  flag(key: string, fallback: boolean): boolean {
    return this.get(key, "true or false", (v) => typeof v === "boolean", fallback);
  }
  /** The object under `key`, errors of which name it; undefined where there is none. */
  part(key: string): ConfigFile | undefined {
    const value = this.object[key] ?? undefined;
    if (value === undefined) return undefined;
    const isObject = (v: unknown): v is Record<string, unknown> =>
      typeof v === "object" && v !== null && !Array.isArray(v);
    return new ConfigFile(`${this.file}: ${key}`, this.get(key, "an object", isObject));
  }
  strings(key: string): readonly string[] {
    return this.get(
      key,
      "a list of names",
      (v): v is string[] => Array.isArray(v) && v.every((s) => typeof s === "string"),
    );
  }
}
const isCount = (value: unknown): value is number => Number.isInteger(value) && (value as number) > 0;

/** @throws BASE_CONFIG_INVALID where it is not a JSON object */
export function readConfig(file: string): ConfigFile {
  let parsed: unknown;
  try {
    parsed = JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    throw modelErrors.BASE_CONFIG_INVALID(file, "(file)", "JSON", (error as Error).message);
  }
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed))
    throw modelErrors.BASE_CONFIG_INVALID(file, "(file)", "a JSON object", typeof parsed);
  return new ConfigFile(file, parsed as Record<string, unknown>);
}
