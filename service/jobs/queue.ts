/** pg-boss as this service uses it: one queue per kind of job, one job of a kind at a time. */
import type { PgBoss } from "pg-boss";
import { jobKinds, type JobKind } from "../protocol/index.ts";

/** The longest that pg-boss knows. A training that takes longer is handed out again, to the run that is still going. */
const EXPIRE_SECONDS = 24 * 3600;
const RETRIES_MAX = 1000;
/** Only a backstop: whoever sends also wakes the worker. */
const POLL_SECONDS = 2;

export class Queue {
  readonly #boss: PgBoss;
  readonly #workers = new Map<JobKind, string>();

  private constructor(boss: PgBoss) {
    this.#boss = boss;
  }

  /**
   * Empties both queues: what was being worked on when the service died belongs to nobody now. The rows of the jobs say
   * what is to be sent again.
   */
  static async open(boss: PgBoss): Promise<Queue> {
    for (const kind of jobKinds) {
      await boss.createQueue(kind, { retryLimit: RETRIES_MAX, expireInSeconds: EXPIRE_SECONDS });
      await boss.deleteAllJobs(kind);
    }
    return new Queue(boss);
  }

  /** `handle` gets one job id after the other; it must not reject. */
  async work(kind: JobKind, handle: (jobId: string) => Promise<void>): Promise<void> {
    const options = { batchSize: 1, pollingIntervalSeconds: POLL_SECONDS };
    const worker = await this.#boss.work<{ jobId: string }>(kind, options, async ([job]) => {
      if (job) await handle(job.data.jobId);
      this.#wake(kind); // the next one need not wait for the poll
    });
    this.#workers.set(kind, worker);
    this.#wake(kind);
  }

  /** Resolves when the queue holds it durably. */
  async send(kind: JobKind, jobId: string): Promise<void> {
    await this.#boss.send(kind, { jobId });
    this.#wake(kind);
  }

  #wake(kind: JobKind): void {
    const worker = this.#workers.get(kind);
    if (worker !== undefined) this.#boss.notifyWorker(worker);
  }

  /** Hands out no more jobs. */
  async close(): Promise<void> {
    for (const kind of this.#workers.keys()) await this.#boss.offWork(kind, { wait: false });
  }
}
