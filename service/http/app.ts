/** The HTTP side of the service, on the Express application that shares its port with the rooms. */
import type { Application } from "express";
import helmet from "helmet";
import type { Logger } from "pino";
import type { Access } from "../access/index.ts";
import type { Suggestions } from "../jobs/index.ts";
import type { Library } from "../library/index.ts";
import { paths, ServiceError, type BaseReply } from "../protocol/index.ts";
import { assetRoutes } from "./asset-routes.ts";
import { cardRoutes } from "./card-routes.ts";
import { datasetRoutes } from "./dataset-routes.ts";
import { replyWithError } from "./error-reply.ts";
import { moduleRoutes } from "./module-routes.ts";
import { sceneFiles } from "./scene-files.ts";
import { sessionRoutes } from "./session-routes.ts";
import { studioRoutes, type StudioPage } from "./studio-page.ts";

export interface HttpOptions {
  readonly access: Access;
  readonly library: Library;
  readonly suggestions: Suggestions;
  readonly base: BaseReply;
  readonly studio: StudioPage;
  /** Folder of the demo worlds. */
  readonly scenesDir: string;
  readonly log: Logger;
  /** Rejects while the service cannot do its work. */
  readonly health: () => Promise<Readonly<Record<string, unknown>>>;
}

/** Mounts every route of service/protocol/routes.ts, the studio page and the scenes. */
export function mountHttp(app: Application, options: HttpOptions): void {
  const { access, library, suggestions, base, studio, scenesDir, log, health } = options;
  app.disable("x-powered-by");
  app.set("etag", false);
  app.use(pageHeaders());
  app.get(paths.health, async (_req, res) => {
    try {
      res.json({ status: "ok", ...(await health()) });
    } catch (error) {
      log.error({ err: error }, "unhealthy");
      res.status(503).json({ status: "failing" });
    }
  });
  app.use(paths.assets, assetRoutes(library));
  app.use(paths.session, sessionRoutes(access));
  app.get(paths.base, (_req, res) => {
    res.json(base);
  });
  app.use(paths.datasets, datasetRoutes({ access, library, suggestions, log }));
  app.use(paths.modules, moduleRoutes({ access, library }));
  app.use(paths.cards, cardRoutes({ access, library }));
  app.use(paths.scenes, sceneFiles(scenesDir));
  app.use(studioRoutes(studio));
  app.use((req) => {
    throw new ServiceError("NOT_FOUND", { what: "page", id: req.path.slice(0, 100) });
  });
  app.use(replyWithError(log));
}

/**
 * Babylon compiles shaders, not scripts: it needs WebAssembly for its decoders, blob: for its workers and textures, and
 * inline styles; no eval. Pages may be framed by their own origin only.
 */
function pageHeaders(): ReturnType<typeof helmet> {
  return helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'self'"],
        scriptSrc: ["'self'", "'wasm-unsafe-eval'"],
        workerSrc: ["'self'", "blob:"],
        styleSrc: ["'self'", "'unsafe-inline'"],
        imgSrc: ["'self'", "data:", "blob:"],
        mediaSrc: ["'self'", "data:", "blob:"],
        fontSrc: ["'self'", "data:"],
        connectSrc: ["'self'", "data:", "blob:"],
        objectSrc: ["'none'"],
        baseUri: ["'self'"],
        formAction: ["'self'"],
        frameAncestors: ["'self'"],
      },
    },
    // Whether the way to the service is encrypted is for the proxy before it to know.
    strictTransportSecurity: false,
    referrerPolicy: { policy: "no-referrer" },
  });
}
