import {
  paths,
  type BaseReply,
  type CardImportReply,
  type DatasetReply,
  type LinesReply,
  type LinesUploadReply,
  type ModuleKind,
  type ModuleReply,
  type ReportReply,
  type Language,
  type Role,
  type SessionReply,
  type SuggestionsReply,
  type UploadReply,
  type VoiceTag,
} from "../../service/protocol/index.ts";
import { replyError, toServiceError } from "./failure.ts";
import { uploadInBatches, type UploadFile, type UploadOptions } from "./upload.ts";

export interface ClientOptions {
  /** Where the service listens, e.g. `http://127.0.0.1:2567`. */
  readonly url: string;
  /** A token from elsewhere; without one, call `signIn`. */
  readonly token?: string;
  readonly fetch?: typeof fetch;
}

export interface SignIn {
  readonly role?: Role;
  readonly name?: string;
  /** Needed for a player: its token is good for this scene alone. */
  readonly sceneId?: string;
}

/** A token is renewed when this share of its life is left. */
const renewAtShare = 1 / 3;
const id = encodeURIComponent;

const jsonBody = (body: unknown): RequestInit =>
  body === undefined ? {} : { body: JSON.stringify(body), headers: { "content-type": "application/json" } };

/** A script that is done should end, whatever token it still holds; a browser's timers are numbers. */
function inBackground(ms: number, run: () => Promise<void>): ReturnType<typeof setTimeout> {
  const timer = setTimeout(() => void run(), Math.min(Math.max(ms, 1000), 2 ** 31 - 1));
  if (typeof timer === "object") timer.unref();
  return timer;
}

/**
 * The service over HTTP. Every failure is a ServiceError: `failureText(error, language)` is what to show for it.
 * After `signIn` the token renews itself until `close`.
 */
export class ServiceClient {
  readonly url: string;
  readonly #fetch: typeof fetch;
  #token: string | undefined;
  #renewal: ReturnType<typeof setTimeout> | undefined;

  constructor(options: ClientOptions) {
    this.url = options.url.replace(/\/+$/, "");
    this.#token = options.token;
    this.#fetch = options.fetch ?? ((input, init) => fetch(input, init));
  }

  /** The present token; rooms are joined with it. */
  get token(): string | undefined {
    return this.#token;
  }

  /** Asks for a token and keeps it. On the machine's own loopback in development this needs nothing. */
  async signIn(wish: SignIn = {}): Promise<SessionReply> {
    const askedAt = Date.now();
    const session = await this.#json<SessionReply>("POST", paths.session, wish);
    this.#token = session.token;
    clearTimeout(this.#renewal);
    const inMs = (session.expiresAt - askedAt) * (1 - renewAtShare);
    this.#renewal = inBackground(inMs, () => this.#renew(wish));
    return session;
  }

  async #renew(wish: SignIn): Promise<void> {
    try {
      await this.signIn(wish);
    } catch {
      // The service is away or the token too old: the next call says so to whoever makes it. Until then, try again.
      this.#renewal = inBackground(10_000, () => this.#renew(wish));
    }
  }

  /** Ends the renewal of the token. */
  close(): void {
    clearTimeout(this.#renewal);
  }

  base(): Promise<BaseReply> {
    return this.#json("GET", paths.base);
  }

  datasets(): Promise<DatasetReply[]> {
    return this.#json("GET", paths.datasets);
  }
  createDataset(name: string, nodeId = "", kind: ModuleKind = "picture"): Promise<DatasetReply> {
    return this.#json("POST", paths.datasets, { name, nodeId, kind });
  }
  dataset(datasetId: string): Promise<DatasetReply> {
    return this.#json("GET", `${paths.datasets}/${id(datasetId)}`);
  }
  removeDataset(datasetId: string): Promise<void> {
    return this.#do("DELETE", `${paths.datasets}/${id(datasetId)}`);
  }

  /**
   * Sends pictures, a few at a time, with progress. What is not a picture is in `refused`, with the reason; the rest is
   * in. Only a service that does not answer, or a wrong token, rejects; what was sent before that is in.
   */
  uploadImages(datasetId: string, files: readonly UploadFile[], options: UploadOptions = {}): Promise<UploadReply> {
    const path = `${paths.datasets}/${id(datasetId)}/images`;
    return uploadInBatches(files, options, async (form, signal) =>
      this.#read<UploadReply>(await this.#reply("POST", path, { body: form, ...(signal && { signal }) })),
    );
  }
  /** Image id → caption; others keep theirs. @returns the data set as it is now */
  async setCaptions(datasetId: string, captions: Readonly<Record<string, string>>): Promise<DatasetReply> {
    await this.#do("PUT", `${paths.datasets}/${id(datasetId)}/captions`, { captions });
    return this.dataset(datasetId);
  }
  removeImage(datasetId: string, imageId: string): Promise<void> {
    return this.#do("DELETE", `${paths.datasets}/${id(datasetId)}/images/${id(imageId)}`);
  }
  /** What is good and bad about the pictures, and the settings they suggest. */
  report(datasetId: string, language: Language): Promise<ReportReply> {
    return this.#json("GET", `${paths.datasets}/${id(datasetId)}/report?lang=${language}`);
  }
  /** Captions that a model suggests; at most `limits.imagesPerSuggestionMax` pictures at a time. Saves nothing. */
  suggestCaptions(datasetId: string, images: readonly string[], language: Language): Promise<SuggestionsReply> {
    return this.#json("POST", `${paths.datasets}/${id(datasetId)}/suggestions`, { images, language });
  }

  /** Dialogues of a voice's data set, from `offset` on. */
  lines(datasetId: string, offset = 0, limit = 100): Promise<LinesReply> {
    return this.#json("GET", `${paths.datasets}/${id(datasetId)}/lines?offset=${offset}&limit=${limit}`);
  }
  /**
   * Sends dialogue as text, JSON lines or as people write it, and adds it to the data set or puts it in the place of all
   * that is there. What cannot be used is in `skipped`, by line and reason.
   */
  async sendLines(
    datasetId: string,
    text: string,
    how: "add" | "replace",
    language: Language,
  ): Promise<LinesUploadReply> {
    const path = `${paths.datasets}/${id(datasetId)}/lines?lang=${language}`;
    const headers = { "content-type": "text/plain; charset=utf-8" };
    return this.#read(await this.#reply(how === "add" ? "POST" : "PUT", path, { body: text, headers }));
  }

  /** The voice that a character card (version 2 or 3) describes: its JSON, or the PNG that has it inside. */
  async importCard(card: string | Blob): Promise<CardImportReply> {
    const headers = { "content-type": typeof card === "string" ? "application/json" : "image/png" };
    return this.#read(await this.#reply("POST", `${paths.cards}/import`, { body: card, headers }));
  }
  /** A voice as a character card: JSON, or a PNG of the portrait (hash of an asset) with the card inside. */
  async exportCard(voice: VoiceTag, portrait?: string): Promise<Blob> {
    const body = jsonBody({ voice, ...(portrait === undefined ? {} : { portrait }) });
    const reply = await this.#reply("POST", `${paths.cards}/export`, body);
    return reply.blob();
  }

  modules(): Promise<ModuleReply[]> {
    return this.#json("GET", paths.modules);
  }
  module(moduleId: string): Promise<ModuleReply> {
    return this.#json("GET", `${paths.modules}/${id(moduleId)}`);
  }
  /** The module's file (safetensors). Reading it needs the token, so a plain link does not do. */
  async moduleFile(moduleId: string, version: number): Promise<Blob> {
    const reply = await this.#reply("GET", `${paths.modules}/${id(moduleId)}/${version}/file`, {});
    return reply.blob();
  }

  /** Address of a picture; needs no token and never changes, so it can stand in an `<img>`. "" for no hash. */
  assetUrl(sha256: string): string {
    return sha256 === "" ? "" : `${this.url}${paths.assets}/${sha256}`;
  }
  async asset(sha256: string, signal?: AbortSignal): Promise<Blob> {
    const reply = await this.#reply("GET", `${paths.assets}/${id(sha256)}`, signal ? { signal } : {});
    return reply.blob();
  }

  async #json<T>(method: string, path: string, body?: unknown): Promise<T> {
    return this.#read(await this.#reply(method, path, jsonBody(body)));
  }

  /** A request whose reply says no more than that it is done. */
  async #do(method: string, path: string, body?: unknown): Promise<void> {
    const reply = await this.#reply(method, path, jsonBody(body));
    await reply.body?.cancel();
  }

  async #read<T>(reply: Response): Promise<T> {
    try {
      return (await reply.json()) as T;
    } catch (error) {
      throw toServiceError(error, this.url);
    }
  }

  /** A reply of status 2xx; anything else is thrown as what it says. */
  async #reply(method: string, path: string, init: RequestInit): Promise<Response> {
    const headers = new Headers(init.headers);
    if (this.#token !== undefined) headers.set("authorization", `Bearer ${this.#token}`);
    let reply: Response;
    try {
      reply = await this.#fetch(this.url + path, { ...init, method, headers });
    } catch (error) {
      if (init.signal?.aborted) throw error;
      throw toServiceError(error, this.url);
    }
    if (reply.ok) return reply;
    throw replyError(reply.status, await reply.text().catch(() => ""), this.url);
  }
}
