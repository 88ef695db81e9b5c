import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const created: string[] = [];

// Registered where this module is first imported: at the top of a test file, so on mocha's root suite.
afterEach(() => {
  for (const path of created.splice(0)) rmSync(path, { recursive: true, force: true });
});

/** A new empty folder that is gone after the running test; call it inside `it` or `beforeEach`, not in `before`. */
export function tempDir(): string {
  const path = mkdtempSync(join(tmpdir(), "animula-"));
  created.push(path);
  return path;
}
