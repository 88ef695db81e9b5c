/** What was typed, checked before a command runs: citty itself ignores options it does not know. */
import { parseArgs } from "node:util";
import type { ArgDef, ArgsDef } from "citty";
import { nearestName } from "../train/index.ts";
import { cliErrors } from "./errors.ts";

/** @throws OPTION_UNKNOWN, OPTION_VALUE_MISSING, OPTION_MISSING, ARGUMENT_UNEXPECTED, ARGUMENT_INVALID */
export function checkArguments(command: string, definitions: ArgsDef, rawArgs: readonly string[]): void {
  const options = Object.entries(definitions).filter(([, { type }]) => type !== "positional");
  const positionals = Object.entries(definitions).filter(([, { type }]) => type === "positional");
  const known = new Map<string, ArgDef>(options.map(([name, definition]) => [`--${name}`, definition]));
  const { tokens } = parseArgs({
    args: [...rawArgs],
    options: Object.fromEntries(
      options.map(([name, { type }]) => [name, { type: type === "boolean" ? type : "string" }]),
    ),
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const given = new Set<string>();
  let places = 0;
  for (const token of tokens) {
    if (token.kind === "positional") {
      if (places >= positionals.length)
        throw cliErrors.ARGUMENT_UNEXPECTED(command, token.value, forStray(command, token.value));
      places++;
    } else if (token.kind === "option") {
      const definition = known.get(token.rawName);
      if (!definition) throw cliErrors.OPTION_UNKNOWN(command, token.rawName, nearestName(token.rawName, known.keys()));
      checkValue(command, token.rawName, definition, token.value, token.inlineValue === true);
      given.add(token.rawName);
    }
  }
  for (const [name, { description = "", required, type }] of Object.entries(definitions)) {
    const isGiven =
      type === "positional" ? places > positionals.findIndex(([other]) => other === name) : given.has(`--${name}`);
    const spelled = type === "positional" ? name.toUpperCase() : `--${name}`;
    if (required && !isGiven) throw cliErrors.OPTION_MISSING(command, spelled, description);
  }
}

function checkValue(
  command: string,
  option: string,
  definition: ArgDef,
  value: string | undefined,
  isInline: boolean,
): void {
  if (definition.type === "boolean") return;
  if (value === undefined) throw cliErrors.OPTION_VALUE_MISSING(command, option, "nothing");
  if (!isInline && value.startsWith("--")) throw cliErrors.OPTION_VALUE_MISSING(command, option, value);
  const { options = [] } = definition as { options?: string[] };
  if (options.length > 0 && !options.includes(value))
    throw cliErrors.ARGUMENT_INVALID(option.slice(2), options.join(" or "), value, options[0]!);
}

const forStray = (command: string, got: string): string =>
  /\.ya?ml$/i.test(got)
    ? `write --config ${got}`
    : `put quotes around a value with spaces, or see animula ${command} --help`;

/** A number from `least` to `most`; undefined if the option was not given. @throws ARGUMENT_INVALID */
export function numberOption(
  option: string,
  text: string | undefined,
  limits: { readonly least: number; readonly most: number; readonly isWhole?: boolean; readonly example: number },
): number | undefined {
  if (text === undefined) return undefined;
  const { least, most, isWhole = true, example } = limits;
  const value = Number(text);
  const isValid = text.trim() !== "" && value >= least && value <= most && (!isWhole || Number.isInteger(value));
  const kind = isWhole ? "a whole number" : "a number";
  if (!isValid) throw cliErrors.ARGUMENT_INVALID(option, `${kind} from ${least} to ${most}`, text, String(example));
  return value;
}
