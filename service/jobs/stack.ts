import type { Library } from "../library/index.ts";
import { ServiceError, type TagModule } from "../protocol/index.ts";
import type { Base } from "./base.ts";
import type { StackModule } from "./job.ts";

const HASH_DIGITS_SHOWN = 10;

/**
 * Fixes each module to a version, the newest where none is named: what was asked for does not change while it waits.
 * Errors: NOT_FOUND, MODULE_WRONG_BASE.
 */
export function fixStack(modules: readonly TagModule[], library: Library, base: Base): Promise<StackModule[]> {
  return Promise.all(
    modules.map(async ({ module, version: wanted, weight }) => {
      const { name, version, sha256, baseHash } = await library.moduleFile(module, wanted);
      if (baseHash !== base.hash) {
        const [expected, got] = [baseHash.slice(0, HASH_DIGITS_SHOWN), base.hash.slice(0, HASH_DIGITS_SHOWN)];
        throw new ServiceError("MODULE_WRONG_BASE", { name, expected, got });
      }
      return { module, name, version, sha256, weight };
    }),
  );
}
