/** The nodes of a scene file, their names, places and tags: what players may ask for is written there, not in what they send. */
import { open, stat } from "node:fs/promises";
import { join } from "node:path";
import { LRUCache } from "lru-cache";
import { loraTag, type LoraTag } from "../protocol/index.ts";
import { fromAngles, placeOf, type Place, type PlacedNode } from "./node-places.ts";

export interface SceneNode {
  /** What people call it; undefined where the file gives it no name. */
  readonly name: string | undefined;
  /** Undefined where it has none. */
  readonly tag: LoraTag | undefined;
  /** Undefined where it is everywhere. */
  readonly place: Place | undefined;
}
/** By node id. */
export type SceneNodes = ReadonlyMap<string, SceneNode>;

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
  readonly uniqueId?: number;
  readonly parentId?: string | number;
  readonly position?: unknown;
  readonly rotation?: unknown;
  readonly rotationQuaternion?: unknown;
  readonly scaling?: unknown;
  /** glTF's. */
  readonly translation?: unknown;
  readonly scale?: unknown;
  readonly matrix?: unknown;
  readonly children?: readonly number[];
  readonly metadata?: Extras | null;
  readonly extras?: Extras | null;
}
interface Extras {
  readonly lora?: unknown;
  readonly displayName?: unknown;
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
  const gltf = listOf(file, "nodes");
  const own = ["meshes", "transformNodes", "lights", "cameras"].flatMap((key) => listOf(file, key));
  const whole: SceneNode = { name: undefined, tag: tagOf(file as SerialisedNode), place: undefined };
  const nodes = [...babylonNodes(own), ...gltfNodes(gltf)].map(([node, placed]): [string, SceneNode] => [
    idOf(node),
    { name: nameOf(node), tag: tagOf(node), place: placeOf(placed) },
  ]);
  return new Map([[WHOLE_SCENE, whole], ...nodes]);
}

const listOf = (file: SceneFile, key: string): SerialisedNode[] =>
  Array.isArray(file[key]) ? (file[key] as SerialisedNode[]) : [];

/** A placed node whose parent is known later. */
type Placing = { -readonly [Key in keyof PlacedNode]: PlacedNode[Key] };
const isNumbers = (value: unknown, count: number): value is number[] =>
  Array.isArray(value) && value.length === count && value.every(Number.isFinite);
const vector = (value: unknown, otherwise: Place): Place =>
  isNumbers(value, 3) ? (value as [number, number, number]) : otherwise;

/** Parents are named by their `uniqueId`, in older files by their id. */
function babylonNodes(nodes: readonly SerialisedNode[]): [SerialisedNode, PlacedNode][] {
  const placed = nodes.map((node): [SerialisedNode, Placing] => {
    const { position, rotation, rotationQuaternion: turned, scaling } = node;
    return [
      node,
      {
        position: vector(position, [0, 0, 0]),
        rotation: isNumbers(turned, 4)
          ? (turned as [number, number, number, number])
          : fromAngles(vector(rotation, [0, 0, 0])),
        scaling: vector(scaling, [1, 1, 1]),
        parent: undefined,
      },
    ];
  });
  const byName = new Map(
    placed.flatMap(([{ id, uniqueId }, placing]) => [id, uniqueId].map((name) => [String(name), placing] as const)),
  );
  for (const [{ parentId }, placing] of placed)
    if (parentId !== undefined) placing.parent = byName.get(String(parentId));
  return placed;
}

/** Babylon turns glTF's world to its own by a root of its making: x is mirrored. */
const GLTF_ROOT: PlacedNode = { position: [0, 0, 0], rotation: [0, 0, 0, 1], scaling: [-1, 1, 1], parent: undefined };
/** Index of x in the last column of a 4 × 4 matrix, column after column. */
const MATRIX_POSITION = 12;

function gltfNodes(nodes: readonly SerialisedNode[]): [SerialisedNode, PlacedNode][] {
  const placed = nodes.map((node): [SerialisedNode, Placing] => {
    const { translation, rotation, scale, matrix } = node;
    // A matrix says where the node is; what it does to its children is rare among those who speak, and left out.
    const moved = isNumbers(matrix, 16) ? matrix.slice(MATRIX_POSITION, MATRIX_POSITION + 3) : translation;
    return [
      node,
      {
        position: vector(moved, [0, 0, 0]),
        rotation: isNumbers(rotation, 4) ? (rotation as [number, number, number, number]) : [0, 0, 0, 1],
        scaling: vector(scale, [1, 1, 1]),
        parent: GLTF_ROOT,
      },
    ];
  });
  for (const [{ children = [] }, parent] of placed)
    for (const child of children) if (placed[child]) placed[child][1].parent = parent;
  return placed;
}

/** glTF knows nodes by name alone; so does Babylon after loading it. */
function idOf({ id, name }: SerialisedNode): string {
  return [id, name].find((each) => typeof each === "string") ?? "";
}

/** As the plugin's `displayNameOf` has it, so that a node is called alike over its head and in its words. */
function nameOf({ name, metadata, extras }: SerialisedNode): string | undefined {
  const names = [metadata?.displayName, extras?.displayName, name];
  return names.find((each): each is string => typeof each === "string" && each.trim() !== "")?.trim();
}

/** A tag that is not valid is none: the panel tells its editor so. */
function tagOf({ metadata, extras }: SerialisedNode): LoraTag | undefined {
  const raw = metadata?.lora ?? extras?.lora;
  const parsed = raw === undefined ? undefined : loraTag.safeParse(raw);
  return parsed?.success ? parsed.data : undefined;
}
