import type { Request, RequestHandler } from "express";
import type { z } from "zod";
import { demand, type Access, type Action, type Identity } from "../access/index.ts";
import { ServiceError } from "../protocol/index.ts";

const BEARER = /^Bearer +(\S+)$/i;

export function bearerToken(req: Request): string | undefined {
  return BEARER.exec(req.headers.authorization ?? "")?.[1];
}

/** Who asks. Errors: TOKEN_MISSING, TOKEN_INVALID. */
export function identify(req: Request, access: Access): Promise<Identity> {
  return access.verify(bearerToken(req));
}

const identities = new WeakMap<Request, Identity>();

/** Lets only those through who may do it. Errors: TOKEN_MISSING, TOKEN_INVALID, NOT_ALLOWED. */
export function only(access: Access, action: Action): RequestHandler {
  return async (req, _res, next) => {
    const identity = await identify(req, access);
    demand(identity, action);
    identities.set(req, identity);
    next();
  };
}

/** Who asks, behind `only`. */
export function identityOf(req: Request): Identity {
  const identity = identities.get(req);
  if (!identity) throw new ServiceError("TOKEN_MISSING");
  return identity;
}

/** The body as its schema reads it. Errors: REQUEST_INVALID naming the field. */
export function readBody<T extends z.ZodType>(schema: T, body: unknown): z.output<T> {
  const read = schema.safeParse(body ?? {});
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  throw new ServiceError("REQUEST_INVALID", {
    where: issue?.path.join(".") || "body",
    problem: issue?.message ?? "not as expected",
  });
}
