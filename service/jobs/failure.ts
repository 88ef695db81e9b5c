import { randomUUID } from "node:crypto";
import { ServiceError, type ErrorBody } from "../protocol/index.ts";

/** Where the service writes what only its keeper should read; pino's loggers are such. */
export interface Log {
  info(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export const silent: Log = { info: () => undefined, error: () => undefined };

/** What a person is told: an error of ours as it is, anything else by a number under which the log has the rest. */
export function toErrorBody(error: unknown, log: Log): ErrorBody {
  if (error instanceof ServiceError) return error.toBody();
  if ((error as NodeJS.ErrnoException | undefined)?.code === "ENOSPC") return new ServiceError("DISK_FULL").toBody();
  const id = randomUUID().slice(0, 8);
  log.error({ err: error, id }, "internal error");
  return new ServiceError("INTERNAL", { id }).toBody();
}
