/** What a Hugging Face-compatible hub says about a model: its files, with sizes and hashes. */
import { hubErrors as errors } from "./errors.ts";

/** Where models are, how to ask, and who asks. */
export interface Hub {
  /** Without a slash at its end. */
  readonly endpoint: string;
  readonly token?: string | undefined;
  readonly fetch: typeof fetch;
}

export interface HubFile {
  /** Relative to the model, with slashes. */
  readonly path: string;
  readonly bytes: number;
  /** Git's hash of small files; large ones lie beside it and have their own. */
  readonly hash: { readonly algorithm: "git-sha1" | "sha256"; readonly hex: string };
}

export interface HubModel {
  readonly name: string;
  /** The commit: what it names never changes. */
  readonly revision: string;
  readonly files: readonly HubFile[];
}

const NAME = /^[A-Za-z0-9][\w.-]{0,95}\/[A-Za-z0-9][\w.-]{0,95}$/;
const HEX = { "git-sha1": /^[0-9a-f]{40}$/, sha256: /^[0-9a-f]{64}$/ } as const;
/** Pages of a thousand files. */
const PAGES_MAX = 20;

/** @throws HUB_ENDPOINT */
export function hubFrom({ HF_ENDPOINT, HF_TOKEN }: Readonly<Record<string, string | undefined>>, by = fetch): Hub {
  const given = HF_ENDPOINT || "https://huggingface.co";
  if (!/^https?:\/\//.test(given) || !URL.canParse(given)) throw errors.HUB_ENDPOINT(given);
  return { endpoint: given.replace(/\/+$/, ""), token: HF_TOKEN || undefined, fetch: by };
}

/** @throws HUB_NAME, HUB_MODEL_…, HUB_ANSWER, HUB_STATUS, HUB_UNREACHABLE */
export async function readHubModel(hub: Hub, name: string): Promise<HubModel> {
  if (!NAME.test(name)) throw errors.HUB_NAME(name);
  const about = `${hub.endpoint}/api/models/${name}/revision/main`;
  const { sha } = (await readJson(hub, about, name)).json as { sha?: unknown };
  if (typeof sha !== "string" || !HEX["git-sha1"].test(sha)) throw errors.HUB_ANSWER(about, "the model's commit");
  const files: HubFile[] = [];
  let next: string | undefined = `${hub.endpoint}/api/models/${name}/tree/${sha}?recursive=true`;
  for (let page = 0; next !== undefined && page < PAGES_MAX; page++) {
    const { json, response }: Page = await readJson(hub, next, name);
    if (!Array.isArray(json)) throw errors.HUB_ANSWER(next, "a list of files");
    for (const entry of json as unknown[]) files.push(...fileOf(next, entry));
    next = nextPage(hub, next, response);
  }
  return { name, revision: sha, files };
}

interface Page {
  readonly json: unknown;
  readonly response: Response;
}

/** Asks as whoever the token says. @throws HUB_UNREACHABLE */
export async function ask(
  hub: Hub,
  url: string,
  headers: Record<string, string>,
  signal?: AbortSignal,
): Promise<Response> {
  const who: Record<string, string> = hub.token === undefined ? {} : { authorization: `Bearer ${hub.token}` };
  try {
    return await hub.fetch(url, { headers: { ...headers, ...who }, ...(signal && { signal }) });
  } catch (error) {
    signal?.throwIfAborted();
    throw errors.HUB_UNREACHABLE(url, reasonOf(error));
  }
}

/** What lies under "fetch failed". */
export function reasonOf(error: unknown): string {
  const { message, cause } = error as Error;
  return cause instanceof Error && cause.message !== "" ? cause.message : message;
}

/** The error of an answer that is none; for what was asked of `model`. */
export function refusal({ endpoint }: Hub, model: string, url: string, status: number): Error {
  if (status === 403) return errors.HUB_MODEL_GATED(model, endpoint);
  // The hub hides whether a model exists from those who may not see it.
  if (status === 401 || status === 404) return errors.HUB_MODEL_UNKNOWN(model, endpoint);
  return errors.HUB_STATUS(url, status);
}

async function readJson(hub: Hub, url: string, model: string): Promise<Page> {
  const response = await ask(hub, url, { accept: "application/json" });
  if (!response.ok) throw refusal(hub, model, url, response.status);
  try {
    return { json: await response.json(), response };
  } catch {
    throw errors.HUB_ANSWER(url, "JSON");
  }
}

function fileOf(url: string, entry: unknown): HubFile[] {
  const { type, path, size, oid, lfs } = (entry ?? {}) as Record<string, unknown>;
  if (type !== "file") return [];
  const large = lfs as { oid?: unknown; size?: unknown } | undefined;
  const algorithm = large ? "sha256" : "git-sha1";
  const [hex, bytes] = large ? [large.oid, large.size] : [oid, size];
  const isFile = typeof path === "string" && isInside(path) && Number.isSafeInteger(bytes) && (bytes as number) >= 0;
  if (!isFile || typeof hex !== "string" || !HEX[algorithm].test(hex))
    throw errors.HUB_ANSWER(url, "files with a path inside the model, a size and a hash");
  return [{ path, bytes: bytes as number, hash: { algorithm, hex } }];
}

/** A path from elsewhere must not lead out of the folder it is written to, on any system. */
function isInside(path: string): boolean {
  return path.split("/").every((part) => /^[^\\:\0]+$/.test(part) && part !== "." && part !== "..");
}

/** `Link: <…>; rel="next"`, which must not send the token elsewhere. */
function nextPage({ endpoint }: Hub, url: string, response: Response): string | undefined {
  const [, link] = /<([^>]+)>;\s*rel="next"/.exec(response.headers.get("link") ?? "") ?? [];
  if (link === undefined) return undefined;
  const next = new URL(link, url);
  if (next.origin !== new URL(endpoint).origin) throw errors.HUB_ANSWER(url, "its next page at the same address");
  return next.href;
}
