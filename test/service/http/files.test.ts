import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { join } from "node:path";
import { transform } from "esbuild";
import sharp from "sharp";
import { openStudioPage } from "../../../service/http/index.ts";
import type { ModuleReply } from "../../../service/protocol/index.ts";
import { ADA, openLibrary, sha256, type OpenLibrary } from "../library/open-library.ts";
import { png, stream } from "../library/sample-pictures.ts";
import { failure, openHttp, type HttpService } from "./http-service.ts";

/** The status for a path exactly as written; fetch tidies it up first. */
function statusOf(url: string, path: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url);
    const sent = request({ hostname, port, path }, (reply) => {
      reply.resume();
      resolve(reply.statusCode ?? 0);
    });
    sent.on("error", reject);
    sent.end();
  });
}

/** Bundlers that this process started, by /proc. */
function bundlerPids(): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        const status = readFileSync(`/proc/${pid}/status`, "utf8");
        return (
          /^Name:\s+esbuild/m.test(status) && !/^State:\s+Z/m.test(status) && status.includes(`PPid:\t${process.pid}\n`)
        );
      } catch {
        return false; // gone meanwhile
      }
    });
}

describe("files over HTTP", function () {
  this.timeout(300_000);
  let library: OpenLibrary;
  let http: HttpService;
  let studioDir: string;
  let scenesDir: string;

  before(async () => {
    library = await openLibrary();
    studioDir = join(library.folder, "studio");
    scenesDir = join(library.folder, "scenes");
    await mkdir(studioDir);
    await mkdir(scenesDir);
    http = await openHttp({ library, studioDir, scenesDir });
  });
  after(async () => {
    await http.close();
    await library.close();
  });

  describe("assets", () => {
    it("R18 need no token, never change and may be kept for ever", async () => {
      const bytes = await png(1, 300, 200);
      const hash = await library.library.saveAsset({ n: 1 }, bytes);
      const reply = await http.request("GET", `/assets/${hash}`);
      assert.equal(reply.status, 200);
      assert.equal(sha256(new Uint8Array(await reply.arrayBuffer())), hash);
      const expected = {
        "cache-control": "public, max-age=31536000, immutable",
        etag: `"${hash}"`,
        "content-type": "image/png",
        "content-length": String(bytes.length),
        "x-content-type-options": "nosniff",
        "access-control-allow-origin": "*",
        "cross-origin-resource-policy": "cross-origin",
        "content-security-policy": "default-src 'none'; sandbox",
      };
      for (const [name, value] of Object.entries(expected)) assert.equal(reply.headers.get(name), value, name);
      for (const tag of [`"${hash}"`, `W/"${hash}"`, `"x", "${hash}"`]) {
        const again = await http.request("GET", `/assets/${hash}`, { headers: { "if-none-match": tag } });
        assert.deepEqual([again.status, (await again.arrayBuffer()).byteLength], [304, 0]);
      }
      const head = await http.request("HEAD", `/assets/${hash}`);
      assert.equal(head.headers.get("content-length"), String(bytes.length));
    });

    it("R18 reach many at once whole", async () => {
      const hash = await library.library.saveAsset({ n: 2 }, await png(2, 700, 700)); // 1.5 MB
      const replies = await Promise.all(
        Array.from({ length: 50 }, async () => {
          const reply = await http.request("GET", `/assets/${hash}`);
          return sha256(new Uint8Array(await reply.arrayBuffer()));
        }),
      );
      assert.deepEqual(new Set(replies), new Set([hash]));
    });

    it("come small for lists", async () => {
      const hash = await library.library.saveAsset({ n: 3 }, await png(3, 600, 300));
      const reply = await http.request("GET", `/assets/${hash}?side=128`);
      assert.equal(reply.headers.get("content-type"), "image/webp");
      const { width, height } = await sharp(Buffer.from(await reply.arrayBuffer())).metadata();
      assert.deepEqual([width, height], [128, 64]);
      // Other sizes are not made: each would take its place in memory.
      assert.equal((await http.request("GET", `/assets/${hash}?side=129`)).headers.get("content-type"), "image/png");
    });

    it("are only what is meant to be shown", async () => {
      const { id } = await library.library.createDataset({ name: "x", nodeId: "", owner: ADA });
      const original = await sharp(await png(4))
        .jpeg()
        .toBuffer();
      const image = await library.library.addImage(id, { name: "a.jpg", data: stream(original) }, ADA);
      assert.equal((await http.request("GET", `/assets/${image.sha256}`)).status, 200);
      const hidden = [sha256(original), "0".repeat(64), "x", image.sha256.toUpperCase(), "..%2f..%2fsecret"];
      for (const hash of hidden) {
        assert.deepEqual(await failure(await http.request("GET", `/assets/${hash}`)), [404, "NOT_FOUND"], hash);
      }
      // Gone when its data set is, from memory too.
      await library.library.removeDataset(id, ADA);
      assert.equal((await http.request("GET", `/assets/${image.sha256}`)).status, 404);
    });
  });

  describe("modules", () => {
    it("are listed and downloaded byte by byte", async () => {
      const token = await http.token("editor");
      const file = join(library.folder, "m.safetensors");
      await writeFile(file, "the weights");
      const { moduleId } = await library.library.publishModule({
        name: "铁匠 One",
        owner: ADA,
        description: "",
        triggerWord: "smith",
        file,
        baseHash: "b",
        baseModel: "mini-sd",
        rank: 4,
        preview: "",
        provenance: {},
      });
      const list = (await (await http.request("GET", "/api/modules", { token })).json()) as ModuleReply[];
      assert.deepEqual(
        list.map(({ name }) => name),
        ["铁匠 One"],
      );
      assert.deepEqual(await (await http.request("GET", `/api/modules/${moduleId}`, { token })).json(), list[0]);
      const reply = await http.request("GET", `/api/modules/${moduleId}/1/file`, { token });
      assert.equal(await reply.text(), "the weights");
      assert.match(reply.headers.get("content-disposition") ?? "", /filename\*=UTF-8''.*One-v1\.safetensors/);
      for (const version of ["2", "0", "x", "1.5"]) {
        const missing = await http.request("GET", `/api/modules/${moduleId}/${version}/file`, { token });
        assert.deepEqual(await failure(missing), [404, "NOT_FOUND"]);
      }
    });
  });

  describe("scenes", () => {
    it("are served, and nothing beside them", async () => {
      await writeFile(join(scenesDir, "square.babylon"), "{}");
      await writeFile(join(scenesDir, "build.ts"), "secret");
      await writeFile(join(scenesDir, ".env"), "secret");
      await writeFile(join(library.folder, "outside.json"), "secret");
      const reply = await http.request("GET", "/scenes/square.babylon");
      assert.deepEqual([reply.status, await reply.text()], [200, "{}"]);
      assert.equal(reply.headers.get("cache-control"), "no-cache");
      const hidden = [
        "build.ts",
        ".env",
        "../outside.json",
        "%2e%2e/outside.json",
        "..%2foutside.json",
        "",
        "none.glb",
      ];
      for (const name of hidden) assert.equal(await statusOf(http.url, `/scenes/${name}`), 404, name);
    });
  });

  describe("the studio page", () => {
    it("is bundled for the browser, compressed, and revalidated", async () => {
      await writeFile(join(studioDir, "index.html"), '<script type="module" src="/studio/main.js"></script>');
      await writeFile(join(studioDir, "main.css"), ".panel { color: red }");
      // It cannot be built yet: that is said, and the next visit tries again.
      assert.deepEqual(await failure(await http.request("GET", "/")), [500, "INTERNAL"]);
      await writeFile(join(studioDir, "main.tsx"), 'import "./main.css"; const a: number = 41; console.log(a + 1);');
      const page = await http.request("GET", "/");
      assert.match(await page.text(), /studio\/main\.js/);
      assert.equal(page.headers.get("content-type"), "text/html; charset=utf-8");
      const script = await http.request("GET", "/studio/main.js", { headers: { "accept-encoding": "gzip" } });
      assert.equal(script.headers.get("content-encoding"), "gzip");
      assert.match(await script.text(), /console\.log/);
      assert.match(await (await http.request("GET", "/studio/main.css")).text(), /\.panel/);
      const headers = { "if-none-match": script.headers.get("etag") ?? "" };
      assert.equal((await http.request("GET", "/studio/main.js", { headers })).status, 304);
      assert.equal((await http.request("GET", "/studio/none.js")).status, 404);
    });

    it("is built though the bundler's process died", async () => {
      const folder = join(library.folder, "studio-again");
      await mkdir(folder);
      await writeFile(join(folder, "index.html"), "<p>");
      await writeFile(join(folder, "main.tsx"), "console.log(1)");
      await transform("1"); // starts that process, and its package keeps it
      const pids = bundlerPids();
      assert.equal(pids.length, 1);
      process.kill(pids[0]!, "SIGKILL");
      await assert.rejects(async () => {
        for (;;) await transform("1"); // until it is known to be gone
      }, /no longer running|was stopped/);
      const files = await openStudioPage(folder).files();
      assert.deepEqual([...files.keys()].toSorted(), ["/", "/studio/main.js"]);
      assert.deepEqual(bundlerPids(), []);
    });

    it("may draw, and may not be given foreign scripts", async () => {
      const policy = (await http.request("GET", "/")).headers.get("content-security-policy") ?? "";
      assert.match(policy, /script-src 'self' 'wasm-unsafe-eval';/);
      assert.match(policy, /worker-src 'self' blob:/);
      assert.doesNotMatch(policy, /'unsafe-eval'|upgrade-insecure-requests/);
    });
  });

  it("anything else is an error in the same form, with the headers of all", async () => {
    for (const [method, path] of [
      ["GET", "/nothing"],
      ["POST", "/"],
      ["PUT", "/api/session"],
    ] as const) {
      const reply = await http.request(method, path);
      assert.deepEqual(await failure(reply), [404, "NOT_FOUND"], path);
      assert.equal(reply.headers.get("x-content-type-options"), "nosniff");
      assert.equal(reply.headers.get("x-powered-by"), null);
    }
    assert.deepEqual(await (await http.request("GET", "/health")).json(), { status: "ok", jobs: 0 });
    const base = (await (await http.request("GET", "/api/base")).json()) as { side: number };
    assert.equal(base.side, 64);
  });
});
