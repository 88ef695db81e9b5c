/** Modules that a worker has read, by the hash of their file; those used last stay. */
import { LRUCache } from "lru-cache";
import { readModule, type LoraModule, type ModuleSite } from "../../lora/index.ts";
import type { WorkerModule } from "./draw-messages.ts";

export class ModuleCache {
  readonly #modules: LRUCache<string, LoraModule>;

  constructor(modulesMax: number) {
    this.#modules = new LRUCache({ max: modulesMax });
  }

  /** Errors: the engine's for the file. */
  read({ path, sha256 }: WorkerModule, sites: readonly ModuleSite[]): LoraModule {
    const module = this.#modules.get(sha256) ?? readModule(path, sites).module;
    this.#modules.set(sha256, module);
    return module;
  }
}
