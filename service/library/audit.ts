import { desc } from "drizzle-orm";
import { tables, type Database } from "../store/index.ts";
import type { AuditEntry } from "./types.ts";

/** Adds a line to the audit trail; called in the transaction of the change itself. */
export async function record(
  db: Pick<Database, "insert">,
  by: string,
  action: string,
  subject: string,
  detail: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  await db.insert(tables.audit).values({ at: Date.now(), by, action, subject, detail });
}

/** The newest entries first. */
export async function readAudit(db: Database, limit: number): Promise<AuditEntry[]> {
  const { at, by, action, subject, detail } = tables.audit;
  return db.select({ at, by, action, subject, detail }).from(tables.audit).orderBy(desc(tables.audit.id)).limit(limit);
}
