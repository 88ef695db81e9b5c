/** The module library: names with versions that never change. */
import { createHash, randomBytes } from "node:crypto";
import { createReadStream } from "node:fs";
import { and, asc, desc, eq, sql } from "drizzle-orm";
import {
  displayName,
  limits,
  ServiceError,
  type ModuleKind,
  type ModuleReply,
  type ModuleVersion,
} from "../protocol/index.ts";
import { tables, TooManyBytes, type Store } from "../store/index.ts";
import { record } from "./audit.ts";
import type { ObjectKeeper } from "./object-keeper.ts";
import type { ModuleFile, NewModuleVersion, PublishedModule } from "./types.ts";

const { modules, moduleVersions } = tables;
const SLUG_CHARS_MAX = 40;

export class Modules {
  readonly #store: Store;
  readonly #keeper: ObjectKeeper;

  constructor(store: Store, keeper: ObjectKeeper) {
    this.#store = store;
    this.#keeper = keeper;
  }

  /**
   * Makes the next version of the module of that name, or version 1 of a new one. Resolves when it is durable.
   * Errors: NAME_INVALID, WRONG_KIND where the name is one of the other kind, MODULE_INVALID, DISK_FULL.
   */
  async publish(module: NewModuleVersion): Promise<PublishedModule> {
    const { name, owner, description, file, kind = "picture", ...rest } = module;
    if (!displayName.safeParse(name).success) throw new ServiceError("NAME_INVALID", { name });
    const { sha256, bytes } = await this.#putFile(name, file);
    this.#keeper.hold(sha256);
    try {
      return await this.#store.db.transaction(async (tx) => {
        const nameKey = keyOfName(name);
        const fresh = { id: makeId(name), name, nameKey, owner, description, kind, createdAt: Date.now() };
        // Setting the description also locks the row, so that two publishers get two versions.
        const [{ id: moduleId, got }] = (await tx
          .insert(modules)
          .values(fresh)
          .onConflictDoUpdate({
            target: modules.nameKey,
            set: { description: description === "" ? sql`${modules.description}` : description },
          })
          .returning({ id: modules.id, got: modules.kind })) as [{ id: string; got: string }];
        if (got !== kind) throw new ServiceError("WRONG_KIND", { name, what: "module", expected: kind, got });
        const [last] = await tx
          .select({ version: moduleVersions.version })
          .from(moduleVersions)
          .where(eq(moduleVersions.moduleId, moduleId))
          .orderBy(desc(moduleVersions.version))
          .limit(1);
        const version = (last?.version ?? 0) + 1;
        await tx.insert(moduleVersions).values({ ...rest, moduleId, version, sha256, bytes, createdAt: Date.now() });
        await record(tx, owner, "module.publish", moduleId, { name, version, sha256 });
        return { moduleId, version, sha256 };
      });
    } finally {
      this.#keeper.release(sha256);
    }
  }

  async #putFile(name: string, file: string): Promise<{ sha256: string; bytes: number }> {
    try {
      return await this.#store.objects.put(bytesOf(file), limits.moduleBytesMax);
    } catch (error) {
      if (error instanceof ServiceError) throw error;
      const { code } = error as NodeJS.ErrnoException;
      const problem =
        error instanceof TooManyBytes
          ? `the file is larger than ${limits.moduleBytesMax / 2 ** 20} MB`
          : `the file cannot be read (${code ?? String(error)}); train again`;
      throw new ServiceError("MODULE_INVALID", { file: name, problem });
    }
  }

  /** By name; the versions of each with the newest first. */
  async list(): Promise<ModuleReply[]> {
    const rows = await this.#store.db.select().from(modules).orderBy(asc(modules.name));
    const versions = await this.#store.db.select().from(moduleVersions).orderBy(desc(moduleVersions.version));
    const byModule = Map.groupBy(versions, ({ moduleId }) => moduleId);
    return rows.map((row) => toReply(row, byModule.get(row.id) ?? []));
  }

  /** Errors: NOT_FOUND. */
  async get(id: string): Promise<ModuleReply> {
    const [row] = await this.#store.db.select().from(modules).where(eq(modules.id, id));
    if (!row) throw new ServiceError("NOT_FOUND", { what: "module", id });
    const versions = await this.#store.db
      .select()
      .from(moduleVersions)
      .where(eq(moduleVersions.moduleId, id))
      .orderBy(desc(moduleVersions.version));
    return toReply(row, versions);
  }

  /** The file of a version, the newest if none is named. Errors: NOT_FOUND. */
  async file(id: string, version?: number): Promise<ModuleFile> {
    const [row] = await this.#store.db
      .select()
      .from(moduleVersions)
      .innerJoin(modules, eq(modules.id, moduleVersions.moduleId))
      .where(
        and(eq(moduleVersions.moduleId, id), version === undefined ? undefined : eq(moduleVersions.version, version)),
      )
      .orderBy(desc(moduleVersions.version))
      .limit(1);
    if (!row)
      throw new ServiceError("NOT_FOUND", { what: "module", id: version === undefined ? id : `${id} v${version}` });
    const { sha256, baseHash, triggerWord, version: found } = row.module_versions;
    const path = this.#store.objects.path(sha256);
    return {
      path,
      sha256,
      version: found,
      baseHash,
      name: row.modules.name,
      kind: row.modules.kind as ModuleKind,
      triggerWord,
    };
  }
}

/** Opens the file when its first bytes are asked for: a stream opened earlier could fail before anybody listens to it. */
async function* bytesOf(file: string): AsyncGenerator<Uint8Array> {
  yield* createReadStream(file) as AsyncIterable<Uint8Array>;
}

/** "Ärger  1" and "ärger 1" are one name. */
function keyOfName(name: string): string {
  return name.normalize("NFKC").toLowerCase().replaceAll(/\s+/g, " ").trim();
}

/** Readable in a scene file, safe in an address: "old-smith-3fa9c1". */
function makeId(name: string): string {
  const slug = name
    .normalize("NFKD")
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .slice(0, SLUG_CHARS_MAX)
    .replaceAll(/^-+|-+$/g, "");
  const tail = createHash("sha256").update(randomBytes(16)).digest("hex").slice(0, 8);
  return `${slug || "module"}-${tail}`;
}

function toReply(
  { id, name, owner, description, kind }: typeof modules.$inferSelect,
  versions: readonly (typeof moduleVersions.$inferSelect)[],
): ModuleReply {
  const shown = versions.map(({ moduleId: _, ...version }): ModuleVersion => version);
  return { id, name, owner, description, kind: kind as ModuleKind, versions: shown };
}
