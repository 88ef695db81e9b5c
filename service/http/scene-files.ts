import express, { Router } from "express";

/** What a world is made of; scripts and notes beside it stay where they are. */
const FILES = /\.(babylon|glb|gltf|bin|json|png|jpe?g|webp|env|ktx2?|dds|hdr|mp3|ogg)$/i;

/** The demo worlds: they are checked for change at every use, as an editor may have saved them anew. */
export function sceneFiles(folder: string): Router {
  const router = Router();
  router.use((req, _res, next) => next(FILES.test(req.path) ? undefined : "router"));
  router.use(
    express.static(folder, {
      index: false,
      redirect: false,
      dotfiles: "ignore",
      etag: true,
      setHeaders: (res) => {
        res.setHeader("cache-control", "no-cache");
        res.setHeader("access-control-allow-origin", "*");
        res.setHeader("cross-origin-resource-policy", "cross-origin");
      },
    }),
  );
  return router;
}
