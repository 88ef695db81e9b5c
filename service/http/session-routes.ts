import express, { Router, type Request } from "express";
import { demand, type Access, type Identity } from "../access/index.ts";
import { limits, ServiceError, sessionRequest } from "../protocol/index.ts";
import { bearerToken, readBody } from "./identify.ts";

const LOCAL_NAME = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;
const LOCAL_ADDRESS = /^(::ffff:)?127(\.\d{1,3}){3}$|^::1$/;

/** POST: a token for whoever may have one. */
export function sessionRoutes(access: Access): Router {
  const router = Router();
  router.post("/", express.json({ limit: limits.jsonBytesMax }), async (req, res) => {
    const { role, name, sceneId } = readBody(sessionRequest, req.body);
    const identity = await whoAsks(req, access);
    if (identity) demand(identity, "issue tokens");
    const renewed = role === "editor" ? identity?.name : undefined;
    res.setHeader("cache-control", "no-store");
    res.json(await access.issue({ role, name: name ?? renewed, sceneId }));
  });
  return router;
}

/**
 * The sender of a valid token; nobody in particular where a person at this very machine needs none, whatever became of
 * an older token. Errors: TOKEN_MISSING, TOKEN_INVALID.
 */
async function whoAsks(req: Request, access: Access): Promise<Identity | undefined> {
  const local = access.development && isLocal(req);
  try {
    return await access.verify(bearerToken(req));
  } catch (error) {
    if (local && error instanceof ServiceError) return undefined;
    throw error;
  }
}

/**
 * Whether the request comes from this machine and is meant for it. The address alone does not tell: a page of a foreign
 * site runs in a browser here too, so its origin must be local; and a foreign name may resolve to this machine.
 */
function isLocal(req: Request): boolean {
  const { forwarded, "x-forwarded-for": forwardedFor, origin, host } = req.headers;
  if (forwarded !== undefined || forwardedFor !== undefined) return false;
  if (!LOCAL_ADDRESS.test(req.socket.remoteAddress ?? "")) return false;
  return isLocalUrl(`http://${host ?? ""}`) && (origin === undefined || isLocalUrl(origin));
}

function isLocalUrl(url: string): boolean {
  return URL.canParse(url) && LOCAL_NAME.test(new URL(url).hostname);
}
