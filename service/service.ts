/** Brings the parts of the service together on one port, and takes them apart again. */
import { createServer, type Server as HttpServer } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { defineServer, matchMaker, type Server } from "@colyseus/core";
import { WebSocketTransport } from "@colyseus/ws-transport";
import { sql } from "drizzle-orm";
import type { Logger } from "pino";
import { Access } from "./access/index.ts";
import { spelled, type Config } from "./config.ts";
import { Gate, mountHttp, openStudioPage, type StudioPage } from "./http/index.ts";
import {
  type Base,
  Jobs,
  readBase,
  readNamedVoiceBase,
  readVoiceBase,
  Suggestions,
  type VoiceBase,
  Voices,
} from "./jobs/index.ts";
import { Library } from "./library/index.ts";
import { colyseusLogger, openLog } from "./log.ts";
import { limits, ServiceError, type BaseReply } from "./protocol/index.ts";
import { defineRooms } from "./rooms/index.ts";
import { openStore, type Store } from "./store/index.ts";

const STUDIO = fileURLToPath(new URL("../plugin/hosts/studio", import.meta.url));
const SCENES = fileURLToPath(new URL("../scenes", import.meta.url));
/** Uploads and downloads that run when the service is told to end have this long to finish. */
const CLOSING_MS_MAX = 2_000;

export interface Service {
  readonly port: number;
  /** Where a person at this machine opens the studio. */
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Brings everything up on one port.
 * Errors: DATA_FOLDER_IN_USE, DATABASE_UNREACHABLE, SETTING_INVALID for an address or a named language model that cannot be
 * used; the engine's for the base.
 */
export async function startService(config: Config, log: Logger = openLog(config.log)): Promise<Service> {
  const store = await openStore(config);
  /** What is open so far, newest first: that is the order of closing. */
  const closing: (() => Promise<void>)[] = [() => store.close()];
  const close = async (): Promise<void> => {
    for (const step of closing.splice(0)) await step().catch((error: unknown) => log.error({ err: error }, "closing"));
  };
  try {
    const base = await readBase(config.baseModel, config.dataDir);
    const voiceBase = await openVoiceBase(config);
    if (!voiceBase) log.warn({ folder: config.voiceBase }, "no language model there: nothing can speak");
    const library = new Library(store, base);
    const suggestions = await openSuggestions(config, store, library);
    const { voiceBase: folder, voiceWeights: weights } = config;
    const voices = new Voices({ store, library, base: voiceBase, folder, weights });
    closing.unshift(() => voices.close());
    const jobs = await Jobs.open({ store, library, base, voices, log });
    closing.unshift(() => jobs.close());
    const studio = openStudioPage(STUDIO);
    const http = createServer();
    const gate = new Gate(config);
    const server = serve({ config, log, http, gate, store, library, suggestions, jobs, voices, base, studio });
    await listen(server, http, config);
    closing.unshift(() => stopListening(server, http));
    gate.guard(http);
    // The first page should not wait for its build.
    studio.files().catch((error: unknown) => log.error({ err: error }, "the studio page cannot be built"));
    const { port } = http.address() as AddressInfo;
    const url = `http://${/^(0\.0\.0\.0|::)$/.test(config.host) ? "127.0.0.1" : config.host}:${port}`;
    const bases = { base: base.name, voiceBase: voiceBase?.name ?? `none at ${folder}`, voiceWeights: weights };
    log.info({ url, dataDir: config.dataDir, ...bases, development: config.development }, "ready");
    return { port, url, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Who named a language model wants it: without it nothing starts. Errors: SETTING_INVALID; for the embedded one the engine's. */
async function openVoiceBase({ voiceBase, isVoiceBaseNamed, dataDir }: Config): Promise<VoiceBase | undefined> {
  if (!isVoiceBaseNamed) return readVoiceBase(voiceBase, dataDir);
  return asSetting("voice-base", () => readNamedVoiceBase(voiceBase, dataDir));
}

function openSuggestions({ clip }: Config, store: Store, library: Library): Promise<Suggestions> {
  const options = { library, clip, temporary: store.temporaryDir };
  return asSetting("clip", () => Suggestions.open(options));
}

/** What the engine says of a model that was named is said of the setting. */
async function asSetting<T>(name: Parameters<typeof spelled>[0], open: () => Promise<T>): Promise<T> {
  try {
    return await open();
  } catch (error) {
    const isKnown = error instanceof Error && "code" in error;
    if (!isKnown) throw error;
    throw new ServiceError("SETTING_INVALID", { setting: spelled(name), problem: error.message });
  }
}

interface Parts {
  readonly config: Config;
  readonly log: Logger;
  readonly http: HttpServer;
  readonly gate: Gate;
  readonly store: Store;
  readonly library: Library;
  readonly suggestions: Suggestions;
  readonly jobs: Jobs;
  readonly voices: Voices;
  readonly base: Base;
  readonly studio: StudioPage;
}

function serve({ config, log, http, gate, store, library, suggestions, jobs, voices, base, studio }: Parts): Server {
  const access = Access.open(config);
  // Colyseus answers every origin by default, also before our own routes.
  const { DEFAULT_CORS_HEADERS: headers } = matchMaker.controller as { DEFAULT_CORS_HEADERS: Record<string, string> };
  delete headers["Access-Control-Allow-Origin"];
  delete headers["Access-Control-Allow-Credentials"];
  matchMaker.controller.getCorsHeaders = (request) => gate.corsHeaders(request.get("origin"));
  const startedAt = Date.now();
  return defineServer({
    transport: new WebSocketTransport({ server: http, maxPayload: limits.frameBytesMax }),
    logger: colyseusLogger(log),
    greet: false,
    gracefullyShutdown: false,
    rooms: defineRooms({ library, jobs, voices, access, log, scenes: SCENES }),
    express: (app) =>
      mountHttp(app, {
        access,
        library,
        suggestions,
        log,
        base: baseReply(base, voices.base),
        studio,
        scenesDir: SCENES,
        health: async () => {
          await store.db.execute(sql`SELECT 1`);
          return { uptimeSeconds: Math.round((Date.now() - startedAt) / 1000) };
        },
      }),
  });
}

function baseReply({ name, hash, side }: Base, voice: VoiceBase | undefined): BaseReply {
  return {
    name,
    hash,
    side,
    ...(voice ? { voice: { name: voice.name, hash: voice.hash } } : {}),
  };
}

async function listen(server: Server, http: HttpServer, { port, host }: Config): Promise<void> {
  const failed = new Promise<never>((_, reject) => http.once("error", reject));
  try {
    await Promise.race([server.listen(port, host), failed]);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const problem =
      code === "EADDRINUSE"
        ? `another program uses it already; stop that one, or choose another port with --port`
        : `cannot be used (${code ?? String(error)}); choose another with --port and --host`;
    throw new ServiceError("SETTING_INVALID", { setting: `${host}:${port}`, problem });
  }
}

/** No new requests; running ones may finish for a moment, rooms say goodbye to their clients. */
async function stopListening(server: Server, http: HttpServer): Promise<void> {
  const closed = new Promise<void>((resolve) => http.once("close", resolve));
  await server.gracefullyShutdown(false);
  http.closeIdleConnections();
  const timer = setTimeout(() => http.closeAllConnections(), CLOSING_MS_MAX);
  await closed;
  clearTimeout(timer);
}
