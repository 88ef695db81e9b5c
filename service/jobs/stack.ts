import type { Library } from "../library/index.ts";
import { ServiceError, type ModuleKind, type TagModule } from "../protocol/index.ts";
import type { StackModule } from "./job.ts";

const HASH_DIGITS_SHOWN = 10;

/** What a stack's modules must be made for. */
export interface StackBase {
  readonly kind: ModuleKind;
  /** Undefined where it is not known: then any will do. */
  readonly hash: string | undefined;
}

/**
 * Fixes each module to a version, the newest where none is named: what was asked for does not change while it waits.
 * Errors: NOT_FOUND, WRONG_KIND, MODULE_WRONG_BASE.
 */
export function fixStack(modules: readonly TagModule[], library: Library, base: StackBase): Promise<StackModule[]> {
  return Promise.all(
    modules.map(async ({ module, version: wanted, weight }) => {
      const { name, kind, version, sha256, baseHash } = await library.moduleFile(module, wanted);
      if (kind !== base.kind) {
        throw new ServiceError("WRONG_KIND", { name, what: "module", expected: base.kind, got: kind });
      }
      if (base.hash !== undefined && baseHash !== base.hash) {
        const [expected, got] = [baseHash.slice(0, HASH_DIGITS_SHOWN), base.hash.slice(0, HASH_DIGITS_SHOWN)];
        throw new ServiceError("MODULE_WRONG_BASE", { name, expected, got });
      }
      return { module, name, version, sha256, weight };
    }),
  );
}
