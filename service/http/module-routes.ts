import { createReadStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import { Router } from "express";
import type { Access } from "../access/index.ts";
import type { Library } from "../library/index.ts";
import { ServiceError } from "../protocol/index.ts";
import { param } from "./dataset-routes.ts";
import { only } from "./identify.ts";

export interface ModuleRouteOptions {
  readonly access: Access;
  readonly library: Library;
}

export function moduleRoutes({ access, library }: ModuleRouteOptions): Router {
  const router = Router();
  router.use(only(access, "read modules"));
  router.get("/", async (_req, res) => {
    res.json(await library.listModules());
  });
  router.get("/:id", async (req, res) => {
    res.json(await library.getModule(param(req.params["id"])));
  });
  router.get("/:id/:version/file", async (req, res) => {
    const id = param(req.params["id"]);
    const version = Number(req.params["version"]);
    if (!Number.isSafeInteger(version) || version < 1) {
      throw new ServiceError("NOT_FOUND", { what: "module", id: `${id} v${param(req.params["version"])}` });
    }
    const file = await library.moduleFile(id, version);
    const { bytes } = (await library.getModule(id)).versions.find((each) => each.version === version) ?? {};
    res.setHeader("content-type", "application/octet-stream");
    res.setHeader("content-length", String(bytes));
    res.setHeader("etag", `"${file.sha256}"`);
    res.attachment(`${file.name}-v${version}.safetensors`);
    await pipeline(createReadStream(file.path), res);
  });
  return router;
}
