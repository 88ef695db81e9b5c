import assert from "node:assert/strict";
import { spawn, spawnSync, type SpawnOptions } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { tempDir } from "../support/temp-dir.ts";

const root = resolve(import.meta.dirname, "../..");

// Stands in for the real command: says which Node options it runs under, then does what its argument says.
const main = `
const [verb, ...rest]: string[] = process.argv.slice(2);
process.on("SIGTERM", () => process.exit(7));
console.log(JSON.stringify({ rest, execArgv: process.execArgv }));
if (verb === "exit") process.exit(Number(rest[0]));
if (verb === "die") process.kill(process.pid, "SIGKILL");
setInterval(() => {}, 1000);
`;

// A Node that does not run TypeScript is what a Node too old looks like.
const tooOld = "--no-strip-types";

/** The bin as a user's install has it: inside node_modules, next to the package that brings Node. */
function installed(): string {
  const modules = join(tempDir(), "node_modules");
  const cli = join(modules, "animula/lora/cli");
  mkdirSync(cli, { recursive: true });
  copyFileSync(join(root, "lora/cli/bin.js"), join(cli, "bin.js"));
  writeFileSync(join(cli, "main.ts"), main);
  writeFileSync(join(modules, "animula/package.json"), '{"type":"module"}');
  symlinkSync(join(root, "node_modules/node"), join(modules, "node"));
  return join(cli, "bin.js");
}

function run(...args: string[]) {
  const env = { ...process.env, NODE_OPTIONS: "" };
  return spawnSync(process.execPath, args, { encoding: "utf8", env });
}

describe("bin", () => {
  it("runs TypeScript from inside node_modules, silently, and gives the exit code back", () => {
    const result = run(installed(), "exit", "3", "b c");
    assert.equal(result.stderr, "");
    assert.deepEqual(JSON.parse(result.stdout), { rest: ["3", "b c"], execArgv: [] });
    assert.equal(result.status, 3);
  });

  it("under a Node too old, runs the same command under the bundled one", () => {
    const result = run(tooOld, installed(), "exit", "4", "b c");
    assert.equal(result.stderr, "");
    assert.deepEqual(JSON.parse(result.stdout), { rest: ["4", "b c"], execArgv: [] });
    assert.equal(result.status, 4);
  });

  it("ends by the signal that ended the command", () => {
    assert.equal(run(tooOld, installed(), "die").signal, "SIGKILL");
  });

  it("passes a signal on", async () => {
    const options: SpawnOptions = { stdio: ["ignore", "pipe", "inherit"], env: { ...process.env, NODE_OPTIONS: "" } };
    const child = spawn(process.execPath, [tooOld, installed(), "wait"], options);
    await once(child.stdout!, "data");
    child.kill("SIGTERM");
    const [code, signal] = (await once(child, "exit")) as [number | null, string | null];
    assert.deepEqual([code, signal], [7, null]);
  });

  it("says what to do where there is no bundled Node", () => {
    const bin = join(tempDir(), "bin.mjs");
    copyFileSync(join(root, "lora/cli/bin.js"), bin);
    const result = run(tooOld, bin);
    assert.match(result.stderr, /expected Node 22.18 or newer, got v.*install a newer Node/s);
    assert.equal(result.status, 1);
  });
});
