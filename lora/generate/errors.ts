import { errorTable } from "../format/index.ts";

export const generateErrors = errorTable({
  MODULE_UNKNOWN: (name: string, known: string) =>
    `prompt: <lora:${name}:…>: expected a module that is loaded (${known}), got "${name}"; give its file with --lora or put it into the folder named by --lora-dir`,
  PROMPT_TOO_LONG: (most: number, got: number) =>
    `prompt: expected at most ${most} tokens, which the base can read, got ${got}; leave out the oldest messages`,
  SCHEMA_INVALID: (at: string, expected: string, got: string) =>
    `schema ${at}: expected ${expected}, got ${got}; correct the schema`,
  SCHEMA_UNSUPPORTED: (at: string, known: string) =>
    `schema ${at}: expected only what replies can be held to (there: ${known}), got a keyword beyond it; leave it out or say it in these`,
  SCHEMA_VOCABULARY: (path: string) =>
    `base_model ${path}: expected a vocabulary with a token for every byte, as a schema needs, got one without; choose another base or leave the schema out`,
  SIZE_INVALID: (key: string, step: number, got: number) =>
    `${key}: expected a positive multiple of ${step}, got ${got}; choose the nearest multiple`,
});
