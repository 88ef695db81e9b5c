import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, existsSync, readFileSync, truncateSync } from "node:fs";
import { rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import type { DatasetReply, SessionReply, UploadReply } from "../../service/protocol/index.ts";
import { ServiceProcess } from "../support/service-process.ts";
import { TALKER } from "./jobs/workbench.ts";
import { sha256 } from "./library/open-library.ts";
import { png } from "./library/sample-pictures.ts";
import { freshFolder } from "./store/fresh-folder.ts";

const MAIN = join(import.meta.dirname, "../../service/main.ts");
const secret = "f81d4fae7dec11d0a76500a0c91e6bf6f81d4fae7dec11d0";

/** What the command prints and how it ends, for a run that ends by itself. */
async function run(args: readonly string[], env: Record<string, string>) {
  const child = spawn(process.execPath, [MAIN, ...args], { env: { ...process.env, ...env }, stdio: "pipe" });
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  if (child.exitCode === null) await once(child, "exit");
  return { exitCode: child.exitCode, stdout, stderr };
}

const post = (url: string, body: unknown, token = "") =>
  fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json", ...(token && { authorization: `Bearer ${token}` }) },
    body: JSON.stringify(body),
  });

describe("the service as a process", function () {
  this.timeout(600_000);
  let folder: string;
  let service: ServiceProcess | undefined;

  before(async () => {
    folder = await freshFolder();
  });
  afterEach(async () => {
    await service?.kill();
    service = undefined;
  });
  after(() => rm(folder, { recursive: true }));

  it("R8 comes back from kill -9 with everything it acknowledged", async () => {
    service = await ServiceProcess.start(folder);
    assert.deepEqual(service.output, [`Animula is ready: ${service.url}`]);
    const { token } = (await (
      await post(`${service.url}/api/session`, { role: "editor", name: "Ada" })
    ).json()) as SessionReply;
    const { id } = (await (await post(`${service.url}/api/datasets`, { name: "Smith" }, token)).json()) as DatasetReply;
    const form = new FormData();
    for (const seed of [1, 2, 3]) form.append("images", new Blob([Uint8Array.from(await png(seed))]), `${seed}.png`);
    const headers = { authorization: `Bearer ${token}` };
    const reply = await fetch(`${service.url}/api/datasets/${id}/images`, { method: "POST", headers, body: form });
    const { added } = (await reply.json()) as UploadReply;
    await service.kill();
    assert.equal(added.length, 3);

    service = await ServiceProcess.start(folder);
    // The token is good for the new process too: its secret was kept.
    const dataset = (await (await fetch(`${service.url}/api/datasets/${id}`, { headers })).json()) as DatasetReply;
    assert.deepEqual(dataset.images, added);
    for (const image of added) {
      const bytes = await (await fetch(`${service.url}/assets/${image.sha256}`)).arrayBuffer();
      assert.equal(sha256(new Uint8Array(bytes)), image.sha256);
    }
  });

  it("ends cleanly when asked, and says so by its exit", async () => {
    const child = spawn(process.execPath, [MAIN, "--port", "0", "--data", folder], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    const [line] = (await once(child.stdout, "data")) as [Buffer];
    assert.match(line.toString(), /^Animula is ready: http:\/\/127\.0\.0\.1:\d+\n$/);
    assert.equal(existsSync(join(folder, "lock")), true);
    child.kill("SIGTERM");
    assert.deepEqual(await once(child, "exit"), [0, null]);
    assert.equal(existsSync(join(folder, "lock")), false);
  });

  it("keeps its folder and its port to itself, and tells a second one", async () => {
    service = await ServiceProcess.start(folder);
    const second = await run(["--port", "0", "--data", folder], {});
    assert.equal(second.exitCode, 1);
    assert.equal(
      second.stderr,
      `Animula cannot start. The data folder ${folder} is in use by process ${service.pid}; ` +
        "stop that one, or choose another folder with --data\n",
    );
    assert.equal((await fetch(`${service.url}/health`)).status, 200);
  });

  it("says what to do about a port that is taken, and lets go of the folder", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await once(other, "listening");
    const { port } = other.address() as AddressInfo;
    const { exitCode, stderr } = await run(["--port", String(port), "--data", folder], {});
    other.close();
    assert.equal(exitCode, 1);
    assert.match(stderr, /another program uses it already; stop that one, or choose another port with --port\n$/);
    assert.equal(existsSync(join(folder, "lock")), false);
  });

  it("R22 does not start without the language model that it was told to speak with", async () => {
    const absent = join(folder, "no-llama");
    const cut = join(folder, "cut-llama");
    cpSync(TALKER, cut, { recursive: true });
    truncateSync(join(cut, "model.safetensors"), 100);
    for (const [base, problem] of [
      [absent, /expected a folder with a language model .* got nothing there; check the path\n$/],
      [folder, /got a folder without config\.json; check the path\n$/],
      [cut, /model\.safetensors/],
    ] as const) {
      const { exitCode, stdout, stderr } = await run(["--port", "0", "--data", folder, "--voice-base", base], {});
      assert.deepEqual([exitCode, stdout], [1, ""], stderr);
      assert.ok(stderr.startsWith("Animula cannot start. --voice-base (ANIMULA_VOICE_BASE): "), stderr);
      assert.match(stderr, problem);
      assert.doesNotMatch(stderr, /\n {4}at /);
    }
    assert.equal(existsSync(join(folder, "lock")), false);
  });

  it("R1 is refused a start with no secret or a default one outside development", async () => {
    for (const env of [{}, { ANIMULA_SECRET: "change-me" }] as Record<string, string>[]) {
      const { exitCode, stderr } = await run(["--data", folder], { NODE_ENV: "production", ...env });
      assert.equal(exitCode, 1);
      assert.match(stderr, /^Animula cannot start\. ANIMULA_SECRET: /);
    }
  });

  it("R1 outside development knows editors by the token it was asked for on its own machine", async () => {
    const env = { NODE_ENV: "production", ANIMULA_SECRET: secret };
    const { stdout } = await run(["token", "--name", "Ada", "--data", folder], env);
    service = await ServiceProcess.start(folder, { env });
    assert.equal((await post(`${service.url}/api/session`, { role: "editor" })).status, 401);
    const session = await post(`${service.url}/api/session`, { role: "editor" }, stdout.trim());
    assert.equal(((await session.json()) as SessionReply).name, "Ada");
    // Neither tokens nor the secret reach the log.
    const log = readFileSync(join(folder, "service.log"), "utf8");
    assert.equal(log.includes(stdout.trim()) || log.includes(secret), false);
  });

  it("tells pages of foreign sites nothing, also where the rooms answer", async () => {
    service = await ServiceProcess.start(folder);
    const origin = "https://evil.example";
    for (const [method, path] of [
      ["OPTIONS", "/api/session"],
      ["POST", "/api/session"],
      ["POST", "/matchmake/joinOrCreate/scene"],
      ["GET", "/api/base"],
    ] as const) {
      const reply: Response = await fetch(service.url + path, { method, headers: { origin } });
      assert.equal(reply.headers.get("access-control-allow-origin"), null, `${method} ${path}`);
      assert.equal(reply.headers.get("access-control-allow-credentials"), null, `${method} ${path}`);
      const local: Response = await fetch(service.url + path, { method, headers: { origin: "http://localhost:5173" } });
      assert.equal(local.headers.get("access-control-allow-origin"), "http://localhost:5173", `${method} ${path}`);
      assert.equal(local.headers.get("access-control-allow-credentials"), "true", `${method} ${path}`);
    }
  });
});
