import { errorTable } from "../format/index.ts";

/** Input errors of training. `where` is `file` or `file:line`. */
export const trainErrors = errorTable({
  CONFIG_NOT_READABLE: (file: string, reason: string) =>
    `${file}: expected a YAML file that can be read, got ${reason}; check the path and the permissions`,
  CONFIG_TOO_LARGE: (file: string, most: number, got: number) =>
    `${file}: expected a configuration of at most ${most} characters, got ${got}; this is not a training configuration`,
  CONFIG_YAML: (where: string, reason: string) =>
    `${where}: expected valid YAML, got an error: ${reason}; write one "key: value" on each line and indent with spaces`,
  CONFIG_NOT_KEYS: (where: string, got: string) =>
    `${where}: expected lines of the form "key: value", got ${got}; start from the example in the README`,
  CONFIG_KEY_UNKNOWN: (where: string, key: string, advice: string) =>
    `${where}: expected a known key, got "${key}"; ${advice}`,
  CONFIG_KEY_TWICE: (where: string, key: string, other: string, otherLine: number) =>
    `${where}: expected each setting once, got "${key}" although line ${otherLine} has "${other}", which means the same; remove one`,
  CONFIG_KEY_MISSING: (file: string, key: string, meaning: string) =>
    `${file}: expected the key "${key}" (${meaning}), got nothing; add a line "${key}: …"`,
  CONFIG_VALUE: (where: string, key: string, expected: string, got: string, remedy: string) =>
    `${where}: ${key}: expected ${expected}, got ${got}; ${remedy}`,
  CONFIG_CONFLICT: (where: string, expected: string, got: string, remedy: string) =>
    `${where}: expected ${expected}, got ${got}; ${remedy}`,
  CONFIG_OPTIMIZER_UNKNOWN: (where: string, key: string, known: string, got: string) =>
    `${where}: ${key}: expected one of ${known}, got ${got}; write "${key}: AdamW"`,

  CHECKPOINT_FOREIGN: (path: string) =>
    `${path}: expected a checkpoint of this run, got one with other settings, pictures or base; set "resume: never" to start anew, or another output_dir`,
  LOSS_NOT_FINITE: (what: string, step: number, got: number, restored: string) =>
    `training: expected a finite ${what} at step ${step}, got ${got}; ${restored}. Lower learning_rate (half is a good start), check the pictures, or raise the precision`,
  MEMORY_TOO_SMALL: (needMb: number, haveMb: number, advice: string) =>
    `training: expected ${needMb} MB of free memory for these settings, got ${haveMb} MB; ${advice}`,
  DIALOGUES_NONE: (path: string, first: string) =>
    `${path}: expected at least one dialogue to train on, got none (first: ${first}); raise max_length or fix the ones reported above`,
  SAMPLES_NONE: (dir: string) =>
    `${dir}: expected at least one usable picture, got none; add pictures or fix the ones reported above`,
});
