import { EventEmitter } from "node:events";
import { copyFile } from "node:fs/promises";
import type { BaseDefaults } from "../../lora/index.ts";
import type {
  DatasetImage,
  DatasetReply,
  Language,
  LinesReply,
  LinesUploadReply,
  LoraTag,
  MemoryFact,
  ModuleReply,
  ReportReply,
  SlotHistoryEntry,
  VoiceTag,
} from "../protocol/index.ts";
import type { Store } from "../store/index.ts";
import { Assets } from "./assets.ts";
import { readAudit } from "./audit.ts";
import { Cards, type CardFields } from "./cards.ts";
import { folderName, writeDatasetFolder } from "./dataset-folder.ts";
import { Datasets } from "./datasets.ts";
import { Lines, refuseOtherKind } from "./lines.ts";
import { Memories } from "./memories.ts";
import { Modules } from "./modules.ts";
import { ObjectKeeper } from "./object-keeper.ts";
import { reportOn } from "./quality-report.ts";
import { Scenes } from "./scenes.ts";
import type {
  AuditEntry,
  DatasetSummary,
  ModuleFile,
  NewDataset,
  NewImage,
  NewModuleVersion,
  PublishedModule,
  SceneRecord,
  SpokenLine,
  ShownPicture,
  ShownVersion,
} from "./types.ts";

interface LibraryEvents {
  /** A data set was made, changed or removed: its id. */
  dataset: [id: string];
  /** A module got a new version: its id. */
  module: [id: string];
  /** A picture's bytes are gone: their hash. */
  erased: [sha256: string];
}

export interface LibraryOptions {
  /** Side of the base's pictures, pixels: what the report compares with. */
  readonly side: number;
  /** What the base suggests for training, if anything. */
  readonly training?: BaseDefaults;
}

/** Data sets, modules, assets and scenes. Every change is durable when its promise resolves, and leaves a line in the audit. */
export class Library extends EventEmitter<LibraryEvents> {
  readonly #store: Store;
  readonly #base: LibraryOptions;
  readonly #datasets: Datasets;
  readonly #lines: Lines;
  readonly #modules: Modules;
  readonly #assets: Assets;
  readonly #cards: Cards;
  readonly #scenes: Scenes;
  readonly #memories: Memories;

  constructor(store: Store, base: LibraryOptions) {
    super();
    this.setMaxListeners(0); // every room listens
    const keeper = new ObjectKeeper(store, (sha256) => this.emit("erased", sha256));
    this.#store = store;
    this.#base = base;
    this.#datasets = new Datasets(store, keeper);
    this.#lines = new Lines(store, keeper);
    this.#modules = new Modules(store, keeper);
    this.#assets = new Assets(store);
    this.#cards = new Cards(store, keeper);
    this.#scenes = new Scenes(store, this.#cards);
    this.#memories = new Memories(store);
  }

  async createDataset(dataset: NewDataset): Promise<DatasetReply> {
    const made = await this.#datasets.create(dataset);
    this.emit("dataset", made.id);
    return made;
  }
  /** Newest first. */
  listDatasets(): Promise<DatasetSummary[]> {
    return this.#datasets.list();
  }
  /** Newest first, with their pictures. */
  getDatasets(): Promise<DatasetReply[]> {
    return this.#datasets.getAll();
  }
  /** Errors: NOT_FOUND. */
  datasetSummary(id: string): Promise<DatasetSummary> {
    return this.#datasets.summary(id);
  }
  /** Errors: NOT_FOUND. */
  getDataset(id: string): Promise<DatasetReply> {
    return this.#datasets.get(id);
  }
  /** Errors: NOT_FOUND, TOO_MANY_IMAGES, UPLOAD_TOO_LARGE, NOT_AN_IMAGE, IMAGE_TOO_LARGE, DISK_FULL. */
  async addImage(id: string, image: NewImage, by: string): Promise<DatasetImage> {
    const added = await this.#datasets.addImage(id, image, by);
    this.emit("dataset", id);
    return added;
  }
  /** Picture id → caption. Errors: NOT_FOUND; then none changes. */
  async setCaptions(id: string, captions: Readonly<Record<string, string>>, by: string): Promise<void> {
    await this.#datasets.setCaptions(id, captions, by);
    this.emit("dataset", id);
  }
  async removeImage(id: string, imageId: string, by: string): Promise<void> {
    await this.#datasets.removeImage(id, imageId, by);
    this.emit("dataset", id);
  }
  /** Dialogues of a voice's. Errors: NOT_FOUND, WRONG_KIND. */
  getLines(id: string, offset: number, limit: number): Promise<LinesReply> {
    return this.#lines.get(id, offset, limit);
  }
  /** Errors: NOT_FOUND, WRONG_KIND, LINES_NONE, TOO_MANY_LINES, UPLOAD_TOO_LARGE, DISK_FULL; then nothing changes. */
  async putLines(id: string, text: string, mode: "add" | "replace", by: string): Promise<LinesUploadReply> {
    const reply = await this.#lines.put(id, text, mode, by);
    this.emit("dataset", id);
    return reply;
  }
  /**
   * Copies the dialogues to a file of JSON lines. Returns the hash of the lines.
   * Errors: NOT_FOUND, WRONG_KIND, DATASET_WITHOUT_LINES.
   */
  async exportLines(id: string, file: string): Promise<string> {
    const { sha256, path } = await this.#lines.object(id);
    await copyFile(path, file);
    return sha256;
  }
  async removeDataset(id: string, by: string): Promise<void> {
    await this.#datasets.remove(id, by);
    this.emit("dataset", id);
  }
  /**
   * Writes the clean pictures and their captions to a folder the trainer reads; a second call brings it up to date.
   * The files stay whatever happens to the data set later. Returns the hashes of the pictures, in their order.
   */
  async exportDataset(id: string, folder: string): Promise<string[]> {
    await this.#datasets.summary(id);
    const images = await this.#datasets.rows(id);
    await writeDatasetFolder(this.#store.objects, images, folder);
    return images.map(({ sha256 }) => sha256);
  }
  /** Some of the pictures without their captions: file in `folder` → picture. Errors: NOT_FOUND, WRONG_KIND. */
  async layOutPictures(id: string, imageIds: readonly string[], folder: string): Promise<Map<string, string>> {
    refuseOtherKind(await this.#datasets.summary(id), "picture");
    const wanted = new Set(imageIds);
    const images = (await this.#datasets.rows(id)).filter((image) => wanted.has(image.id));
    const bare = images.map((image) => ({ ...image, caption: "" }));
    await writeDatasetFolder(this.#store.objects, bare, folder);
    return new Map(images.map((image) => [folderName(image.position), image.id]));
  }
  /** On pictures. Errors: NOT_FOUND, WRONG_KIND. */
  async report(id: string, lang: Language, triggerWord?: string): Promise<ReportReply> {
    const summary = await this.#datasets.summary(id);
    refuseOtherKind(summary, "picture");
    const { name } = summary;
    const images = await this.#datasets.rows(id);
    const { objects, temporaryDir: temporary } = this.#store;
    return reportOn({ objects, temporary, name, images, lang, base: this.#base, triggerWord });
  }

  /** Errors: NAME_INVALID, MODULE_INVALID, DISK_FULL. */
  async publishModule(module: NewModuleVersion): Promise<PublishedModule> {
    const published = await this.#modules.publish(module);
    this.emit("module", published.moduleId);
    return published;
  }
  listModules(): Promise<ModuleReply[]> {
    return this.#modules.list();
  }
  /** Errors: NOT_FOUND. */
  getModule(id: string): Promise<ModuleReply> {
    return this.#modules.get(id);
  }
  /** The newest version if none is named. Errors: NOT_FOUND. */
  moduleFile(id: string, version?: number): Promise<ModuleFile> {
    return this.#modules.file(id, version);
  }

  /** The asset made for this very key, if there is one. */
  findAsset(key: Readonly<Record<string, unknown>>): Promise<string | undefined> {
    return this.#assets.find(key);
  }
  saveAsset(
    key: Readonly<Record<string, unknown>>,
    bytes: Uint8Array,
    provenance: Readonly<Record<string, unknown>> = {},
  ): Promise<string> {
    return this.#assets.save(key, bytes, provenance);
  }
  /** The bytes of an asset or of a data set's picture; nothing else that is stored. */
  async readAsset(sha256: string): Promise<Buffer | undefined> {
    return (await this.#assets.isPublic(sha256)) ? this.#store.objects.read(sha256) : undefined;
  }
  isAsset(sha256: string): Promise<boolean> {
    return this.#assets.isPublic(sha256);
  }

  /** Its hash, for the tag of who was imported from it. Errors: DISK_FULL. */
  keepCard(card: CardFields, by: string): Promise<string> {
    return this.#cards.keep(card, by);
  }
  /** What the voice was imported from, whole; undefined if it was none. Errors: CARD_UNKNOWN. */
  cardOf(voice: VoiceTag): Promise<CardFields | undefined> {
    return this.#cards.of(voice);
  }
  /** The tag as it is kept: a card that stands in it whole goes into the library. Errors: DISK_FULL. */
  keptTag(tag: LoraTag, by: string): Promise<LoraTag> {
    return this.#cards.outOf(tag, by);
  }

  loadScene(sceneId: string): Promise<SceneRecord> {
    return this.#scenes.load(sceneId);
  }
  setSlot(sceneId: string, slot: string, shown: ShownPicture, by: string): Promise<number> {
    return this.#scenes.setSlot(sceneId, slot, shown, by);
  }
  /** Errors: REQUEST_INVALID where there is nothing to go back to. */
  revertSlot(sceneId: string, slot: string, by: string): Promise<ShownVersion> {
    return this.#scenes.revertSlot(sceneId, slot, by);
  }
  /** Newest first. */
  slotHistory(sceneId: string, slot: string): Promise<SlotHistoryEntry[]> {
    return this.#scenes.slotHistory(sceneId, slot);
  }
  setTag(sceneId: string, nodeId: string, tag: LoraTag | null, by: string): Promise<number> {
    return this.#scenes.setTag(sceneId, nodeId, tag, by);
  }

  /** What a node keeps in mind, oldest first. */
  facts(sceneId: string, nodeId: string): Promise<MemoryFact[]> {
    return this.#memories.list(sceneId, nodeId);
  }
  /** Errors: MEMORY_FULL. */
  addFact(sceneId: string, nodeId: string, text: string, by: string): Promise<void> {
    return this.#memories.add(sceneId, nodeId, text, by);
  }
  /** Node id → what was last said there, oldest first. */
  talks(sceneId: string): Promise<ReadonlyMap<string, readonly SpokenLine[]>> {
    return this.#memories.talks(sceneId);
  }
  keepTalk(sceneId: string, nodeId: string, lines: readonly SpokenLine[]): Promise<void> {
    return this.#memories.keepTalk(sceneId, nodeId, lines);
  }
  /** One fact; or all, and what was said, where none is named. Errors: NOT_FOUND. */
  forgetFacts(sceneId: string, nodeId: string, factId: string | undefined, by: string): Promise<void> {
    return this.#memories.forget(sceneId, nodeId, factId, by);
  }

  /** The newest entries first. */
  audit(limit = 100): Promise<AuditEntry[]> {
    return readAudit(this.#store.db, limit);
  }
}
