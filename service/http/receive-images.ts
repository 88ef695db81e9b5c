/** Multipart uploads: one picture after the other goes from the socket to the disk, never whole into memory. */
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { Busboy, type BusboyHeaders } from "@fastify/busboy";
import type { Request } from "express";
import type { Logger } from "pino";
import type { Library } from "../library/index.ts";
import { limits, ServiceError, type DatasetImage, type UploadReply } from "../protocol/index.ts";
import { toServiceError } from "./error-reply.ts";

export interface ReceiveOptions {
  readonly library: Library;
  readonly datasetId: string;
  readonly by: string;
  readonly log: Logger;
}

/**
 * Takes the pictures of a request. One that is refused does not stop the others.
 * Errors: REQUEST_INVALID for a body that is no multipart form; DISK_FULL and INTERNAL, which the next picture would meet too.
 */
export async function receiveImages(req: Request, options: ReceiveOptions): Promise<UploadReply> {
  const form = openForm(req);
  const reply = { added: [] as DatasetImage[], refused: [] as UploadReply["refused"][number][] };
  let fatal: ServiceError | undefined;
  let work = Promise.resolve();
  const open = new Set<Readable>();

  const take = async (name: string, file: Readable): Promise<void> => {
    if (fatal) {
      file.resume();
      return;
    }
    try {
      const image = { name, data: readToEnd(file) };
      reply.added.push(await options.library.addImage(options.datasetId, image, options.by));
    } catch (error) {
      const failure = toServiceError(error, options.log, "upload");
      if (failure.status >= 500 || failure.code === "NOT_FOUND") fatal = failure;
      else {
        options.log.info({ dataset: options.datasetId, name, code: failure.code, params: failure.params }, "refused");
        reply.refused.push({ name, ...failure.toBody() });
      }
    }
  };
  form.on("file", (_field, file, name) => {
    open.add(file);
    file.once("close", () => open.delete(file));
    // Busboy reports a broken body on the file too; `take` meets it when it reads, or not at all.
    file.on("error", () => undefined);
    work = work.then(() => take(name, file));
  });
  form.once("filesLimit", () => {
    const limit = limits.imagesPerUploadMax;
    reply.refused.push({ name: "…", ...new ServiceError("TOO_MANY_IMAGES", { limit }).toBody() });
  });

  try {
    await pipeline(req, form);
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    fatal ??= new ServiceError("REQUEST_INVALID", { where: "upload", problem });
    for (const file of open) file.destroy(fatal);
  }
  await work;
  if (fatal) throw fatal;
  return reply;
}

function openForm(req: Request): InstanceType<typeof Busboy> {
  try {
    return new Busboy({
      headers: req.headers as BusboyHeaders,
      limits: {
        files: limits.imagesPerUploadMax,
        // One more than allowed, so that the store sees that there is more.
        fileSize: limits.imageBytesMax + 1,
        fields: 10,
        fieldSize: limits.jsonBytesMax,
        headerPairs: 50,
        headerSize: 16 * 1024,
      },
    });
  } catch {
    throw new ServiceError("REQUEST_INVALID", {
      where: "content-type",
      problem: "expected multipart/form-data with a boundary; send the pictures as a form with files",
    });
  }
}

/** The file's bytes; what a reader leaves unread is thrown away, so that the next file of the form can come. */
async function* readToEnd(file: Readable): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of file.iterator({ destroyOnReturn: false })) yield chunk as Uint8Array;
  } finally {
    file.resume();
  }
}
