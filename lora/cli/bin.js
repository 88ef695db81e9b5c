#!/usr/bin/env node
// The `animula` command as npm links it. Plain JavaScript, since the Node that starts it may be too old to run
// TypeScript; then the same command runs again under the Node that the `node` package brings.
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import * as nodeModule from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(import.meta.url);

if (process.features.typescript) {
  nodeModule.enableCompileCache?.(); // in the system's folder for temporary files; halves the time to start
  if (here.includes("node_modules")) allowTypeScriptInNodeModules();
  await import("./main.ts");
} else {
  runUnderBundledNode();
}

/** Node itself strips types only outside of `node_modules`, and an installed package lies inside. */
function allowTypeScriptInNodeModules() {
  const emitWarning = process.emitWarning.bind(process);
  process.emitWarning = () => {}; // the first call announces an experimental feature, which is no news to a user
  nodeModule.stripTypeScriptTypes("");
  process.emitWarning = emitWarning;
  nodeModule.registerHooks({
    load(url, context, nextLoad) {
      if (!url.endsWith(".ts")) return nextLoad(url, context);
      const source = nodeModule.stripTypeScriptTypes(readFileSync(new URL(url), "utf8"));
      return { format: "module", source, shortCircuit: true };
    },
  });
}

function runUnderBundledNode() {
  const child = spawn(bundledNode(), [here, ...process.argv.slice(2)], { stdio: "inherit" });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
    // A terminal's Ctrl-C reaches the child by itself; passing it on would make it a second Ctrl-C.
    const fromTerminal = signal === "SIGINT" && (process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY);
    process.on(signal, () => fromTerminal || child.kill(signal));
  }
  child.on("error", giveUp);
  child.on("exit", (code, signal) => {
    if (signal === null) process.exit(code);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}

function bundledNode() {
  try {
    const nodePackage = dirname(nodeModule.createRequire(here).resolve("node/package.json"));
    return join(nodePackage, "bin", process.platform === "win32" ? "node.exe" : "node");
  } catch (cause) {
    giveUp(cause);
  }
}

function giveUp(cause) {
  console.error(
    `animula: expected Node 22.18 or newer, got ${process.version}, and the bundled one does not start ` +
      `(${cause.message}); install a newer Node, or let npm run the install script of the package "node"`,
  );
  process.exit(1);
}
