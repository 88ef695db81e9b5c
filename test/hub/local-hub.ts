/** A Hugging Face-compatible hub on this machine, with the faults that real ones have. */
import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export const COMMIT = "0123456789abcdef0123456789abcdef01234567";
const LARGE_BYTES = 1000;

export interface Asked {
  readonly path: string;
  readonly range: string | undefined;
  readonly authorization: string | undefined;
}

export interface LocalHub {
  readonly endpoint: string;
  /** Everything that was asked for, in order. */
  readonly asked: Asked[];
  /** What a file's bytes are instead, what its answer is, or after how many bytes the connection breaks: by path, used up one by one. */
  readonly faults: Map<string, Fault[]>;
  close(): Promise<void>;
}
export type Fault = { cutAfter: number } | { status: number } | { body: Buffer } | { ignoreRange: true };

/** @param tree files as the hub lists them, where not as they are */
export async function openLocalHub(
  model: string,
  files: Readonly<Record<string, Buffer>>,
  { tree, pageSize = 1000, next }: { tree?: readonly unknown[]; pageSize?: number; next?: string } = {},
): Promise<LocalHub> {
  const asked: Asked[] = [];
  const faults = new Map<string, Fault[]>();
  const entries = tree ?? Object.entries(files).map(([path, bytes]) => entryOf(path, bytes));
  const server = createServer((request, response) => {
    const url = new URL(request.url!, "http://hub");
    const { range, authorization } = request.headers;
    asked.push({ path: url.pathname, range, authorization });
    if (url.pathname === `/api/models/${model}/revision/main`) return json(response, { sha: COMMIT });
    if (url.pathname === `/api/models/${model}/tree/${COMMIT}`) {
      const page = Number(url.searchParams.get("page") ?? 0);
      const rest = entries.length > (page + 1) * pageSize;
      if (rest || next)
        response.setHeader("link", `<${next ?? `${url.pathname}?recursive=true&page=${page + 1}`}>; rel="next"`);
      return json(response, entries.slice(page * pageSize, (page + 1) * pageSize));
    }
    const [, path = ""] = new RegExp(`^/(?:${model}/resolve/${COMMIT}|large)/(.*)$`).exec(url.pathname) ?? [];
    const bytes = files[decodeURIComponent(path)];
    if (!bytes) return void response.writeHead(404).end();
    // As the real one does, elsewhere.
    if (bytes.length >= LARGE_BYTES && !url.pathname.startsWith("/large/"))
      return void response.writeHead(302, { location: `http://localhost:${port}/large/${path}` }).end();
    serve(request, response, bytes, faults.get(decodeURIComponent(path))?.shift());
  });
  await new Promise<void>((done) => server.listen(0, "localhost", done));
  const { port, address, family } = server.address() as AddressInfo;
  const close = async () => {
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  };
  return { endpoint: `http://${family === "IPv6" ? `[${address}]` : address}:${port}`, asked, faults, close };
}

export function entryOf(path: string, bytes: Buffer): object {
  const oid = createHash("sha1").update(`blob ${bytes.length}\0`).update(bytes).digest("hex");
  if (bytes.length < LARGE_BYTES) return { type: "file", path, size: bytes.length, oid };
  const lfs = { oid: createHash("sha256").update(bytes).digest("hex"), size: bytes.length, pointerSize: 134 };
  return { type: "file", path, size: bytes.length, oid: "f".repeat(40), lfs };
}

function json(response: ServerResponse, value: unknown): void {
  response.setHeader("content-type", "application/json").end(JSON.stringify(value));
}

function serve(request: IncomingMessage, response: ServerResponse, whole: Buffer, fault: Fault | undefined): void {
  if (fault && "status" in fault) return void response.writeHead(fault.status).end();
  const bytes = fault && "body" in fault ? fault.body : whole;
  const [, from] = /^bytes=(\d+)-$/.exec(request.headers.range ?? "") ?? [];
  const start = from === undefined || (fault && "ignoreRange" in fault) ? 0 : Number(from);
  if (start > bytes.length) return void response.writeHead(416).end();
  const rest = bytes.subarray(start);
  const range = start > 0 ? { "content-range": `bytes ${start}-${bytes.length - 1}/${bytes.length}` } : {};
  response.writeHead(start > 0 ? 206 : 200, { "content-length": rest.length, ...range });
  if (!fault || !("cutAfter" in fault)) return void response.end(rest);
  response.write(rest.subarray(0, fault.cutAfter), () => setTimeout(() => response.destroy(), 20));
}
