/** The `animula` command. Runs when imported: `bin.js` chooses the Node that runs it. */
import { defineCommand, runCommand, showUsage } from "citty";
import { AnimulaError } from "../format/index.ts";
import { checkCommand } from "./commands/check.ts";
import { demoCommand } from "./commands/demo.ts";
import { generateCommand } from "./commands/generate.ts";
import { trainCommand } from "./commands/train.ts";

const EXIT_INPUT_ERROR = 2;
const EXIT_FAULT = 1;

const main = defineCommand({
  meta: { name: "animula", version: "0.1.0", description: "Train, mix and draw with LoRA modules, without Python." },
  subCommands: { train: trainCommand, generate: generateCommand, check: checkCommand, demo: demoCommand },
});

const rawArgs = process.argv.slice(2);
try {
  if (rawArgs.length === 0 || rawArgs[0] === "--help" || rawArgs[0] === "-h") await showUsage(main);
  else await runCommand(main, { rawArgs });
} catch (error) {
  const isInput = error instanceof AnimulaError;
  const message = isInput
    ? `${error.code}\n${error.message}`
    : error instanceof Error
      ? (error.stack ?? error.message)
      : String(error);
  process.stderr.write(`\nanimula: ${message}\n`);
  process.exitCode = isInput ? EXIT_INPUT_ERROR : EXIT_FAULT;
}
