import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { tempDir } from "../support/temp-dir.ts";

const root = resolve(import.meta.dirname, "../..");

/** Lints the planted files with the project's own configuration; gives `path: message` of every finding. */
function lint(files: Record<string, string>): string[] {
  const dir = tempDir();
  for (const [path, source] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, path)), { recursive: true });
    writeFileSync(join(dir, path), source);
  }
  const run = spawnSync(
    process.execPath,
    [join(root, "node_modules/oxlint/bin/oxlint"), "--config", join(root, ".oxlintrc.json"), "--format=json", "."],
    { cwd: dir, encoding: "utf8" },
  );
  assert.equal(run.stderr, "");
  const { diagnostics } = JSON.parse(run.stdout) as { diagnostics: { filename: string; message: string }[] };
  assert.equal(run.status, diagnostics.length === 0 ? 0 : 1);
  return diagnostics.map(({ filename, message }) => `${filename}: ${message}`).toSorted();
}

// Written out by hand, not derived from the rule's own table: [from, to, ...] as the design draws the arrows.
const forbidden: Record<string, readonly string[]> = {
  "lora/format": ["lora/graph", "lora/runtime", "lora/cli", "lora", "service/protocol", "test/support"],
  "lora/graph": ["lora/nn", "lora/adapter", "lora/runtime", "lora/train"],
  "lora/nn": ["lora/models", "lora/adapter", "lora/runtime"],
  "lora/adapter": ["lora/models", "lora/runtime", "lora/data"],
  "lora/models": ["lora/runtime", "lora/data", "lora/train"],
  "lora/runtime": ["lora/nn", "lora/models", "lora/adapter", "lora/data"],
  "lora/data": ["lora/adapter", "lora/train", "lora/recipe"],
  "lora/diffusion": ["lora/nn", "lora/models", "lora/runtime", "lora/data"],
  "lora/train": ["lora/generate", "lora/recipe", "lora/cli", "lora"],
  "lora/generate": ["lora/train", "lora/recipe", "lora/cli"],
  "lora/recipe": ["lora/cli", "lora"],
  "lora/cli": ["service/rooms", "plugin/core", "lora"],
  lora: ["lora/cli", "lora/recipe", "service/protocol"],
  "service/protocol": ["lora", "lora/format", "service/rooms"],
  "service/rooms": ["lora/train", "lora/format", "plugin/core"],
  "plugin/core": ["lora", "lora/format", "service/rooms", "plugin/runtime", "plugin/panel"],
  "plugin/runtime": ["lora", "plugin/panel", "plugin/hosts", "service/rooms"],
  "plugin/panel": ["lora", "plugin/runtime", "plugin/hosts", "service/rooms"],
  "plugin/hosts": ["lora", "service/rooms"],
};

const allowed: Record<string, readonly string[]> = {
  "lora/graph": ["lora/format"],
  "lora/nn": ["lora/graph", "lora/format"],
  "lora/adapter": ["lora/format", "lora/graph"],
  "lora/models": ["lora/nn", "lora/graph", "lora/format", "lora/adapter"],
  "lora/runtime": ["lora/format", "lora/graph"],
  "lora/data": ["lora/format", "lora/runtime", "lora/models"],
  "lora/diffusion": ["lora/graph", "lora/format"],
  "lora/train": ["lora/diffusion", "lora/data", "lora/runtime"],
  "lora/generate": ["lora/diffusion", "lora/data", "lora/runtime"],
  "lora/recipe": ["lora/train", "lora/generate"],
  "lora/cli": ["lora/train", "lora/generate", "lora/recipe", "lora/format"],
  lora: ["lora/train", "lora/generate"],
  "service/workers": ["service/protocol", "lora"],
  "plugin/core": ["service/protocol"],
  "plugin/runtime": ["plugin/core"],
  "plugin/panel": ["plugin/core"],
  "plugin/hosts": ["plugin/panel", "plugin/runtime"],
};

function planted(arrows: Record<string, readonly string[]>): Record<string, string> {
  const files: Record<string, string> = {};
  for (const [from, targets] of Object.entries(arrows)) {
    for (const to of targets) {
      const up = "../".repeat(from.split("/").length);
      files[`${from}/to-${to.replace("/", "-")}.ts`] = `export * from "${up}${to}/index.ts";\n`;
    }
  }
  return files;
}

describe("import arrows", () => {
  it("a planted violation of each arrow fails the linter, and only those", () => {
    const wrong = planted(forbidden);
    const right = planted(allowed);
    const found = lint({ ...right, ...wrong });
    assert.deepEqual(
      found.map((line) => line.slice(0, line.indexOf(":"))),
      Object.keys(wrong).toSorted(),
    );
    for (const line of found) assert.match(line, /: \S+ may not import \S+: it may import /);
  });

  it("every way to import is seen: types, re-exports, import() and import types, from nested folders", () => {
    const found = lint({
      "lora/format/sub/a.ts": 'import type { Node } from "../../graph/index.ts";\nexport type A = Node;\n',
      "lora/format/b.ts": 'export { build } from "../graph/index.ts";\n',
      "lora/format/c.ts": 'export const c = () => import("../graph/index.ts");\n',
      "lora/format/d.ts": 'export type D = import("../graph/index.ts").Node;\n',
      "lora/format/e.ts": 'import "./../../lora/graph/index.ts";\n',
    });
    const arrows = found.filter((line) =>
      line.endsWith("lora/format may not import lora/graph: it may import nothing of ours"),
    );
    assert.equal(arrows.length, 5, found.join("\n"));
  });

  it("another area is entered through its index.ts alone", () => {
    const found = lint({
      "lora/graph/past-index.ts": 'export * from "../format/safetensors.ts";\n',
      "lora/graph/inside.ts": 'export * from "./builder.ts";\n',
    });
    assert.deepEqual(found, [
      "lora/graph/past-index.ts: import lora/format through lora/format/index.ts, not lora/format/safetensors.ts",
    ]);
  });

  it("packages with an owner are imported by the owner alone", () => {
    const use = (name: string): string => `import * as all from "${name}";\nexport const x = all;\n`;
    const found = lint({
      "lora/runtime/session.ts": use("onnxruntime-node"),
      "lora/train/session.ts": use("onnxruntime-node"),
      "plugin/core/scene.ts": use("@babylonjs/core/scene.js"),
      "plugin/runtime/scene.ts": use("@babylonjs/core/scene.js"),
    });
    assert.deepEqual(found, [
      "lora/train/session.ts: lora/train may not import onnxruntime-node: only lora/runtime may",
      "plugin/core/scene.ts: plugin/core may not import @babylonjs/core: only plugin/runtime, plugin/panel, plugin/hosts may",
    ]);
  });

  it("a folder the layout does not name may import nothing of ours", () => {
    const found = lint({ "lora/extra/a.ts": 'export * from "../format/index.ts";\n' });
    assert.equal(found.length, 1);
    assert.match(found[0]!, /lora\/extra is not in the layout/);
  });
});
