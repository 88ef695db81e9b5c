/** The jobs that the service knows, and their rows: written at once where it matters, else about once a second. */
import { EventEmitter } from "node:events";
import { asc, desc, eq, inArray, notInArray } from "drizzle-orm";
import { limits } from "../protocol/index.ts";
import { tables, type Database } from "../store/index.ts";
import type { Log } from "./failure.ts";
import { fromRow, isOver, isTraining, toRow, type Job } from "./job.ts";

const SAVE_EVERY_MS = 1000;
const UNFINISHED = ["queued", "running"];

interface RecordsEvents {
  change: [job: Job];
  remove: [id: string];
}

export class JobRecords extends EventEmitter<RecordsEvents> {
  readonly #db: Database;
  readonly #log: Log;
  readonly #jobs = new Map<string, Job>();
  readonly #timers = new Map<string, NodeJS.Timeout>();
  /** Writes of one job follow each other, so that the newest state is the last one written. */
  readonly #writes = new Map<string, Promise<void>>();

  private constructor(db: Database, log: Log) {
    super();
    this.#db = db;
    this.#log = log;
  }

  /** The unfinished jobs and the newest of the others. */
  static async open(db: Database, log: Log): Promise<JobRecords> {
    const records = new JobRecords(db, log);
    const { jobs } = tables;
    const live = await db.select().from(jobs).where(inArray(jobs.status, UNFINISHED)).orderBy(asc(jobs.createdAt));
    const over = await db
      .select()
      .from(jobs)
      .where(notInArray(jobs.status, UNFINISHED))
      .orderBy(desc(jobs.createdAt))
      .limit(limits.jobsInStateMax);
    for (const row of [...over.toReversed(), ...live]) records.#jobs.set(row.id, fromRow(row));
    return records;
  }

  /** Oldest first. */
  all(): Job[] {
    return [...this.#jobs.values()].toSorted((a, b) => a.state.createdAt - b.state.createdAt);
  }

  get(id: string): Job | undefined {
    return this.#jobs.get(id);
  }

  /** Resolves when the job is durable. */
  async add(job: Job): Promise<void> {
    await this.#db.insert(tables.jobs).values(toRow(job));
    this.#jobs.set(job.state.id, job);
    this.#tell(job);
    this.#forgetOldest();
  }

  /** Something moved: everyone sees it now, the row soon. */
  changed(job: Job): void {
    this.#tell(job);
    const { id } = job.state;
    if (this.#timers.has(id)) return;
    const timer = setTimeout(() => {
      // The next change tries again; a disk that is full must not end the service.
      this.#write(job).catch((error: unknown) => this.#log.error({ err: error, job: id }, "job not saved"));
    }, SAVE_EVERY_MS);
    this.#timers.set(id, timer);
  }

  /** A change of status: everyone sees it now; resolves when it is durable. */
  async save(job: Job): Promise<void> {
    this.#tell(job);
    const write = this.#write(job);
    this.#forgetOldest();
    await write;
  }

  /** A worker may still be ending when its job is forgotten. */
  #tell(job: Job): void {
    if (this.#jobs.has(job.state.id)) this.emit("change", job);
  }

  async remove(id: string): Promise<void> {
    await this.#settle(id);
    await this.#db.delete(tables.jobs).where(eq(tables.jobs.id, id));
    this.#forget(id);
  }

  /** Writes what is not written yet. */
  async close(): Promise<void> {
    const waiting = [...this.#timers.keys()].flatMap((id) => this.#jobs.get(id) ?? []);
    await Promise.allSettled(waiting.map((job) => this.#write(job)));
    await Promise.allSettled(this.#writes.values());
  }

  #write(job: Job): Promise<void> {
    const { id } = job.state;
    clearTimeout(this.#timers.get(id));
    this.#timers.delete(id);
    const before = this.#writes.get(id) ?? Promise.resolve();
    const write = before
      .catch(() => undefined)
      .then(async () => {
        await this.#db.update(tables.jobs).set(toRow(job)).where(eq(tables.jobs.id, id));
      });
    this.#writes.set(id, write);
    const forget = () => {
      if (this.#writes.get(id) === write) this.#writes.delete(id);
    };
    write.then(forget, forget);
    return write;
  }

  async #settle(id: string): Promise<void> {
    clearTimeout(this.#timers.get(id));
    this.#timers.delete(id);
    await this.#writes.get(id)?.catch(() => undefined);
  }

  /** Of those that are over some stay. Drawings come in crowds: they go before any training. Their rows stay. */
  #forgetOldest(): void {
    const over = this.all().filter(({ state }) => isOver(state.status));
    const order = [...over.filter(({ kind }) => kind === "draw"), ...over.filter(isTraining)];
    for (const { state } of order.slice(0, Math.max(0, over.length - limits.jobsInStateMax))) this.#forget(state.id);
  }

  #forget(id: string): void {
    this.#jobs.delete(id);
    this.emit("remove", id);
  }
}
