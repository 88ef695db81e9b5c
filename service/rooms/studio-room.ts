import { Room } from "@colyseus/core";
import { demand } from "../access/index.ts";
import type { JobSnapshot } from "../jobs/index.ts";
import { limits, ServiceError, StudioState, studioMessages } from "../protocol/index.ts";
import { answerMessages, type Handlers, type RoomClient } from "./answers.ts";
import { mirrorDataset, mirrorJob, mirrorModule, newJobState } from "./mirror.ts";
import { keepPlace } from "./places.ts";
import type { RoomServices } from "./services.ts";

/** Data sets, jobs and modules, live, for editors. What it shows lives in library and jobs; the room only mirrors it. */
export abstract class StudioRoom extends Room<{ state: StudioState; client: RoomClient }> {
  override maxMessagesPerSecond = limits.messagesPerSecondMax;
  /** Undoes what `onCreate` began to listen to. */
  readonly #listening: (() => void)[] = [];
  protected abstract readonly services: RoomServices;

  override async onCreate(): Promise<void> {
    const { library, jobs, voices, log } = this.services;
    const state = new StudioState();
    state.baseModel = jobs.base.name;
    state.baseSide = jobs.base.side;
    state.baseHash = jobs.base.hash;
    state.voiceBase = voices.base?.name ?? "";
    state.voiceBaseHash = voices.base?.hash ?? "";
    state.voiceStepsPerLine = voices.base?.stepsPerLine ?? 0;
    this.state = state;
    for (const job of jobs.list()) this.#showJob(job);
    // Listening begins before reading, so that nothing falls between.
    this.#listen(jobs, "job", (job: Readonly<JobSnapshot>) => this.#showJob(job));
    this.#listen(jobs, "removed", (id: string) => void state.jobs.delete(id));
    this.#listen(library, "dataset", (id: string) => this.#soon(() => this.#readDataset(id)));
    this.#listen(library, "module", (id: string) => this.#soon(() => this.#readModule(id)));
    for (const dataset of await library.listDatasets()) {
      state.datasets.set(dataset.id, mirrorDataset(state.datasets.get(dataset.id), dataset));
    }
    for (const module of await library.listModules()) this.#showModule(module);
    const permit = ({ auth }: RoomClient) => demand(auth, "run jobs");
    answerMessages(this, { messages: studioMessages, handlers: this.#handlers(), permit, log });
  }

  override onDispose(): void {
    for (const stop of this.#listening) stop();
  }

  override onDrop(client: RoomClient, code?: number): void {
    keepPlace(this, client, code);
  }

  #handlers(): Handlers<typeof studioMessages> {
    const { jobs } = this.services;
    return {
      "train.start": ({ auth }, message) => jobs.startTraining(message, auth),
      "voice.train": ({ auth }, message) => jobs.startVoiceTraining(message, auth),
      "job.cancel": (_client, { jobId }) => jobs.cancel(jobId),
      "job.resume": ({ auth }, { jobId }) => jobs.resume(jobId, auth),
      "job.remove": (_client, { jobId }) => jobs.remove(jobId),
      draw: ({ auth }, message) => jobs.draw(message, auth),
      upscale: ({ auth }, message) => jobs.retouching.upscale(message, auth.name),
      maps: ({ auth }, message) => jobs.retouching.maps(message, auth.name),
      "module.publish": ({ auth }, message) => jobs.publish(message, auth),
    };
  }

  #showJob(job: Readonly<JobSnapshot>): void {
    const shown = this.state.jobs.get(job.id);
    if (shown) mirrorJob(shown, job);
    else this.state.jobs.set(job.id, newJobState(job));
  }

  #showModule(module: Parameters<typeof mirrorModule>[1]): void {
    const { modules } = this.state;
    const known = modules.get(module.id);
    const state = mirrorModule(known, module);
    if (state && !known) modules.set(module.id, state);
  }

  async #readDataset(id: string): Promise<void> {
    const { datasets } = this.state;
    try {
      const dataset = await this.services.library.datasetSummary(id);
      const known = datasets.get(id);
      // Two changes may be read in the reverse order.
      if (known && known.revision > dataset.revision) return;
      const state = mirrorDataset(known, dataset);
      if (!known) datasets.set(id, state);
    } catch (error) {
      if (!(error instanceof ServiceError) || error.code !== "NOT_FOUND") throw error;
      datasets.delete(id);
    }
  }

  async #readModule(id: string): Promise<void> {
    this.#showModule(await this.services.library.getModule(id));
  }

  #soon(read: () => Promise<void>): void {
    read().catch((error: unknown) => this.services.log.error({ err: error }, "studio room not brought up to date"));
  }

  #listen<T>(source: NodeJS.EventEmitter, event: string, heed: (value: T) => void): void {
    source.on(event, heed);
    this.#listening.push(() => void source.off(event, heed));
  }
}
