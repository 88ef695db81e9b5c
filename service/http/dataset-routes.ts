import express, { Router } from "express";
import type { Logger } from "pino";
import type { Access } from "../access/index.ts";
import type { Library } from "../library/index.ts";
import type { Suggestions } from "../jobs/index.ts";
import { captionsRequest, datasetRequest, limits, ServiceError, suggestionsRequest } from "../protocol/index.ts";
import { identityOf, only, readBody } from "./identify.ts";
import { receiveImages } from "./receive-images.ts";
import { receiveText } from "./receive-text.ts";

export interface DatasetRouteOptions {
  readonly access: Access;
  readonly library: Library;
  readonly suggestions: Suggestions;
  readonly log: Logger;
}

export function datasetRoutes({ access, library, suggestions, log }: DatasetRouteOptions): Router {
  const router = Router();
  const reads = only(access, "read data sets");
  const changes = only(access, "change data sets");
  const json = express.json({ limit: limits.jsonBytesMax });

  router.get("/", reads, async (_req, res) => {
    res.json(await library.getDatasets());
  });
  router.post("/", changes, json, async (req, res) => {
    const { name, nodeId, kind } = readBody(datasetRequest, req.body);
    res.status(201).json(await library.createDataset({ name, nodeId, kind, owner: identityOf(req).name }));
  });
  router.get("/:id", reads, async (req, res) => {
    res.json(await library.getDataset(param(req.params["id"])));
  });
  router.delete("/:id", changes, async (req, res) => {
    await library.removeDataset(param(req.params["id"]), identityOf(req).name);
    res.status(204).end();
  });
  router.post("/:id/images", changes, async (req, res) => {
    const id = param(req.params["id"]);
    await library.datasetSummary(id); // says NOT_FOUND before anything is sent
    res.json(await receiveImages(req, { library, datasetId: id, by: identityOf(req).name, log }));
  });
  router.delete("/:id/images/:image", changes, async (req, res) => {
    await library.removeImage(param(req.params["id"]), param(req.params["image"]), identityOf(req).name);
    res.status(204).end();
  });
  router.put("/:id/captions", changes, json, async (req, res) => {
    const { captions } = readBody(captionsRequest, req.body);
    await library.setCaptions(param(req.params["id"]), captions, identityOf(req).name);
    res.status(204).end();
  });
  router.post("/:id/suggestions", changes, json, async (req, res) => {
    const { images, language } = readBody(suggestionsRequest, req.body);
    res.json(await suggestions.suggest(param(req.params["id"]), images, language));
  });
  router.get("/:id/lines", reads, async (req, res) => {
    const offset = queryNumber(req.query["offset"], "offset", 0, limits.linesPerDatasetMax);
    const limit = queryNumber(req.query["limit"], "limit", LINES_SHOWN, limits.linesPerDatasetMax);
    res.json(await library.getLines(param(req.params["id"]), offset, limit));
  });
  for (const [method, mode] of [["post", "add"] as const, ["put", "replace"] as const]) {
    router[method]("/:id/lines", changes, async (req, res) => {
      const id = param(req.params["id"]);
      await library.datasetSummary(id); // says NOT_FOUND before anything is sent
      res.json(await library.putLines(id, await receiveText(req, limits.linesBytesMax), mode, identityOf(req).name));
    });
  }
  router.get("/:id/report", reads, async (req, res) => {
    const lang = req.query["lang"] === "zh" ? "zh" : "en";
    res.json(await library.report(param(req.params["id"]), lang));
  });
  return router;
}

const LINES_SHOWN = 100;

/** Errors: REQUEST_INVALID. */
function queryNumber(value: unknown, where: string, otherwise: number, most: number): number {
  if (value === undefined) return otherwise;
  const number = typeof value === "string" && /^\d+$/.test(value) ? Number(value) : NaN;
  if (number <= most) return number;
  throw new ServiceError("REQUEST_INVALID", { where, problem: `expected a whole number up to ${most}` });
}

/** One path segment. */
export function param(value: string | string[] | undefined): string {
  return typeof value === "string" ? value : "";
}
