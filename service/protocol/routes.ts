/** HTTP: paths, bodies and replies. Errors have the status of their code and an ErrorBody. */
import * as z from "zod";
import { limits } from "./limits.ts";
import { displayName } from "./messages.ts";
import { roles } from "./names.ts";

/**
 * POST /api/session. On a machine's own loopback in development nothing more is needed; elsewhere an editor token in
 * `Authorization: Bearer` is: it is renewed, or makes a player token for `sceneId`.
 */
export const sessionRequest = z.strictObject({
  role: z.enum(roles).default("player"),
  name: displayName.optional(),
  /** Scene a player token is good for. */
  sceneId: z.string().max(200).optional(),
});
export interface SessionReply {
  readonly token: string;
  readonly role: "editor" | "player";
  readonly name: string;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
}

/** GET /api/base */
export interface BaseReply {
  readonly name: string;
  readonly hash: string;
  /** Side of its pictures in pixels. */
  readonly side: number;
}

/** POST /api/datasets */
export const datasetRequest = z.strictObject({ name: displayName, nodeId: z.string().max(200).default("") });

/** PUT /api/datasets/:id/captions: image id → caption. */
export const captionsRequest = z.strictObject({
  captions: z.record(z.string().max(100), z.string().max(limits.captionCharsMax)),
});

export interface DatasetImage {
  readonly id: string;
  /** Name the file had on the person's disk. */
  readonly name: string;
  readonly caption: string;
  readonly width: number;
  readonly height: number;
  readonly sha256: string;
}

/** GET /api/datasets/:id */
export interface DatasetReply {
  readonly id: string;
  readonly name: string;
  readonly nodeId: string;
  readonly revision: number;
  readonly images: readonly DatasetImage[];
}

/** POST /api/datasets/:id/images (multipart, any number of files): what was taken and what was not. */
export interface UploadReply {
  readonly added: readonly DatasetImage[];
  readonly refused: readonly {
    readonly name: string;
    readonly code: string;
    readonly params: Readonly<Record<string, string | number>>;
    readonly message: string;
  }[];
}

/** GET /api/datasets/:id/report?lang=en|zh */
export interface ReportReply {
  readonly images: number;
  readonly findings: readonly {
    readonly code: string;
    readonly severity: "error" | "warning" | "advice";
    /** Ids of the pictures it is about; empty if about all. */
    readonly images: readonly string[];
    readonly message: string;
  }[];
  /** Settings the data suggests, for the form's defaults. */
  readonly suggested: { readonly rank: number; readonly learningRate: number; readonly steps: number };
}

/** GET /api/modules, GET /api/modules/:id; the file itself: GET /api/modules/:id/:version/file */
export interface ModuleReply {
  readonly id: string;
  readonly name: string;
  readonly owner: string;
  readonly description: string;
  readonly versions: readonly ModuleVersion[];
}
export interface ModuleVersion {
  readonly version: number;
  readonly sha256: string;
  readonly bytes: number;
  readonly baseHash: string;
  readonly baseModel: string;
  readonly triggerWord: string;
  readonly rank: number;
  readonly preview: string;
  readonly createdAt: number;
  /** Training configuration and hashes of the pictures it was trained on. */
  readonly provenance: Readonly<Record<string, unknown>>;
}
