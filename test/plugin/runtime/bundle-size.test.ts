import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

const gzippedBytesMax = 40 * 1024;

async function bundled(source: string): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents: source, resolveDir: import.meta.dirname, loader: "ts" },
    bundle: true,
    format: "esm",
    minify: true,
    write: false,
    external: ["@babylonjs/*", "@colyseus/*"],
  });
  return outputFiles[0]!.text;
}

describe("runtime bundle", () => {
  it("is at most 40 KB gzipped beyond Babylon and the Colyseus SDK, and imports nothing but those", async () => {
    const code = await bundled('export { connectWorld } from "../../../plugin/runtime/index.ts";');
    const bytes = gzipSync(code, { level: 9 }).byteLength;
    console.log(`      ${(bytes / 1024).toFixed(1)} KB gzipped`);
    assert.ok(bytes <= gzippedBytesMax, `${bytes} bytes`);
    const imports = [...code.matchAll(/(?:from|import)\s*"([^".][^"]*)"/g)].map(([, name]) => name!);
    assert.deepEqual(
      imports.filter((name) => !/^@(babylonjs\/core\/.+|colyseus\/sdk$)/.test(name)),
      [],
    );
    assert.ok(!imports.includes("@babylonjs/core"), "only deep imports can be shaken");
  });

  it("a game that opens its own scene ships none of the loaders or post-processes", async () => {
    const code = await bundled('export { connectWorld } from "../../../plugin/runtime/index.ts";');
    assert.doesNotMatch(code, /sceneLoader|babylonFileLoader|RenderPipeline/);
    const opening = await bundled('export { openWorld } from "../../../plugin/runtime/index.ts";');
    assert.match(opening, /babylonFileLoader/);
  });
});
