/** A body of text, read as it comes and no further than its limit. */
import type { Request } from "express";
import { ServiceError } from "../protocol/index.ts";

/** Errors: UPLOAD_TOO_LARGE, REQUEST_INVALID for what is not UTF-8. */
export async function receiveText(req: Request, bytesMax: number): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of req) {
    bytes += (chunk as Buffer).length;
    if (bytes > bytesMax) {
      throw new ServiceError("UPLOAD_TOO_LARGE", { file: "The text", limit: `${bytesMax / 2 ** 20} MB` });
    }
    chunks.push(chunk as Buffer);
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(Buffer.concat(chunks));
  } catch {
    throw new ServiceError("REQUEST_INVALID", {
      where: "body",
      problem: "expected UTF-8 text; save the file as UTF-8",
    });
  }
}
