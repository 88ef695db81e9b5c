/** The names of the wire. They stand apart from the schemas so that a game, which only names things, ships no zod. */

/** Where an asset goes on a node. `albedo` is the base colour texture of its material. */
export const slotKinds = ["portrait", "albedo"] as const;
export type SlotKind = (typeof slotKinds)[number];

/** How a texture's surface stands in the light; each is a picture. */
export const mapKinds = ["normal", "roughness", "occlusion"] as const;
export type MapKind = (typeof mapKinds)[number];
/** Their hashes. */
export type SurfaceMaps = Readonly<Record<MapKind, string>>;

/** What data sets hold and modules change: how something looks, or how it speaks. */
export const moduleKinds = ["picture", "voice"] as const;
export type ModuleKind = (typeof moduleKinds)[number];

/** "npc-smith/portrait" */
export const slotKey = (nodeId: string, kind: SlotKind): string => `${nodeId}/${kind}`;

/** The reverse of `slotKey`; node ids may hold slashes, kinds do not. */
export function parseSlotKey(key: string): { nodeId: string; kind: SlotKind } | undefined {
  const at = key.lastIndexOf("/");
  const kind = slotKinds.find((each) => each === key.slice(at + 1));
  return at > 0 && kind ? { nodeId: key.slice(0, at), kind } : undefined;
}

export const roles = ["editor", "player"] as const;
export type Role = (typeof roles)[number];

export const roomNames = { studio: "studio", scene: "scene" } as const;

export const paths = {
  health: "/health",
  session: "/api/session",
  base: "/api/base",
  datasets: "/api/datasets",
  modules: "/api/modules",
  /** Character cards ↔ voices of tags. */
  cards: "/api/cards",
  /** Everything drawn, by content hash; immutable. */
  assets: "/assets",
  scenes: "/scenes",
} as const;
