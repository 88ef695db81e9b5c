import { createReadStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import { Router, type Request } from "express";
import type { Access } from "../access/index.ts";
import { peftConfigOf } from "../jobs/index.ts";
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
  router.get("/:id/:version/adapter_config.json", async (req, res) => {
    const id = param(req.params["id"]);
    const { path, kind } = await library.moduleFile(id, versionOf(req));
    const config = kind === "voice" ? peftConfigOf(path) : undefined;
    if (config === undefined) throw new ServiceError("NOT_FOUND", { what: "PEFT configuration", id });
    res.attachment("adapter_config.json");
    res.json(config);
  });
  router.get("/:id/:version/file", async (req, res) => {
    const id = param(req.params["id"]);
    const version = versionOf(req);
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

/** Errors: NOT_FOUND. */
function versionOf({ params }: Request): number {
  const version = Number(params["version"]);
  if (Number.isSafeInteger(version) && version >= 1) return version;
  const id = `${param(params["id"])} v${param(params["version"])}`;
  throw new ServiceError("NOT_FOUND", { what: "module", id });
}
