/** The service's settings: flags first, then the environment, then defaults that suit one person at one machine. */
import { randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { z } from "zod";
import type { WeightKind } from "../lora/index.ts";
import { ServiceError } from "./protocol/index.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
/** 32 bytes in hex or 24 in base64: no one guesses it. */
const SECRET_CHARS_MIN = 32;
/** What people leave in place of a secret; it adds nothing to one. */
const WELL_KNOWN = /change.?me|secret|password|default|example|animula|qwerty|abcdef|0?1234567?8?9?0?/gi;
const DISTINCT_CHARS_MIN = 8;

/** As the engine has them, which is not loaded before the settings are known to be good. */
const WEIGHTS = ["float", "int8", "int4"] as const satisfies readonly WeightKind[];

export interface Config {
  readonly port: number;
  readonly host: string;
  /** Folder that holds everything the service keeps. */
  readonly dataDir: string;
  readonly databaseUrl?: string | undefined;
  /** Signs tokens. */
  readonly secret: string;
  /** Whether a person at this very machine is an editor without a token. */
  readonly development: boolean;
  /** Folder or file of the base model. */
  readonly baseModel: string;
  /** Folder of the language model. */
  readonly voiceBase: string;
  /** Somebody named it: the service does not start without it. Where the embedded one is absent, nothing speaks. */
  readonly isVoiceBaseNamed: boolean;
  /** What it speaks with: weights as the base has them, or rounded for less memory and faster replies. */
  readonly voiceWeights: WeightKind;
  /** Folder of the CLIP model that suggests captions. */
  readonly clip: string;
  /** Pages of these origins may use the service; its own always may. */
  readonly origins: readonly string[];
  /** File that the service writes what it does to; "-" for standard output. */
  readonly log: string;
  /** How many reverse proxies stand before it; they say where a request came from. */
  readonly proxies: number;
}

const settings = z.object({
  port: z.coerce.number("expected a number").int().min(0).max(65_535, "expected 0 to 65535").default(2567),
  host: z.string().min(1).default("127.0.0.1"),
  data: z.string().min(1).default(".animula"),
  database: z.string().min(1).optional(),
  secret: z.string().optional(),
  base: z.string().min(1).default(join(ROOT, "assets/base/mini-sd")),
  "voice-base": z.string().min(1).default(join(ROOT, "assets/base/mini-llama")),
  "voice-weights": z.enum(WEIGHTS, `expected ${WEIGHTS.slice(0, -1).join(", ")} or ${WEIGHTS.at(-1)}`).default("float"),
  clip: z.string().min(1).default(join(ROOT, "assets/base/mini-clip")),
  origins: z.string().default(""),
  log: z.string().min(1).optional(),
  proxies: z.coerce.number("expected a number").int().min(0).max(10).default(0),
});

type Setting = keyof typeof settings.shape;

/** Setting → flag is `--<setting>`; here its variable. */
const variables: Record<Setting, string> = {
  port: "ANIMULA_PORT",
  host: "ANIMULA_HOST",
  data: "ANIMULA_DATA",
  database: "DATABASE_URL",
  secret: "ANIMULA_SECRET",
  base: "ANIMULA_BASE",
  "voice-base": "ANIMULA_VOICE_BASE",
  "voice-weights": "ANIMULA_VOICE_WEIGHTS",
  clip: "ANIMULA_CLIP",
  origins: "ANIMULA_ORIGINS",
  log: "ANIMULA_LOG",
  proxies: "ANIMULA_PROXIES",
};

/**
 * Reads the settings. In development a secret is made at the first start and kept in the data folder.
 * Errors: SETTING_INVALID; outside development also for a secret that is absent, short or a well-known word.
 */
export function loadConfig(args: readonly string[], env: NodeJS.ProcessEnv): Config {
  const flags = readFlags(args);
  const given: Record<string, string> = {};
  for (const [name, variable] of Object.entries(variables)) {
    const value = flags[name] ?? env[variable];
    if (value !== undefined && value !== "") given[name] = value;
  }
  const read = settings.safeParse(given);
  if (!read.success) {
    const [issue] = read.error.issues;
    const name = String(issue?.path[0]) as Setting;
    throw invalid(spelled(name), `${issue?.message ?? "not valid"}, got "${given[name] ?? ""}"`);
  }
  const { port, host, data, database, secret, base, origins, log, proxies } = read.data;
  const dataDir = resolve(data);
  const development = env["NODE_ENV"] !== "production" && isLoopback(host) && proxies === 0;
  return {
    port,
    host,
    dataDir,
    databaseUrl: database,
    development,
    secret: checkSecret(secret) ?? (development ? keptSecret(dataDir) : refuseNoSecret()),
    baseModel: resolve(base),
    voiceBase: resolve(read.data["voice-base"]),
    isVoiceBaseNamed: given["voice-base"] !== undefined,
    voiceWeights: read.data["voice-weights"],
    clip: resolve(read.data.clip),
    origins: origins
      .split(",")
      .map((origin) => origin.trim().replace(/\/+$/, ""))
      .filter((origin) => origin !== ""),
    log: log === undefined ? join(dataDir, "service.log") : log === "-" ? "-" : resolve(log),
    proxies,
  };
}

function readFlags(args: readonly string[]): Partial<Record<string, string>> {
  const options = Object.fromEntries(Object.keys(variables).map((name) => [name, { type: "string" as const }]));
  try {
    return parseArgs({ args: [...args], options, strict: true, allowPositionals: false }).values;
  } catch (error) {
    const known = Object.keys(variables).map((name) => `--${name}`);
    throw invalid("options", `${(error as Error).message.split(". To specify")[0]}; there are ${known.join(", ")}`);
  }
}

/** As people write it. */
export const spelled = (name: Setting): string => `--${name} (${variables[name]})`;

const invalid = (setting: string, problem: string): ServiceError =>
  new ServiceError("SETTING_INVALID", { setting, problem });

export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || host === "[::1]" || /^127(\.\d{1,3}){3}$/.test(host);
}

function checkSecret(secret: string | undefined): string | undefined {
  if (secret === undefined) return undefined;
  const unknown = secret.replaceAll(WELL_KNOWN, "");
  if (unknown.length < SECRET_CHARS_MIN || new Set(unknown).size < DISTINCT_CHARS_MIN) {
    throw invalid("ANIMULA_SECRET", `too easy to guess; ${howToMakeOne}`);
  }
  return secret;
}

const howToMakeOne = `set it to ${SECRET_CHARS_MIN} or more random characters, for example from: openssl rand -hex 32`;

function refuseNoSecret(): never {
  throw invalid("ANIMULA_SECRET", `needed where others can reach the service; ${howToMakeOne}`);
}

/** Kept so that a restart does not sign everybody out. Only its owner may read it. */
function keptSecret(dataDir: string): string {
  const path = join(dataDir, "secret");
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  try {
    writeFileSync(path, randomBytes(32).toString("hex"), { flag: "wx", mode: 0o600 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw invalid("--data", String(error));
  }
  const kept = readFileSync(path, "utf8").trim();
  if (kept.length >= SECRET_CHARS_MIN) return kept;
  throw invalid(path, "damaged; delete this file and start again (everybody signs in anew)");
}
