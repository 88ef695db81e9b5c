/** The routes on a real port, without rooms and jobs. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join, resolve } from "node:path";
import express from "express";
import { pino } from "pino";
import { Access } from "../../../service/access/index.ts";
import { Gate, mountHttp, openStudioPage, type GateOptions } from "../../../service/http/index.ts";
import { Suggestions } from "../../../service/jobs/index.ts";
import type { ErrorBody, Role } from "../../../service/protocol/index.ts";
import type { OpenLibrary } from "../library/open-library.ts";

export interface HttpService {
  readonly url: string;
  readonly access: Access;
  /** What the service logged. */
  readonly log: readonly string[];
  token(role: Role): Promise<string>;
  request(method: string, path: string, options?: RequestOptions): Promise<Response>;
  close(): Promise<void>;
}

export interface RequestOptions {
  readonly token?: string | undefined;
  readonly json?: unknown;
  readonly body?: BodyInit;
  readonly headers?: Record<string, string>;
}

export interface HttpServiceOptions extends Partial<GateOptions> {
  readonly library: OpenLibrary;
  /** Folder of a CLIP model. */
  readonly clip?: string;
  readonly studioDir?: string;
  readonly scenesDir?: string;
}

const CLIP = resolve(import.meta.dirname, "../../golden/clip/tiny");
export const secret = "5b0f3c6a1d9e4f7281736455a0b1c2d3";

export async function openHttp(options: HttpServiceOptions): Promise<HttpService> {
  const { library, development = false, origins = [], proxies = 0, requestsPerMinuteMax } = options;
  const access = Access.open({ secret, development });
  const log: string[] = [];
  const app = express();
  mountHttp(app, {
    access,
    library: library.library,
    suggestions: await Suggestions.open({
      library: library.library,
      clip: options.clip ?? CLIP,
      temporary: join(library.folder, "labelling"),
    }),
    base: { name: "mini-sd", hash: "f".repeat(64), side: 64 },
    studio: openStudioPage(options.studioDir ?? join(library.folder, "no-studio")),
    scenesDir: options.scenesDir ?? join(library.folder, "no-scenes"),
    log: pino({}, { write: (line) => void log.push(line) }),
    health: () => Promise.resolve({ jobs: 0 }),
  });
  const server = createServer(app);
  new Gate({ development, origins, proxies, ...(requestsPerMinuteMax ? { requestsPerMinuteMax } : {}) }).guard(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    access,
    log,
    token: async (role) => (await access.issue({ role, name: role, sceneId: "square" })).token,
    request(method, path, { token, json, body, headers } = {}) {
      const all = new Headers(headers);
      if (token !== undefined) all.set("authorization", `Bearer ${token}`);
      if (json !== undefined) all.set("content-type", "application/json");
      const sent = json === undefined ? body : JSON.stringify(json);
      return fetch(url + path, { method, headers: all, ...(sent === undefined ? {} : { body: sent }) });
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** The reply's status and the error's code. */
export async function failure(reply: Response): Promise<[status: number, code: string]> {
  return [reply.status, ((await reply.json()) as ErrorBody).code];
}
