/**
 * `npm run bench:world`: the running world. How even the state arrives at 100 and 500 players who all move, alone and while
 * a training job runs and 50 of them pull a 1.5 MB asset; how soon a job starts; how soon the studio answers; what a game
 * ships. Every ratio is against a number of the same run.
 */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs, promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import sharp from "sharp";
import { joinStudio, ServiceClient, type StudioConnection } from "../../plugin/core/index.ts";
import { chromiumPath, launchChromium } from "../support/browser.ts";
import { ServiceProcess } from "../support/service-process.ts";
import { median } from "./table.ts";

const { values: options } = parseArgs({
  options: {
    clients: { type: "string", default: "100,500" },
    seconds: { type: "string", default: "20" },
  },
});
const PULLING = 50;
const ASSET_BYTES = 1.5 * 2 ** 20;
const root = join(import.meta.dirname, "../..");
const run = promisify(execFile);
const say = (text: string) => void process.stdout.write(`${text}\n`);
const ms = (value: number) => `${value.toFixed(value < 10 ? 1 : 0)} ms`.padStart(10);

function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

async function crowd(settings: object): Promise<{ gaps: number[]; pulls: number[] }> {
  const script = join(import.meta.dirname, "world-crowd.ts");
  const { stdout } = await run(process.execPath, [script, JSON.stringify(settings)], { maxBuffer: 1 << 28 });
  return JSON.parse(stdout.trim().split("\n").at(-1)!) as { gaps: number[]; pulls: number[] };
}

/** Uploads the demonstration's pictures and waits until a job on them trains. */
async function startJob(
  client: ServiceClient,
  studio: StudioConnection,
): Promise<{ runningMs: number; stepMs: number }> {
  const folder = join(root, "assets/demo/zhangsan");
  const files = readdirSync(folder)
    .filter((name) => name.endsWith(".png"))
    .map((name) => new File([readFileSync(join(folder, name))], name));
  const { id } = await client.createDataset("crowd");
  await client.uploadImages(id, files);
  const start = performance.now();
  const settings = { steps: 100_000, saveSteps: 100_000, batchSize: 4 };
  const { jobId } = await studio.request("train.start", { datasetId: id, name: "crowd", settings });
  const until = (reached: () => boolean): Promise<number> =>
    new Promise((resolve) => {
      const end = studio.onChange(() => {
        if (!reached()) return;
        end();
        resolve(performance.now() - start);
      });
    });
  const job = () => studio.state.jobs.get(jobId);
  const running = until(() => job()?.status === "running");
  const stepping = until(() => (job()?.step ?? 0) > 0);
  return { runningMs: await running, stepMs: await stepping };
}

/** A picture of noise does not compress: its size is what we say it is. */
async function largeAsset(dataDir: string): Promise<string> {
  const side = Math.round(Math.sqrt(ASSET_BYTES / 3));
  const noise = Buffer.from(Float32Array.from({ length: (side * side * 3) / 4 + 1 }, () => Math.random()).buffer);
  const png = await sharp(noise.subarray(0, side * side * 3), { raw: { width: side, height: side, channels: 3 } })
    .png()
    .toBuffer();
  // Straight into the object store: no person uploads an asset.
  const sha256 = createHash("sha256").update(png).digest("hex");
  const folder = join(dataDir, "objects", sha256.slice(0, 2));
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, sha256.slice(2)), png);
  return sha256;
}

async function studioInteractive(url: string): Promise<number> {
  const browser = await launchChromium();
  try {
    const page = await browser.newPage();
    const start = performance.now();
    await page.goto(url);
    await page.getByTestId("node-npc-smith").click({ timeout: 60_000 });
    await page.getByTestId("tab-train").click();
    return performance.now() - start;
  } finally {
    await browser.close();
  }
}

async function runtimeKilobytes(): Promise<number> {
  const { outputFiles } = await build({
    entryPoints: [join(root, "plugin/runtime/index.ts")],
    bundle: true,
    minify: true,
    format: "esm",
    platform: "browser",
    write: false,
    external: ["@babylonjs/*", "@colyseus/sdk", "@colyseus/schema"],
  });
  return gzipSync(outputFiles[0]!.contents).length / 1024;
}

const dataDir = mkdtempSync(join(tmpdir(), "animula-bench-"));
const before = performance.now();
const service = await ServiceProcess.start(dataDir);
try {
  say(`${cpus().length} × ${cpus()[0]?.model}, Node ${process.version}, load before ${loadavg()[0]!.toFixed(2)}`);
  say(`service up, first start                         ${ms(performance.now() - before)}`);
  say(
    `runtime for a game, gzipped                     ${(await runtimeKilobytes()).toFixed(1).padStart(7)} KB   (aim 40)`,
  );
  const client = new ServiceClient({ url: service.url });
  await client.signIn({ role: "editor", name: "bench" });
  const studio = await joinStudio(client);
  const asset = await largeAsset(dataDir);
  const counts = options.clients.split(",").map(Number);
  const common = { url: service.url, editorToken: client.token!, seconds: Number(options.seconds), pulling: PULLING };
  const alone = new Map<number, number>();
  for (const clients of counts) {
    const { gaps } = await crowd({ ...common, clients, asset: "" });
    alone.set(clients, percentile(gaps, 0.95));
    await sleep(1000);
  }
  const { runningMs, stepMs } = await startJob(client, studio);
  say(`job: asked → running / first step               ${ms(runningMs)} /${ms(stepMs)}`);
  for (const clients of counts) {
    const { gaps, pulls } = await crowd({ ...common, clients, asset });
    const [busy, quiet] = [percentile(gaps, 0.95), alone.get(clients)!];
    say(
      `${String(clients).padStart(3)} players, 20 Hz: patch gap p50 / p95          ${ms(median(gaps))} /${ms(busy)}` +
        `   alone p95 ${ms(quiet)}   ratio ${(busy / quiet).toFixed(2)}   asset p95 ${ms(percentile(pulls, 0.95))}`,
    );
  }
  // Last: its editor keeps a place in the scene for a while, and the job goes on behind it.
  if (chromiumPath) say(`studio page until a tab answers                 ${ms(await studioInteractive(service.url))}`);
  await studio.leave();
  client.close();
} finally {
  await service.stop();
  rmSync(dataDir, { recursive: true, force: true });
}
