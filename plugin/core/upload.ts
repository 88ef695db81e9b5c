import { limits, ServiceError, type UploadReply } from "../../service/protocol/index.ts";

/** A browser's `File` is one. */
export type UploadFile = Blob & { readonly name: string };

export interface UploadProgress {
  readonly filesDone: number;
  readonly filesTotal: number;
  readonly bytesDone: number;
  readonly bytesTotal: number;
}

export interface UploadOptions {
  /** Called after every few pictures. */
  readonly onProgress?: (progress: UploadProgress) => void;
  readonly signal?: AbortSignal;
}

/** Small requests, so that progress moves and a failure costs little; browsers tell nothing within one. */
const batchFilesMax = 8;
const batchBytesMax = 8 * 2 ** 20;
const requestsAtOnce = 2;

export function batchesOf(files: readonly UploadFile[]): UploadFile[][] {
  const batches: UploadFile[][] = [];
  let bytes = 0;
  for (const file of files) {
    const last = batches.at(-1);
    if (last === undefined || last.length === batchFilesMax || bytes + file.size > batchBytesMax) {
      batches.push([file]);
      bytes = file.size;
    } else {
      last.push(file);
      bytes += file.size;
    }
  }
  return batches;
}

function refusal(file: UploadFile): UploadReply["refused"][number] {
  const limit = `${limits.imageBytesMax / 2 ** 20} MiB`;
  return { name: file.name, ...new ServiceError("UPLOAD_TOO_LARGE", { file: file.name, limit }).toBody() };
}

/** Sends all files by `send`, two requests at a time. Too large ones are refused here: sending them is in vain. */
export async function uploadInBatches(
  files: readonly UploadFile[],
  options: UploadOptions,
  send: (form: FormData, signal: AbortSignal | undefined) => Promise<UploadReply>,
): Promise<UploadReply> {
  const small = files.filter((file) => file.size <= limits.imageBytesMax);
  const added: UploadReply["added"][number][] = [];
  const refused = files.filter((file) => file.size > limits.imageBytesMax).map(refusal);
  const progress = {
    filesDone: refused.length,
    filesTotal: files.length,
    bytesDone: 0,
    bytesTotal: small.reduce((sum, file) => sum + file.size, 0),
  };
  const batches = batchesOf(small);
  let failed = false;

  const worker = async (): Promise<void> => {
    for (let batch = batches.shift(); batch !== undefined && !failed; batch = batches.shift()) {
      options.signal?.throwIfAborted();
      const form = new FormData();
      for (const file of batch) form.append("images", file, file.name);
      try {
        const reply = await send(form, options.signal);
        added.push(...reply.added);
        refused.push(...reply.refused);
      } catch (error) {
        failed = true; // the other worker stops too
        throw error;
      }
      progress.filesDone += batch.length;
      progress.bytesDone += batch.reduce((sum, file) => sum + file.size, 0);
      options.onProgress?.({ ...progress });
    }
  };
  options.onProgress?.({ ...progress });
  await Promise.all(Array.from({ length: requestsAtOnce }, worker));
  return { added, refused };
}
