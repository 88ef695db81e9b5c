/** The schema, step by step: a released step never changes, a change of the tables is a new step at the end. */
import { sql } from "drizzle-orm";
import type { Database } from "./database.ts";

const migrations: readonly string[] = [
  `
  CREATE TABLE datasets (
    id text PRIMARY KEY, name text NOT NULL, node_id text NOT NULL, owner text NOT NULL,
    revision integer NOT NULL, created_at bigint NOT NULL
  );
  CREATE TABLE images (
    id text PRIMARY KEY, dataset_id text NOT NULL REFERENCES datasets (id) ON DELETE CASCADE, position integer NOT NULL,
    name text NOT NULL, caption text NOT NULL, width integer NOT NULL, height integer NOT NULL,
    sha256 text NOT NULL, original_sha256 text NOT NULL, added_at bigint NOT NULL
  );
  CREATE INDEX images_dataset ON images (dataset_id, position);
  CREATE INDEX images_sha256 ON images (sha256);
  CREATE INDEX images_original ON images (original_sha256);
  CREATE TABLE jobs (
    id text PRIMARY KEY, kind text NOT NULL, status text NOT NULL, node_id text NOT NULL, owner text NOT NULL,
    request jsonb NOT NULL, progress jsonb NOT NULL,
    created_at bigint NOT NULL, started_at bigint NOT NULL, ended_at bigint NOT NULL
  );
  CREATE INDEX jobs_created ON jobs (created_at);
  CREATE TABLE modules (
    id text PRIMARY KEY, name text NOT NULL, name_key text NOT NULL, owner text NOT NULL, description text NOT NULL,
    created_at bigint NOT NULL
  );
  CREATE UNIQUE INDEX modules_name ON modules (name_key);
  CREATE TABLE module_versions (
    module_id text NOT NULL REFERENCES modules (id), version integer NOT NULL, sha256 text NOT NULL,
    bytes bigint NOT NULL, base_hash text NOT NULL, base_model text NOT NULL, trigger_word text NOT NULL,
    rank integer NOT NULL, preview text NOT NULL, provenance jsonb NOT NULL, created_at bigint NOT NULL,
    CONSTRAINT module_versions_pk PRIMARY KEY (module_id, version)
  );
  CREATE TABLE assets (
    key_hash text PRIMARY KEY, key jsonb NOT NULL, sha256 text NOT NULL, provenance jsonb NOT NULL,
    created_at bigint NOT NULL
  );
  CREATE INDEX assets_sha256 ON assets (sha256);
  CREATE TABLE slot_versions (
    scene_id text NOT NULL, slot text NOT NULL, version integer NOT NULL, sha256 text NOT NULL, origin integer NOT NULL,
    by text NOT NULL, at bigint NOT NULL,
    CONSTRAINT slot_versions_pk PRIMARY KEY (scene_id, slot, version)
  );
  CREATE TABLE scene_tags (
    scene_id text NOT NULL, node_id text NOT NULL, version integer NOT NULL, tag text NOT NULL,
    by text NOT NULL, at bigint NOT NULL,
    CONSTRAINT scene_tags_pk PRIMARY KEY (scene_id, node_id)
  );
  CREATE TABLE audit (
    id bigserial PRIMARY KEY, at bigint NOT NULL, by text NOT NULL, action text NOT NULL, subject text NOT NULL,
    detail jsonb NOT NULL
  );
  `,
  // Voices.
  `
  ALTER TABLE datasets ADD COLUMN kind text NOT NULL DEFAULT 'picture';
  ALTER TABLE datasets ADD COLUMN lines integer NOT NULL DEFAULT 0;
  ALTER TABLE datasets ADD COLUMN lines_sha256 text NOT NULL DEFAULT '';
  ALTER TABLE modules ADD COLUMN kind text NOT NULL DEFAULT 'picture';
  CREATE TABLE facts (
    id text PRIMARY KEY, scene_id text NOT NULL, node_id text NOT NULL, text text NOT NULL, by text NOT NULL,
    at bigint NOT NULL
  );
  CREATE INDEX facts_node ON facts (scene_id, node_id, at);
  `,
  // What was said.
  `
  CREATE TABLE scene_talks (
    scene_id text NOT NULL, node_id text NOT NULL, lines text NOT NULL, at bigint NOT NULL,
    CONSTRAINT scene_talks_pk PRIMARY KEY (scene_id, node_id)
  );
  `,
  // Maps of textures.
  `
  ALTER TABLE slot_versions ADD COLUMN maps jsonb;
  `,
  // Character cards beside their tags.
  `
  CREATE TABLE cards (sha256 text PRIMARY KEY, by text NOT NULL, at bigint NOT NULL);
  `,
];

/** Two services on one PostgreSQL start one after the other: whoever holds this lock migrates. */
const MIGRATION_LOCK = 7_281_953;

/** Brings the database to the newest schema; each step whole or not at all. */
export async function migrate(db: Database): Promise<void> {
  await db.transaction(async (tx) => {
    await tx.execute(sql`SELECT pg_advisory_xact_lock(${MIGRATION_LOCK})`);
    await tx.execute(sql`CREATE TABLE IF NOT EXISTS animula_schema (version integer NOT NULL)`);
    const { rows } = (await tx.execute(sql`SELECT max(version) AS version FROM animula_schema`)) as unknown as {
      rows: { version: number | null }[];
    };
    for (const [index, step] of migrations.entries()) {
      if (index < (rows[0]?.version ?? 0)) continue;
      for (const statement of step.split(";")) if (statement.trim() !== "") await tx.execute(sql.raw(statement));
      await tx.execute(sql`INSERT INTO animula_schema (version) VALUES (${index + 1})`);
    }
  });
}
