import { join } from "node:path";
import { chooseFiles } from "./choose-files.ts";
import { download, type DownloadOptions } from "./download.ts";
import { readHubModel, type Hub, type HubFile } from "./repository.ts";

export interface PullOptions extends DownloadOptions {
  /** Only this file of the model. */
  readonly file?: string | undefined;
  /** Before the first byte is asked for. */
  readonly onFiles?: ((files: readonly HubFile[]) => void) | undefined;
}

/**
 * Fetches what a base needs of a model into a folder. Run again, it goes on where it was left off and takes nothing twice;
 * each file is compared with the hash that the hub has for it before it gets its name.
 * @returns the folder, or the one file that was asked for
 * @throws HUB_… and the errors of writing files
 */
export async function pullModel(hub: Hub, name: string, folder: string, options: PullOptions = {}): Promise<string> {
  const model = await readHubModel(hub, name);
  const files = chooseFiles(model, options.file);
  options.onFiles?.(files);
  // Weights last: a folder with weights is whole.
  const ordered = files.toSorted((a, b) => a.bytes - b.bytes);
  for (const file of ordered) await download(hub, model, file, join(folder, ...file.path.split("/")), options);
  return options.file === undefined ? folder : join(folder, ...options.file.split("/"));
}
