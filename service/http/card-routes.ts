import express, { Router } from "express";
import type { Access } from "../access/index.ts";
import { cardOfVoice, voiceOfCard, type Library } from "../library/index.ts";
import { cardExportRequest, limits, ServiceError, type CardImportReply } from "../protocol/index.ts";
import { only, readBody } from "./identify.ts";

export interface CardRouteOptions {
  readonly access: Access;
  readonly library: Library;
}

/** Both only translate: who imports sets the tag. */
export function cardRoutes({ access, library }: CardRouteOptions): Router {
  const router = Router();
  router.use(only(access, "change the scene"));
  const json = express.json({ limit: limits.cardBytesMax });
  router.post("/import", json, async (req, res) => {
    const voice = voiceOfCard(req.body);
    const missing: string[] = [];
    for (const { module, version } of voice.modules) if (!(await isThere(module, version))) missing.push(module);
    const modules = voice.modules.filter(({ module }) => !missing.includes(module));
    res.json({ voice: { ...voice, modules }, missing } satisfies CardImportReply);
  });
  router.post("/export", json, (req, res) => {
    const { voice, version } = readBody(cardExportRequest, req.body);
    res.json(cardOfVoice(voice, version));
  });

  const isThere = (module: string, version: number | undefined): Promise<boolean> =>
    library.moduleFile(module, version).then(
      ({ kind }) => kind === "voice",
      (error: unknown) => {
        if (error instanceof ServiceError && error.code === "NOT_FOUND") return false;
        throw error;
      },
    );
  return router;
}
