/** What every request passes before anything else sees it: rate limits, origins, and the size of what rooms are asked. */
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { RateLimiterMemory, RateLimiterRes } from "rate-limiter-flexible";
import { limits, ServiceError } from "../protocol/index.ts";

export interface GateOptions {
  readonly origins: readonly string[];
  readonly development: boolean;
  /** Reverse proxies before the service. */
  readonly proxies: number;
  /** Requests a minute from one address. */
  readonly requestsPerMinuteMax?: number;
}

const LOCAL_ORIGIN = /^https?:\/\/(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?$/;
const MATCHMAKE = "/matchmake/";

export class Gate {
  readonly #options: GateOptions;
  readonly #limiter: RateLimiterMemory;

  constructor(options: GateOptions) {
    this.#options = options;
    this.#limiter = new RateLimiterMemory({
      points: options.requestsPerMinuteMax ?? limits.requestsPerMinuteMax,
      duration: 60,
    });
  }

  /** Whether a page of this origin may read what the service answers. Its own pages send no origin, or the service's. */
  allows(origin: string): boolean {
    const { origins, development } = this.#options;
    return origins.includes(origin) || (development && LOCAL_ORIGIN.test(origin));
  }

  corsHeaders(origin: string | null): Record<string, string> {
    if (origin === null || !this.allows(origin)) return {};
    // The rooms' client asks with credentials, whether there are any or not; here there are none but the token it shows.
    return { "Access-Control-Allow-Origin": origin, "Access-Control-Allow-Credentials": "true", Vary: "Origin" };
  }

  /** Puts itself before the listeners that the server has now. */
  guard(server: Server): void {
    const behind = server.listeners("request") as ((req: IncomingMessage, res: ServerResponse) => void)[];
    server.removeAllListeners("request");
    server.on("request", (req: IncomingMessage, res: ServerResponse) => {
      void this.#refusal(req).then((refusal) => {
        if (refusal) refuse(res, refusal);
        else for (const listener of behind) listener.call(server, req, res);
      });
    });
    this.#guardUpgrades(server);
  }

  /** A connection counts like a request. */
  #guardUpgrades(server: Server): void {
    const behind = server.listeners("upgrade") as ((req: IncomingMessage, socket: Duplex, head: Buffer) => void)[];
    server.removeAllListeners("upgrade");
    server.on("upgrade", (req: IncomingMessage, socket: Duplex, head: Buffer) => {
      const drop = (): void => void socket.destroy();
      socket.on("error", drop);
      void this.#refusal(req).then((refusal) => {
        if (refusal) socket.end(`HTTP/1.1 ${refusal.status} Too Many Requests\r\nconnection: close\r\n\r\n`);
        else if (!socket.destroyed) {
          socket.off("error", drop);
          for (const listener of behind) listener.call(server, req, socket, head);
        }
      });
    });
  }

  async #refusal(req: IncomingMessage): Promise<ServiceError | undefined> {
    try {
      await this.#limiter.consume(this.#addressOf(req));
    } catch (error) {
      if (!(error instanceof RateLimiterRes)) throw error;
      return new ServiceError("RATE_LIMITED", { seconds: Math.ceil(error.msBeforeNext / 1000) });
    }
    if (!req.url?.startsWith(MATCHMAKE) || req.method !== "POST") return undefined;
    // The rooms' own router reads bodies of any size.
    const bytes = Number(req.headers["content-length"] ?? Number.NaN);
    if (bytes <= limits.frameBytesMax) return undefined;
    return new ServiceError("UPLOAD_TOO_LARGE", { file: "The request", limit: `${limits.frameBytesMax / 1024} kB` });
  }

  /** Proxies add the address they heard from at the end; what stands before that, anyone can write. */
  #addressOf(req: IncomingMessage): string {
    const { proxies } = this.#options;
    const heard = String(req.headers["x-forwarded-for"] ?? "")
      .split(",")
      .map((each) => each.trim());
    return (proxies > 0 ? heard.at(-proxies) : undefined) || (req.socket.remoteAddress ?? "");
  }
}

function refuse(res: ServerResponse, error: ServiceError): void {
  const body = JSON.stringify(error.toBody());
  if (error.code === "RATE_LIMITED") res.setHeader("retry-after", String(error.params["seconds"]));
  res.writeHead(error.status, { "content-type": "application/json", connection: "close" });
  res.end(body);
}
