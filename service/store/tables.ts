/** The tables, as queries see them. `migrations.ts` makes them; a test compares the two. Times are milliseconds since 1970. */
import type { SurfaceMaps } from "../protocol/index.ts";
import { bigint, bigserial, index, integer, jsonb, pgTable, primaryKey, text, uniqueIndex } from "drizzle-orm/pg-core";

const time = (name: string) => bigint(name, { mode: "number" });
const object = (name: string) => jsonb(name).$type<Readonly<Record<string, unknown>>>();

export const datasets = pgTable("datasets", {
  id: text("id").primaryKey(),
  name: text("name").notNull(),
  nodeId: text("node_id").notNull(),
  owner: text("owner").notNull(),
  revision: integer("revision").notNull(),
  createdAt: time("created_at").notNull(),
  /** A ModuleKind. */
  kind: text("kind").notNull().default("picture"),
  /** Of a voice's: number of dialogues, and the object that holds them as JSON lines; "" while there are none. */
  lines: integer("lines").notNull().default(0),
  linesSha256: text("lines_sha256").notNull().default(""),
});

/** Pictures of data sets: what is shown and trained on (`sha256`), and the file as it came (`originalSha256`). */
export const images = pgTable(
  "images",
  {
    id: text("id").primaryKey(),
    datasetId: text("dataset_id").notNull(),
    position: integer("position").notNull(),
    name: text("name").notNull(),
    caption: text("caption").notNull(),
    width: integer("width").notNull(),
    height: integer("height").notNull(),
    sha256: text("sha256").notNull(),
    originalSha256: text("original_sha256").notNull(),
    addedAt: time("added_at").notNull(),
  },
  (table) => [
    index("images_dataset").on(table.datasetId, table.position),
    index("images_sha256").on(table.sha256),
    index("images_original").on(table.originalSha256),
  ],
);

/** Training and drawing jobs; owned by service/jobs. `progress` holds the live fields of a JobState. */
export const jobs = pgTable(
  "jobs",
  {
    id: text("id").primaryKey(),
    kind: text("kind").notNull(),
    status: text("status").notNull(),
    nodeId: text("node_id").notNull(),
    owner: text("owner").notNull(),
    request: object("request").notNull(),
    progress: object("progress").notNull(),
    createdAt: time("created_at").notNull(),
    startedAt: time("started_at").notNull(),
    endedAt: time("ended_at").notNull(),
  },
  (table) => [index("jobs_created").on(table.createdAt)],
);

export const modules = pgTable(
  "modules",
  {
    id: text("id").primaryKey(),
    name: text("name").notNull(),
    /** The name folded for comparison: two modules never differ only in case or in look-alike code points. */
    nameKey: text("name_key").notNull(),
    owner: text("owner").notNull(),
    description: text("description").notNull(),
    createdAt: time("created_at").notNull(),
    /** A ModuleKind; all versions of a module are of one. */
    kind: text("kind").notNull().default("picture"),
  },
  (table) => [uniqueIndex("modules_name").on(table.nameKey)],
);

export const moduleVersions = pgTable(
  "module_versions",
  {
    moduleId: text("module_id").notNull(),
    version: integer("version").notNull(),
    sha256: text("sha256").notNull(),
    bytes: bigint("bytes", { mode: "number" }).notNull(),
    baseHash: text("base_hash").notNull(),
    baseModel: text("base_model").notNull(),
    triggerWord: text("trigger_word").notNull(),
    rank: integer("rank").notNull(),
    preview: text("preview").notNull(),
    provenance: object("provenance").notNull(),
    createdAt: time("created_at").notNull(),
  },
  (table) => [primaryKey({ name: "module_versions_pk", columns: [table.moduleId, table.version] })],
);

/** Pictures that the service made: the hash of what was asked → the hash of what was drawn. */
export const assets = pgTable(
  "assets",
  {
    keyHash: text("key_hash").primaryKey(),
    key: object("key").notNull(),
    sha256: text("sha256").notNull(),
    provenance: object("provenance").notNull(),
    createdAt: time("created_at").notNull(),
  },
  (table) => [index("assets_sha256").on(table.sha256)],
);

/** Every state a slot was ever in; the highest version is what it shows. */
export const slotVersions = pgTable(
  "slot_versions",
  {
    sceneId: text("scene_id").notNull(),
    slot: text("slot").notNull(),
    version: integer("version").notNull(),
    /** "" for the scene's own. */
    sha256: text("sha256").notNull(),
    /** SurfaceMaps; null where the picture has none. */
    maps: jsonb("maps").$type<SurfaceMaps>(),
    /** The version whose picture this is: its own, or after a revert an earlier one. Reverting goes on from there. */
    origin: integer("origin").notNull(),
    by: text("by").notNull(),
    at: time("at").notNull(),
  },
  (table) => [primaryKey({ name: "slot_versions_pk", columns: [table.sceneId, table.slot, table.version] })],
);

/** Character cards that were imported; the object is the card's JSON. Rows are only ever added. */
export const cards = pgTable("cards", {
  sha256: text("sha256").primaryKey(),
  by: text("by").notNull(),
  at: time("at").notNull(),
});

export const sceneTags = pgTable(
  "scene_tags",
  {
    sceneId: text("scene_id").notNull(),
    nodeId: text("node_id").notNull(),
    version: integer("version").notNull(),
    /** JSON of a LoraTag; "null" if an editor removed it. */
    tag: text("tag").notNull(),
    by: text("by").notNull(),
    at: time("at").notNull(),
  },
  (table) => [primaryKey({ name: "scene_tags_pk", columns: [table.sceneId, table.nodeId] })],
);

/** What the nodes of scenes keep in mind. */
export const facts = pgTable(
  "facts",
  {
    id: text("id").primaryKey(),
    sceneId: text("scene_id").notNull(),
    nodeId: text("node_id").notNull(),
    text: text("text").notNull(),
    by: text("by").notNull(),
    at: time("at").notNull(),
  },
  (table) => [index("facts_node").on(table.sceneId, table.nodeId, table.at)],
);

/** What was last said at the nodes of scenes. */
export const sceneTalks = pgTable(
  "scene_talks",
  {
    sceneId: text("scene_id").notNull(),
    nodeId: text("node_id").notNull(),
    /** JSON of SpokenLines, oldest first: what a model says, no column of texts or objects takes whole. */
    lines: text("lines").notNull(),
    at: time("at").notNull(),
  },
  (table) => [primaryKey({ name: "scene_talks_pk", columns: [table.sceneId, table.nodeId] })],
);

/** Who changed what, and when. Rows are only ever added. */
export const audit = pgTable("audit", {
  id: bigserial("id", { mode: "number" }).primaryKey(),
  at: time("at").notNull(),
  by: text("by").notNull(),
  action: text("action").notNull(),
  subject: text("subject").notNull(),
  detail: object("detail").notNull(),
});
