import { errorTable } from "../format/index.ts";

/** Input errors of data. */
export const dataErrors = errorTable({
  DATASET_NOT_FOUND: (dir: string, got: string) =>
    `${dir}: expected a folder with pictures, got ${got}; check the path (relative paths start at the current directory)`,
  DATASET_EMPTY: (dir: string, extensions: string) =>
    `${dir}: expected pictures (${extensions}), got none; put them in this folder or in subfolders named like 10_zhangsan`,
  DATASET_UNREADABLE: (dir: string, count: number, first: string) =>
    `${dir}: expected at least one readable picture, got ${count} that cannot be read (first: ${first}); export them again as PNG or JPEG`,
  METADATA_NOT_READABLE: (file: string, reason: string) =>
    `${file}: expected a metadata.csv or metadata.jsonl, got ${reason}; correct metadata_path or leave it out`,
  LABELS_EXIST: (file: string) =>
    `${file}: expected no caption file, got one; add --overwrite to replace it, or name another with --output`,
  IMAGE_NOT_READABLE: (file: string, reason: string) =>
    `${file}: expected a picture, got ${reason}; export it again as PNG or JPEG, or remove it`,
  IMAGE_ANIMATED: (file: string, frames: number) =>
    `${file}: expected one picture, got ${frames} frames or pages; export the one you want as PNG`,
  IMAGE_TOO_LARGE: (file: string, pixelsMax: number, width: number, height: number) =>
    `${file}: expected at most ${Math.round(pixelsMax / 1e5) / 10} million pixels, got ${width}×${height}; reduce it or cut it into parts`,
  TEXT_NOT_FOUND: (path: string, got: string) =>
    `${path}: expected a file with dialogues (.jsonl, .ndjson or .json) or a folder with such files, got ${got}; check the path (relative paths start at the current directory)`,
  TEXT_TOO_LARGE: (file: string, mostMb: number, gotMb: number) =>
    `${file}: expected at most ${mostMb} MB of dialogues, got ${gotMb} MB; take a part of it`,
  TEXT_NOT_JSON: (file: string, reason: string) =>
    `${file}: expected a JSON array, got an error: ${reason}; correct it, or write one JSON object on each line`,
  TEXT_ALL_BROKEN: (path: string, count: number, first: string) =>
    `${path}: expected at least one dialogue, got ${count} lines that are none (first: ${first}); write one on each line, as {"instruction": "…", "response": "…"}`,
  BUCKETS_EMPTY: (resolution: string, min: number, max: number, step: number) =>
    `buckets: expected sides from ${min} to ${max} in steps of ${step} around ${resolution}, got no size that fits; widen the range or choose a smaller step`,
});
