import { errorTable } from "../format/index.ts";

/** Input errors of the command line itself. */
export const cliErrors = errorTable({
  COMMAND_UNKNOWN: (got: string, known: string, near: string | undefined) =>
    `animula: expected a command (${known}), got "${got}"; ${near ? `did you mean "${near}"?` : "see animula --help"}`,
  ACTION_UNKNOWN: (command: string, known: string, got: string) =>
    `animula ${command}: expected ${known}, got "${got}"; see animula ${command} --help`,
  OPTION_UNKNOWN: (command: string, got: string, near: string | undefined) =>
    `animula ${command}: expected a known option, got ${got}; ${near ? `did you mean ${near}?` : `see animula ${command} --help`}`,
  OPTION_MISSING: (command: string, expected: string, meaning: string) =>
    `animula ${command}: expected ${expected} (${meaning}), got nothing; see animula ${command} --help`,
  OPTION_VALUE_MISSING: (command: string, option: string, got: string) =>
    `animula ${command}: expected a value after ${option}, got ${got}; write ${option} VALUE, or ${option}=VALUE for one that begins with --`,
  ARGUMENT_UNEXPECTED: (command: string, got: string, remedy: string) =>
    `animula ${command}: expected only options from there on, got "${got}"; ${remedy}`,
  ARGUMENT_INVALID: (option: string, expected: string, got: string, example: string) =>
    `--${option}: expected ${expected}, got "${got}"; write for example --${option} ${example}`,
  FOLDER_NOT_FOUND: (option: string, path: string) =>
    `--${option} ${path}: expected a folder, got nothing there or a file; check the path (relative paths start at the current directory)`,
  DATA_NOT_CLEAN: (dir: string) =>
    `${dir}: expected clean data (strict), got the findings above; fix them or drop --strict`,
});
