/** Bodies, read as they come and no further than their limits. */
import type { Request } from "express";
import { ServiceError } from "../protocol/index.ts";

/** @param what named where it is too large. Errors: UPLOAD_TOO_LARGE. */
export async function receiveBytes(req: Request, bytesMax: number, what: string): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of req) {
    bytes += (chunk as Buffer).length;
    if (bytes > bytesMax) {
      throw new ServiceError("UPLOAD_TOO_LARGE", { file: what, limit: `${bytesMax / 2 ** 20} MB` });
    }
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks);
}

/** Errors: UPLOAD_TOO_LARGE, REQUEST_INVALID for what is not UTF-8. */
export async function receiveText(req: Request, bytesMax: number): Promise<string> {
  const bytes = await receiveBytes(req, bytesMax, "The text");
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new ServiceError("REQUEST_INVALID", {
      where: "body",
      problem: "expected UTF-8 text; save the file as UTF-8",
    });
  }
}
