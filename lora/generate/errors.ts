import { errorTable } from "../format/index.ts";

export const generateErrors = errorTable({
  MODULE_UNKNOWN: (name: string, known: string) =>
    `prompt: <lora:${name}:…>: expected a module that is loaded (${known}), got "${name}"; give its file with --lora or put it into the folder named by --lora-dir`,
  PROMPT_TOO_LONG: (most: number, got: number) =>
    `prompt: expected at most ${most} tokens, which the base can read, got ${got}; leave out the oldest messages`,
  SIZE_INVALID: (key: string, step: number, got: number) =>
    `${key}: expected a positive multiple of ${step}, got ${got}; choose the nearest multiple`,
});
