import express, { Router } from "express";
import type { Access } from "../access/index.ts";
import { cardInPicture, cardOfVoice, pictureOfCard, voiceOfCard, type Library } from "../library/index.ts";
import { cardExportRequest, limits, ServiceError, type CardImportReply } from "../protocol/index.ts";
import { identityOf, only, readBody } from "./identify.ts";
import { receiveBytes } from "./receive-text.ts";

export interface CardRouteOptions {
  readonly access: Access;
  readonly library: Library;
}

/** An import keeps the card; who imports sets the tag that names it. */
export function cardRoutes({ access, library }: CardRouteOptions): Router {
  const router = Router();
  router.use(only(access, "change the scene"));
  const json = express.json({ limit: limits.cardBytesMax });
  router.post("/import", json, async (req, res) => {
    const isPicture = req.is("image/png") === "image/png";
    const sent: unknown = isPicture
      ? cardInPicture(await receiveBytes(req, limits.cardPictureBytesMax, "The picture"))
      : req.body;
    const { voice, card } = voiceOfCard(sent);
    const missing: string[] = [];
    for (const { module, version } of voice.modules) if (!(await isThere(module, version))) missing.push(module);
    const modules = voice.modules.filter(({ module }) => !missing.includes(module));
    const hash = await library.keepCard(card, identityOf(req).name);
    res.json({ voice: { ...voice, modules, card: hash }, missing } satisfies CardImportReply);
  });
  router.post("/export", json, async (req, res) => {
    const { voice, version, portrait } = readBody(cardExportRequest, req.body);
    const imported = { voice, card: await library.cardOf(voice) };
    if (portrait === undefined) {
      res.json(cardOfVoice(imported, version));
      return;
    }
    const picture = await library.readAsset(portrait);
    if (!picture) throw new ServiceError("NOT_FOUND", { what: "picture", id: portrait });
    res.type("image/png").send(await pictureOfCard(imported, picture, version));
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
