/** The `animula` command. Runs when imported: `bin.js` chooses the Node that runs it. */
import { readFileSync } from "node:fs";
import { stripVTControlCharacters } from "node:util";
import { defineCommand, renderUsage, runCommand, type ArgsDef, type CommandDef } from "citty";
import { AnimulaError } from "../format/index.ts";
import { nearestName } from "../train/index.ts";
import { checkArguments } from "./command-line.ts";
import { autoLabelCommand } from "./commands/auto-label.ts";
import { checkCommand } from "./commands/check.ts";
import { demoCommand } from "./commands/demo.ts";
import { generateCommand } from "./commands/generate.ts";
import { mapsCommand } from "./commands/maps.ts";
import { modelsCommand } from "./commands/models.ts";
import { sayCommand } from "./commands/say.ts";
import { trainCommand } from "./commands/train.ts";
import { upscaleCommand } from "./commands/upscale.ts";
import { cliErrors } from "./errors.ts";

/** 0: done; 1: a fault of ours, or `check --strict` found something; 2: input; 128 + signal: cancelled. */
const EXIT_INPUT_ERROR = 2;
const EXIT_FAULT = 1;

const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
  version: string;
};
const commands: Readonly<Record<string, CommandDef>> = {
  train: plain(trainCommand),
  generate: plain(generateCommand),
  say: plain(sayCommand),
  check: plain(checkCommand),
  "auto-label": plain(autoLabelCommand),
  maps: plain(mapsCommand),
  upscale: plain(upscaleCommand),
  models: plain(modelsCommand),
  demo: plain(demoCommand),
};
const main = defineCommand({
  meta: { name: "animula", version, description: "Train, mix and draw with LoRA modules, without Python." },
  subCommands: commands,
});

// `animula check … | head` closes the pipe early: what is left to say is lost, what is left to do goes on.
for (const stream of [process.stdout, process.stderr])
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
  });

try {
  await run(process.argv.slice(2));
} catch (error) {
  report(error);
}

/** Forgets the types of a command's own options, which are checked before it runs. */
function plain<Options extends ArgsDef>(command: CommandDef<Options>): CommandDef {
  return command as unknown as CommandDef;
}

async function run([name, ...rawArgs]: string[]): Promise<void> {
  if (name === undefined || name === "help" || isHelp(name)) return showUsage(main);
  if (name === "--version" || name === "-v") {
    process.stdout.write(`${version}\n`);
    return;
  }
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  const known = Object.keys(commands);
  if (!command) throw cliErrors.COMMAND_UNKNOWN(name, known.join(", "), nearestName(name, known));
  if (rawArgs.some(isHelp)) return showUsage(command, main);
  checkArguments(name, command.args as ArgsDef, rawArgs);
  await runCommand(command, { rawArgs });
}

function isHelp(argument: string): boolean {
  return argument === "--help" || argument === "-h";
}

async function showUsage(command: CommandDef, parent?: CommandDef): Promise<void> {
  const usage = await renderUsage(command, parent);
  process.stdout.write(`${process.stdout.isTTY ? usage : stripVTControlCharacters(usage)}\n`);
}

function report(error: unknown): void {
  if (error instanceof AnimulaError) {
    process.stderr.write(`\nanimula: ${error.code}\n${error.message}\n`);
    process.exitCode = EXIT_INPUT_ERROR;
  } else {
    const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
    process.stderr.write(`\nanimula: this should not happen; please report it with what you did\n${message}\n`);
    process.exitCode = EXIT_FAULT;
  }
}
