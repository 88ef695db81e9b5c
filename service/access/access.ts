import { randomUUID } from "node:crypto";
import { errors as joseErrors, jwtVerify, SignJWT } from "jose";
import { z } from "zod";
import { roles, ServiceError, type Role, type SessionReply } from "../protocol/index.ts";
import type { Identity } from "./permissions.ts";

/** Long enough for a day's work; the studio renews it while it is open. */
const EDITOR_TOKEN_MS = 12 * 3_600_000;
/** Long enough for an evening's play; it opens one scene and nothing else. */
const PLAYER_TOKEN_MS = 4 * 3_600_000;
const ISSUER = "animula";
const ALGORITHM = "HS256";

export interface AccessOptions {
  readonly secret: string;
  /** Whether a person at this very machine becomes an editor without a token. */
  readonly development: boolean;
}

export interface TokenRequest {
  readonly role: Role;
  readonly name?: string | undefined;
  /** Required for players. */
  readonly sceneId?: string | undefined;
}

const claims = z.object({
  role: z.enum(roles),
  sub: z.string().min(1),
  /** Tokens of an older service have none. */
  jti: z.string().optional(),
  scene: z.string().min(1).optional(),
  exp: z.number(),
});

/** Issues and reads session tokens. They are signed, not stored: a new secret ends all of them. */
export class Access {
  readonly development: boolean;
  readonly #key: Uint8Array;

  private constructor(key: Uint8Array, development: boolean) {
    this.#key = key;
    this.development = development;
  }

  static open({ secret, development }: AccessOptions): Access {
    return new Access(new TextEncoder().encode(secret), development);
  }

  /** Errors: REQUEST_INVALID for a player without a scene. */
  async issue({ role, name = role, sceneId }: TokenRequest): Promise<SessionReply> {
    if (role === "player" && !sceneId) {
      throw new ServiceError("REQUEST_INVALID", {
        where: "sceneId",
        problem: "a player's token needs the scene it is for",
      });
    }
    // Tokens count whole seconds.
    const expiresAt =
      (Math.floor(Date.now() / 1000) + (role === "editor" ? EDITOR_TOKEN_MS : PLAYER_TOKEN_MS) / 1000) * 1000;
    const token = await new SignJWT({ role, ...(role === "player" ? { scene: sceneId } : {}) })
      .setProtectedHeader({ alg: ALGORITHM })
      .setIssuer(ISSUER)
      .setSubject(name)
      .setJti(randomUUID())
      .setIssuedAt()
      .setExpirationTime(expiresAt / 1000)
      .sign(this.#key);
    return { token, role, name, expiresAt };
  }

  /** Errors: TOKEN_MISSING, TOKEN_INVALID. */
  async verify(token: string | undefined): Promise<Identity> {
    if (!token) throw new ServiceError("TOKEN_MISSING");
    let payload: unknown;
    try {
      ({ payload } = await jwtVerify(token, this.#key, { issuer: ISSUER, algorithms: [ALGORITHM] }));
    } catch (error) {
      throw new ServiceError("TOKEN_INVALID", { reason: reasonOf(error) });
    }
    const read = claims.safeParse(payload);
    if (!read.success || (read.data.role === "player" && read.data.scene === undefined)) {
      throw new ServiceError("TOKEN_INVALID", { reason: "not a session token" });
    }
    const { role, sub: name, jti, scene, exp } = read.data;
    return { id: jti ?? name, role, name, expiresAt: exp * 1000, ...(scene === undefined ? {} : { sceneId: scene }) };
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof joseErrors.JWTExpired) return "expired";
  if (error instanceof joseErrors.JWSSignatureVerificationFailed) return "signed by another service";
  return "malformed";
}
