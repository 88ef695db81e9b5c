/** The command; runs when imported. Compiled code is kept between runs: that takes a third off the start. */
import { enableCompileCache } from "node:module";

enableCompileCache();
const { runCommand } = await import("./command.ts");
await runCommand(process.argv.slice(2));
