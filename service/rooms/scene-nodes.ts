/** The nodes of a scene file and their tags: what players may ask for is written there, not in what they send. */
import { open, stat } from "node:fs/promises";
import { join } from "node:path";
import { LRUCache } from "lru-cache";
import { loraTag, type LoraTag } from "../protocol/index.ts";

/** Node id → its tag, undefined where it has none. */
export type SceneNodes = ReadonlyMap<string, LoraTag | undefined>;

/** A name, never a path. */
const SCENE_ID = /^[\p{L}\p{N}][\p{L}\p{N}_-]*$/u;
/** Scene files hold their meshes as text; one that is larger than this is not one of ours. */
const FILE_BYTES_MAX = 256 * 2 ** 20;
const FILES_KEPT = 8;
/** Tags of the scene as a whole stand under this id. */
export const WHOLE_SCENE = "scene";

const GLB_MAGIC = 0x46_54_6c_67;
const GLB_JSON = 0x4e_4f_53_4a;
const GLB_HEADER_BYTES = 20;

interface SerialisedNode {
  readonly id?: string | number;
  readonly name?: string;
  readonly metadata?: { readonly lora?: unknown } | null;
  readonly extras?: { readonly lora?: unknown } | null;
}
type SceneFile = Readonly<Record<string, unknown>>;

/** Files are read again when they change: an editor may have saved one. */
const read = new LRUCache<string, Promise<SceneNodes>>({ max: FILES_KEPT });

/** Undefined if the folder has no file for the scene: a game may bring its own, and then any node is taken. */
export async function sceneNodes(folder: string, sceneId: string): Promise<SceneNodes | undefined> {
  if (!SCENE_ID.test(sceneId)) return undefined;
  const names = [`${sceneId}.babylon`, `${sceneId}.glb`];
  // A scene with textures of its own lies in a folder of its name.
  for (const name of names.flatMap((file) => [join(sceneId, file), file])) {
    const path = join(folder, name);
    const found = await stat(path).catch(() => undefined);
    if (!found?.isFile() || found.size > FILE_BYTES_MAX) continue;
    const key = `${path}|${found.size}|${found.mtimeMs}`;
    const nodes = read.get(key) ?? readSceneFile(path).then(nodesOf);
    read.set(key, nodes);
    nodes.catch(() => read.delete(key));
    return nodes;
  }
  return undefined;
}

/** The JSON of a `.babylon` file, or of a `.glb` file's first chunk. */
async function readSceneFile(path: string): Promise<SceneFile> {
  const file = await open(path);
  try {
    if (!path.endsWith(".glb")) return JSON.parse(await file.readFile("utf8")) as SceneFile;
    const header = Buffer.alloc(GLB_HEADER_BYTES);
    await file.read(header, 0, GLB_HEADER_BYTES, 0);
    const isGlb = header.readUInt32LE(0) === GLB_MAGIC && header.readUInt32LE(16) === GLB_JSON;
    const bytes = header.readUInt32LE(12);
    if (!isGlb || bytes > FILE_BYTES_MAX) throw new Error(`${path}: not a binary glTF file`);
    const json = Buffer.alloc(bytes);
    await file.read(json, 0, bytes, GLB_HEADER_BYTES);
    return JSON.parse(json.toString("utf8")) as SceneFile;
  } finally {
    await file.close();
  }
}

function nodesOf(file: SceneFile): SceneNodes {
  const lists = ["meshes", "transformNodes", "lights", "cameras", "nodes"].flatMap((key) => file[key] ?? []);
  const nodes = (lists as SerialisedNode[]).map((node) => [idOf(node), tagOf(node)] as const);
  const whole = tagOf(file as SerialisedNode);
  return new Map([[WHOLE_SCENE, whole], ...nodes]);
}

/** glTF knows nodes by name alone; so does Babylon after loading it. */
function idOf({ id, name }: SerialisedNode): string {
  return [id, name].find((each) => typeof each === "string") ?? "";
}

/** A tag that is not valid is none: the panel tells its editor so. */
function tagOf({ metadata, extras }: SerialisedNode): LoraTag | undefined {
  const raw = metadata?.lora ?? extras?.lora;
  const parsed = raw === undefined ? undefined : loraTag.safeParse(raw);
  return parsed?.success ? parsed.data : undefined;
}
