import { errorTable } from "../format/index.ts";

/** Input errors of the adapter area: files that hold LoRA modules. */
export const adapterErrors = errorTable({
  MODULE_NOTHING_APPLIED: (path: string, looksLike: string, remedy: string) =>
    `${path}: expected a LoRA module for this base, got ${looksLike}, of which nothing could be applied; ${remedy}`,
  MODULE_SHAPE: (path: string, key: string, expected: string, got: string, remedy: string) =>
    `${path}: tensor ${key}: expected shape ${expected}, got ${got}; ${remedy}`,
  MODULE_TWICE: (path: string, first: string, second: string) =>
    `${path}: expected each layer once, got it as ${first} and as ${second}; export the module again`,
  MODULE_VALUE: (path: string, key: string, expected: string, got: string) =>
    `${path}: tensor ${key}: expected ${expected}, got ${got}; the module is damaged or its training diverged, use an earlier one`,
  MODULE_OVERFLOW: (path: string, key: string, got: string) =>
    `${path}: tensor ${key}: expected values that half precision can hold (up to 65504), got ${got}; write it as F32`,
  MODULE_CONFIG: (path: string, field: string, expected: string, got: string) =>
    `${path}: ${field}: expected ${expected}, got ${got}; correct it, or export the module again without it`,
  MODULE_FOLDER: (path: string, expected: string) =>
    `${path}: expected a folder with ${expected}, got none of these; name the .safetensors file itself`,
});
