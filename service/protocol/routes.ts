/** HTTP: paths, bodies and replies. Errors have the status of their code and an ErrorBody. */
import * as z from "zod";
import { limits } from "./limits.ts";
import type { LineReason } from "./line-reasons.ts";
import { displayName } from "./messages.ts";
import { voiceTag, type VoiceTag } from "./tag.ts";
import { moduleKinds, roles, type ModuleKind } from "./names.ts";

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
  /** The language base; absent where there is none. */
  readonly voice?: { readonly name: string; readonly hash: string };
}

/** POST /api/datasets */
export const datasetRequest = z.strictObject({
  name: displayName,
  nodeId: z.string().max(200).default(""),
  kind: z.enum(moduleKinds).default("picture"),
});

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
  readonly kind: ModuleKind;
  readonly images: readonly DatasetImage[];
  /** Number of dialogues; they come by GET /api/datasets/:id/lines. */
  readonly lines: number;
}

/**
 * POST /api/datasets/:id/lines adds, PUT replaces all. The body is text (text/plain or application/x-ndjson, UTF-8): JSON
 * lines or a JSON array as instruction–response, Alpaca, `messages` or ShareGPT; turns as people write them,
 * "player: … / npc: …", a blank line between two dialogues; or an exchange a line, "said → answered" (->, => and a tab do
 * as well). Nothing changes where no line can be used (LINES_NONE).
 */
export interface LinesUploadReply {
  /** Dialogues taken from this body, and all that the data set now has. */
  readonly kept: number;
  readonly total: number;
  /** The first `limits.skippedNamedMax` that could not be used, by their line in the body. */
  readonly skipped: readonly SkippedLine[];
  readonly skippedCount: number;
}
export interface SkippedLine extends LineReason {
  /** From 1; in a JSON array the number of the entry. */
  readonly line: number;
  /** English; `lineReason` gives it in another language. */
  readonly message: string;
}

/** GET /api/datasets/:id/lines?offset=0&limit=100 */
export interface LinesReply {
  readonly total: number;
  readonly offset: number;
  readonly dialogues: readonly DialogueLine[];
}
export interface DialogueLine {
  readonly messages: readonly { readonly role: "system" | "user" | "assistant"; readonly content: string }[];
}

/**
 * POST /api/cards/import: a character card of version 2 or 3, as JSON or as the picture that has it inside (image/png;
 * base64 under `chara` or `ccv3`).
 */
export interface CardImportReply {
  /** Its `card` is the hash under which the library keeps the card. */
  readonly voice: VoiceTag;
  /** Modules that the card names and this library does not have; they are left out of `voice`. */
  readonly missing: readonly string[];
}

/**
 * POST /api/cards/export → the card's JSON, or a PNG of `portrait` (hash of an asset) with the card inside. A voice that was
 * imported keeps its card's version and every other key. Errors: CARD_UNKNOWN where its card is not in this library.
 */
export const cardExportRequest = z.strictObject({
  voice: voiceTag,
  version: z.enum(["2", "3"]).optional(),
  portrait: z.string().max(64).optional(),
});

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

/** POST /api/datasets/:id/suggestions: captions of what varies in these pictures. Nothing is saved; who asked does that. */
export const suggestionsRequest = z.strictObject({
  images: z.array(z.string().max(100)).min(1).max(limits.imagesPerSuggestionMax),
  language: z.enum(["en", "zh"]).default("en"),
});
export interface SuggestionsReply {
  /** A picture that cannot be read, or is not there any more, is left out. */
  readonly suggestions: readonly {
    readonly image: string;
    readonly caption: string;
    /** How sure the model is of the least sure word, 0 to 1. */
    readonly confidence: number;
  }[];
}

/**
 * GET /api/modules, GET /api/modules/:id; the file itself: GET /api/modules/:id/:version/file. Of a voice it is PEFT's
 * `adapter_model.safetensors`; what PEFT wants beside it: GET /api/modules/:id/:version/adapter_config.json
 */
export interface ModuleReply {
  readonly id: string;
  readonly name: string;
  readonly owner: string;
  readonly description: string;
  readonly kind: ModuleKind;
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
