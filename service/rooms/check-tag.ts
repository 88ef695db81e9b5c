/** A tag names modules that fit: those that draw the picture base's, those that speak the language base's. */
import { fixStack } from "../jobs/index.ts";
import { ServiceError, type LoraTag, type TagModule } from "../protocol/index.ts";
import type { RoomServices } from "./services.ts";

/** Errors: WRONG_KIND, MODULE_WRONG_BASE, NOT_FOUND for a voice's module. */
export async function checkTag({ modules, voice }: LoraTag, { library, jobs, voices }: RoomServices): Promise<void> {
  const picture = { kind: "picture", hash: jobs.base.hash } as const;
  for (const module of modules) await ifThere(module, (stack) => fixStack(stack, library, picture));
  // Without a language base nothing speaks, and who edits something else in the tag need not care.
  await fixStack(voice?.modules ?? [], library, { kind: "voice", hash: voices.base?.hash });
}

/** A picture's tag may come before its module. */
async function ifThere(module: TagModule, check: (stack: readonly TagModule[]) => Promise<unknown>): Promise<void> {
  try {
    await check([module]);
  } catch (error) {
    if (!(error instanceof ServiceError && error.code === "NOT_FOUND")) throw error;
  }
}
