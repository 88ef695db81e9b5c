/** One process owns a data folder: a file `lock` in it names the owner. */
import { randomUUID } from "node:crypto";
import { linkSync, readFileSync, renameSync, statSync, unlinkSync, utimesSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { ServiceError } from "../protocol/index.ts";

/** The owner touches its lock this often; one on another machine counts as gone after three missed beats. */
const BEAT_MS = 5_000;
const SILENT_MS = 3 * BEAT_MS;
const ATTEMPTS_MAX = 5;

interface Owner {
  readonly id: string;
  readonly pid: number;
  readonly host: string;
  /** Start time of the process in the kernel's ticks, "" where the system does not say: process numbers are used again. */
  readonly startedAt: string;
}

export interface FolderLock {
  release(): void;
}

/**
 * Takes the lock of a folder, from a dead owner too.
 * Errors: DATA_FOLDER_IN_USE.
 */
export function lockFolder(folder: string): FolderLock {
  const path = join(folder, "lock");
  const mine: Owner = { id: randomUUID(), pid: process.pid, host: hostname(), startedAt: startTicks(process.pid) };
  const draft = `${path}.${mine.id}`;
  writeFileSync(draft, JSON.stringify(mine), { mode: 0o600 });
  try {
    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
      if (tryLink(draft, path)) return keep(path, mine);
      const owner = readOwner(path);
      if (owner === undefined) continue; // released just now
      if (isAlive(owner, path)) throw new ServiceError("DATA_FOLDER_IN_USE", { folder, pid: owner.pid });
      putAside(path, owner);
    }
    throw new ServiceError("DATA_FOLDER_IN_USE", { folder, pid: "?" });
  } finally {
    unlinkSync(draft);
  }
}

/** A link appears whole or not at all, and never replaces another process's lock. */
function tryLink(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

function keep(path: string, mine: Owner): FolderLock {
  const beat = setInterval(() => {
    const now = new Date();
    try {
      utimesSync(path, now, now);
    } catch {
      // The folder is gone or read-only; the owner's next write says so to a person.
    }
  }, BEAT_MS);
  beat.unref();
  return {
    release() {
      clearInterval(beat);
      if (readOwner(path)?.id === mine.id) unlinkSync(path);
    },
  };
}

/** Removes the lock of a dead owner. Another process may be doing the same: what is put aside must be what was read. */
function putAside(path: string, dead: Owner): void {
  const aside = `${path}.${randomUUID()}`;
  try {
    renameSync(path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
    throw error;
  }
  if (readOwner(aside)?.id !== dead.id) tryLink(aside, path);
  unlinkSync(aside);
}

function readOwner(path: string): Owner | undefined {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
  try {
    const { id, pid, host, startedAt } = JSON.parse(text) as Partial<Owner>;
    return { id: id ?? "", pid: pid ?? 0, host: host ?? hostname(), startedAt: startedAt ?? "" };
  } catch {
    return { id: "", pid: 0, host: hostname(), startedAt: "" }; // not written by us: nobody's
  }
}

function isAlive(owner: Owner, path: string): boolean {
  if (owner.host !== hostname()) return Date.now() - statSync(path).mtimeMs < SILENT_MS;
  if (owner.pid <= 0) return false;
  try {
    process.kill(owner.pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EPERM") return false;
  }
  return startTicks(owner.pid) === owner.startedAt;
}

function startTicks(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // Field 22, counted after the command name, which may hold spaces and brackets.
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "";
  } catch {
    return "";
  }
}
