/** What the address of the page says: `/?scene=square&role=player&name=Ada#token=…`. */
import type { Role } from "../../../service/protocol/index.ts";

export interface PageAddress {
  readonly sceneId: string;
  readonly role: Role;
  readonly name: string | undefined;
  /** Stands behind the #, which browsers never send to a server. */
  readonly token: string | undefined;
}

const SCENE_ID = /^[\p{L}\p{N}][\p{L}\p{N}_-]*$/u;
const DEFAULT_SCENE = "square";

export function readAddress(search: string, hash: string): PageAddress {
  const query = new URLSearchParams(search);
  const sceneId = query.get("scene") ?? "";
  return {
    sceneId: SCENE_ID.test(sceneId) ? sceneId : DEFAULT_SCENE,
    role: query.get("role") === "player" ? "player" : "editor",
    name: query.get("name")?.trim() || undefined,
    token: new URLSearchParams(hash.replace(/^#/, "")).get("token") || undefined,
  };
}

/** The same scene as a player sees it. */
export const playerAddress = (sceneId: string): string => `/?role=player&scene=${encodeURIComponent(sceneId)}`;
