import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { hubFrom, pullModel, type PullOptions } from "../../lora/hub/index.ts";
import { openLanguageModel } from "../../lora/models/index.ts";
import { animula, filesBelow } from "../cli/animula.ts";
import { tempDir } from "../support/temp-dir.ts";
import { entryOf, openLocalHub, type Fault, type LocalHub } from "./local-hub.ts";

const MODEL = "some-org/some.model-1";
const weights = randomBytes(300_000);
const FILES = {
  "config.json": Buffer.from('{"a": 1}'),
  "tokenizer.json": Buffer.from("{}"),
  "model.safetensors": weights,
  "README.md": Buffer.from("# 模型"),
};

describe("pulling a model from a hub", () => {
  let hub: LocalHub;
  afterEach(() => hub.close());

  const pull = (folder: string, options: PullOptions = {}, token?: string) =>
    pullModel(hubFrom({ HF_ENDPOINT: `${hub.endpoint}/`, HF_TOKEN: token }), MODEL, folder, { waitMs: 1, ...options });
  const fetched = () => hub.asked.filter(({ path }) => path.startsWith("/large/") || path.includes("/resolve/"));
  const faulty = (...faults: Fault[]) => hub.faults.set("model.safetensors", faults);
  /** Names left in the folder, hidden ones too. */
  const left = (folder: string) => (existsSync(folder) ? readdirSync(folder).toSorted() : []);

  it("what a language model needs, and nothing twice", async () => {
    const more = { "pytorch_model.bin": weights, "consolidated.safetensors": weights, "onnx/model.onnx": weights };
    hub = await openLocalHub(MODEL, { ...FILES, ...more }, { pageSize: 3 });
    const folder = join(tempDir(), "a", "b");
    const bytes = new Map<string, number>();
    assert.equal(await pull(folder, { onBytes: ({ path }, count) => void bytes.set(path, count) }, "secret"), folder);
    assert.deepEqual(filesBelow(folder).toSorted(), Object.keys(FILES).toSorted());
    for (const [path, content] of Object.entries(FILES)) {
      assert.deepEqual(readFileSync(join(folder, path)), content);
      assert.equal(bytes.get(path), content.length);
    }
    // The token is for the hub, not for where it keeps large files.
    for (const { path, authorization } of hub.asked)
      assert.equal(authorization, path.startsWith("/large/") ? undefined : "Bearer secret", path);
    const count = fetched().length;
    await pull(folder);
    assert.equal(fetched().length, count);
    writeFileSync(join(folder, "config.json"), '{"a": 2}');
    await pull(folder);
    assert.deepEqual(readFileSync(join(folder, "config.json")), FILES["config.json"], "a file that was changed");
    assert.equal(fetched().length, count + 1);
  });

  it("goes on after the connection broke, byte for byte", async () => {
    hub = await openLocalHub(MODEL, FILES);
    faulty({ cutAfter: 100_000 }, { status: 503 }, { cutAfter: 50_000 });
    const folder = tempDir();
    await pull(folder);
    assert.deepEqual(readFileSync(join(folder, "model.safetensors")), weights);
    const ranges = hub.asked.filter(({ path }) => path.startsWith("/large/")).map(({ range }) => range);
    assert.equal(ranges.length, 4);
    assert.equal(ranges[0], undefined);
    assert.ok(
      ranges.slice(1).every((range) => /^bytes=[1-9]\d*-$/.test(range ?? "")),
      String(ranges),
    );
    assert.deepEqual(left(folder), Object.keys(FILES).toSorted());
  });

  it("goes on where another run was stopped, unless the file is another one by now", async () => {
    hub = await openLocalHub(MODEL, FILES);
    const folder = tempDir();
    const abort = new AbortController();
    faulty({ cutAfter: 100_000 });
    const stopped = pull(folder, {
      signal: abort.signal,
      onBytes: ({ path }, bytes) => void (path.startsWith("model") && bytes > 0 && abort.abort(new Error("stopped"))),
    });
    await assert.rejects(stopped, /stopped|abort/i);
    const [part] = left(folder).filter((name) => name.endsWith(".part")) as [string];
    writeFileSync(join(folder, part), weights.subarray(0, 200_000));
    writeFileSync(join(folder, part.replace(/[0-9a-f]{12}/, "0".repeat(12))), "of another version");
    await pull(folder);
    assert.deepEqual(readFileSync(join(folder, "model.safetensors")), weights);
    assert.equal(hub.asked.at(-1)!.range, "bytes=200000-");
  });

  it("takes a hub that knows no ranges", async () => {
    hub = await openLocalHub(MODEL, FILES);
    faulty({ cutAfter: 100_000 }, { ignoreRange: true });
    const folder = tempDir();
    await pull(folder);
    assert.deepEqual(readFileSync(join(folder, "model.safetensors")), weights);
  });

  it("refuses bytes that are not the hub's", async () => {
    hub = await openLocalHub(MODEL, FILES);
    const wrong = Buffer.from(weights);
    wrong[7]! ^= 1;
    const folder = tempDir();
    const rest = Object.keys(FILES)
      .filter((name) => name !== "model.safetensors")
      .toSorted();
    faulty({ body: wrong });
    await assert.rejects(pull(folder), { code: "HUB_HASH", message: /model\.safetensors/ });
    assert.deepEqual(left(folder), rest);
    hub.faults.set("config.json", [{ body: Buffer.from('{"a": 9}') }]);
    await assert.rejects(pull(tempDir()), { code: "HUB_HASH", message: /config\.json/ });
    faulty({ body: Buffer.concat([weights, weights]) });
    await assert.rejects(pull(tempDir()), { code: "HUB_ANSWER", message: /300000 bytes/ });
  });

  it("says what stands in the way", async () => {
    hub = await openLocalHub(MODEL, FILES);
    faulty(...Array.from({ length: 9 }, () => ({ status: 500 })));
    await assert.rejects(pull(tempDir()), { code: "HUB_UNREACHABLE", message: /status 500.*kept/ });
    faulty({ status: 403 });
    await assert.rejects(pull(tempDir()), { code: "HUB_MODEL_GATED", message: /HF_TOKEN/ });
    faulty({ status: 410 });
    await assert.rejects(pull(tempDir()), { code: "HUB_STATUS" });
    const at = hubFrom({ HF_ENDPOINT: hub.endpoint });
    await assert.rejects(pullModel(at, "some-org/other", tempDir()), { code: "HUB_MODEL_UNKNOWN" });
    for (const name of ["", "model", "a/b/c", "../b", "a/..?x", "a b/c"])
      await assert.rejects(pullModel(at, name, tempDir()), { code: "HUB_NAME" }, name);
    assert.throws(() => hubFrom({ HF_ENDPOINT: "hub.example" }), { code: "HUB_ENDPOINT" });
    assert.equal(hubFrom({}).endpoint, "https://huggingface.co");
    const nowhere = hubFrom({ HF_ENDPOINT: "http://127.0.0.1:9" });
    await assert.rejects(pullModel(nowhere, MODEL, tempDir()), { code: "HUB_UNREACHABLE" });
    const file = join(tempDir(), "file");
    writeFileSync(file, "");
    await assert.rejects(pull(join(file, "x")), { code: "FOLDER_NOT_WRITABLE" });
  });

  it("takes no path out of the folder, no answer that is none, and no page from elsewhere", async () => {
    const bytes = Buffer.from("x");
    for (const path of ["../evil.json", "a/../../b", "/etc/x", "a\\..\\b", "C:x", "a//b", "."]) {
      hub = await openLocalHub(MODEL, FILES, { tree: [entryOf("config.json", bytes), entryOf(path, bytes)] });
      await assert.rejects(pull(tempDir()), { code: "HUB_ANSWER", message: /inside the model/ }, path);
      await hub.close();
    }
    for (const entry of [
      { type: "file", path: "a.json", size: -1, oid: "0" },
      { type: "file", path: "a.json", size: 1 },
    ]) {
      hub = await openLocalHub(MODEL, FILES, { tree: [entry] });
      await assert.rejects(pull(tempDir()), { code: "HUB_ANSWER" });
      await hub.close();
    }
    hub = await openLocalHub(MODEL, FILES, { next: "http://127.0.0.2:1/more" });
    await assert.rejects(pull(tempDir()), { code: "HUB_ANSWER", message: /same address/ });
  });

  it("one file by its name; says which there are", async () => {
    const gguf = { "m-Q4_0.gguf": weights, "sub/m-Q8_0.gguf": weights, "config.json": Buffer.from("{}") };
    hub = await openLocalHub(MODEL, gguf);
    const folder = tempDir();
    assert.equal(await pull(folder, { file: "sub/m-Q8_0.gguf" }), join(folder, "sub", "m-Q8_0.gguf"));
    assert.deepEqual(filesBelow(folder), [join("sub", "m-Q8_0.gguf")]);
    await assert.rejects(pull(folder), { code: "HUB_NO_WEIGHTS", message: /2 \.gguf files.*--file m-Q4_0\.gguf/ });
    await assert.rejects(pull(folder, { file: "x.gguf" }), { code: "HUB_FILE_UNKNOWN", message: /m-Q4_0\.gguf/ });
    await hub.close();
    hub = await openLocalHub(MODEL, { "pytorch_model.bin": weights });
    await assert.rejects(pull(folder), { code: "HUB_NO_WEIGHTS", message: /pytorch_model\.bin.*any program/ });
    await hub.close();
    hub = await openLocalHub(MODEL, { "notes.txt": weights });
    await assert.rejects(pull(folder), { code: "HUB_NO_WEIGHTS", message: /got none/ });
  });

  it("of a picture model, its parts once", async () => {
    const parts = [
      "model_index.json",
      "scheduler/scheduler_config.json",
      "tokenizer/vocab.json",
      "tokenizer/merges.txt",
    ];
    const nets = ["unet", "vae"].flatMap((part) => [
      `${part}/config.json`,
      `${part}/diffusion_pytorch_model.safetensors`,
    ]);
    const extra = [
      "unet/diffusion_pytorch_model.fp16.safetensors",
      "unet/diffusion_pytorch_model.bin",
      "sd15.safetensors",
    ];
    const other = ["safety_checker/model.safetensors", "feature_extractor/preprocessor_config.json"];
    const all = [...parts, ...nets, ...extra, ...other];
    hub = await openLocalHub(MODEL, Object.fromEntries(all.map((path) => [path, Buffer.from(path)])));
    const folder = tempDir();
    await pull(folder);
    assert.deepEqual(filesBelow(folder).toSorted(), [...parts, ...nets].toSorted());
  });

  it("by command: a model that opens", async () => {
    const source = fileURLToPath(new URL("../golden/text/talker", import.meta.url));
    const files = Object.fromEntries(readdirSync(source).map((name) => [name, readFileSync(join(source, name))]));
    hub = await openLocalHub(MODEL, files);
    const cwd = tempDir();
    mkdirSync(cwd, { recursive: true });
    process.env["HF_ENDPOINT"] = hub.endpoint;
    try {
      const { code, stdout, stderr } = await animula(["models", "pull", MODEL], { cwd });
      assert.equal(code, 0, stderr);
      const path = join("models", ...MODEL.split("/"));
      assert.equal(stdout.trim(), path);
      assert.match(stderr, /5 files, 0\.1 MB/);
      assert.equal(openLanguageModel(join(cwd, path)).config.family, "llama");
      const push = await animula(["models", "push", MODEL], { cwd });
      assert.equal(push.code, 2);
      assert.match(push.stderr, /ACTION_UNKNOWN[\s\S]*expected pull/);
      const missing = await animula(["models", "pull"], { cwd });
      assert.match(missing.stderr, /MODEL/);
    } finally {
      delete process.env["HF_ENDPOINT"];
    }
  });
});
