import { ErrorCode, ServerError } from "@colyseus/core";
import type { Access } from "../access/index.ts";
import type { Jobs, Log, Voices } from "../jobs/index.ts";
import type { Library } from "../library/index.ts";
import { ServiceError } from "../protocol/index.ts";

/** What rooms stand on. */
export interface RoomServices {
  readonly library: Library;
  readonly jobs: Jobs;
  readonly voices: Voices;
  readonly access: Access;
  readonly log: Log;
  /** Folder of the scene files, to know their nodes and tags; without it any node name is taken. */
  readonly scenes?: string | undefined;
}

/** Joining is refused with an ErrorBody as the message: Colyseus carries only a number and a text. */
export async function admit<T>(join: () => T | Promise<T>): Promise<T> {
  try {
    return await join();
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    throw new ServerError(ErrorCode.AUTH_FAILED, JSON.stringify(error.toBody()));
  }
}
