import { randomUUID } from "node:crypto";
import type { ErrorRequestHandler, Request } from "express";
import type { Logger } from "pino";
import { limits, ServiceError } from "../protocol/index.ts";

/** The error as one a person can act on; what is unknown goes to the log under a number that the person is told. */
export function toServiceError(error: unknown, log: Logger, where: string): ServiceError {
  if (error instanceof ServiceError) return error;
  const { code, type, status } = (error ?? {}) as { code?: unknown; type?: unknown; status?: unknown };
  if (code === "ENOSPC" || code === "EDQUOT") return new ServiceError("DISK_FULL");
  // Express's body parser.
  if (type === "entity.too.large") {
    return new ServiceError("UPLOAD_TOO_LARGE", { file: "The request", limit: `${limits.jsonBytesMax / 2 ** 20} MB` });
  }
  if (status === 400 || status === 415) {
    return new ServiceError("REQUEST_INVALID", { where: "request", problem: problemOf(error) });
  }
  const id = randomUUID().slice(0, 8);
  log.error({ err: error, id, where }, "internal error");
  return new ServiceError("INTERNAL", { id });
}

function problemOf(error: unknown): string {
  return error instanceof Error ? error.message.slice(0, 200) : "cannot be read";
}

/** The last handler: status of the code, ErrorBody as JSON. */
export function replyWithError(log: Logger): ErrorRequestHandler {
  return (error: unknown, req: Request, res, _next) => {
    const failure = toServiceError(error, log, `${req.method} ${req.path}`);
    if (failure.status < 500) log.info({ code: failure.code, params: failure.params, path: req.path }, "refused");
    if (res.headersSent) {
      res.destroy();
      return;
    }
    if (failure.code === "RATE_LIMITED") res.setHeader("retry-after", String(failure.params["seconds"]));
    res.status(failure.status).json(failure.toBody());
  };
}
