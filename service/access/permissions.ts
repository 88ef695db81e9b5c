/** Who may do what: one table, asked by HTTP, by rooms joining and by their messages. */
import { ServiceError, type Role } from "../protocol/index.ts";

/** Each action with the roles that may do it. `scene` actions are further bound to the scene of a player's token. */
const permissions = {
  "join the studio": ["editor"],
  "join the scene": ["editor", "player"],
  "read data sets": ["editor"],
  "change data sets": ["editor"],
  "read modules": ["editor"],
  "change modules": ["editor"],
  "run jobs": ["editor"],
  "issue tokens": ["editor"],
  "change the scene": ["editor"],
  "use the scene": ["editor", "player"],
} as const satisfies Record<string, readonly Role[]>;

export type Action = keyof typeof permissions;

/** Who a token speaks for. */
export interface Identity {
  /** Of the token: names are chosen freely, and two people may have the same. */
  readonly id: string;
  readonly role: Role;
  readonly name: string;
  /** The one scene a player's token is good for; editors have none. */
  readonly sceneId?: string;
  readonly expiresAt: number;
}

/** Whether the identity may do the action, in the scene if one is named. */
export function can(identity: Identity, action: Action, sceneId?: string): boolean {
  const roles: readonly Role[] = permissions[action];
  if (!roles.includes(identity.role)) return false;
  return identity.role === "editor" || sceneId === undefined || identity.sceneId === sceneId;
}

/** Errors: NOT_ALLOWED. */
export function demand(identity: Identity, action: Action, sceneId?: string): void {
  if (!can(identity, action, sceneId)) throw new ServiceError("NOT_ALLOWED", { role: identity.role, action });
}
