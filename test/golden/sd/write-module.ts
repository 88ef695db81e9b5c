/**
 * Writes one module in every naming, with the output that our engine gives with it, for check-written.py:
 *
 *   node test/golden/sd/write-module.ts DIR
 *   python test/golden/sd/check-written.py DIR/kohya.safetensors --expected DIR/expected.safetensors --key output
 *
 * DIR gets kohya.safetensors, diffusers.safetensors, unet-peft/ (UNet part alone) and expected.safetensors with `output`
 * (whole module) and `unet` (UNet part alone), both [2, 4, 16, 16].
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import {
  readModule,
  stackAdapters,
  stackFeeds,
  writeDiffusers,
  writeKohya,
  writePeft,
} from "../../../lora/adapter/index.ts";
import { writeSafetensors } from "../../../lora/format/index.ts";
import { Graph, symbol } from "../../../lora/graph/index.ts";
import { clipText, moduleSites, unet } from "../../../lora/models/index.ts";
import { Session } from "../../../lora/runtime/index.ts";
import { goldenPath, openGoldens, openTiny, scopeOf, unetInputs } from "../../models/tiny-stable-diffusion.ts";

const folder = process.argv[2];
if (!folder) throw new TypeError("usage: node test/golden/sd/write-module.ts DIR");
mkdirSync(folder, { recursive: true });

const base = await openTiny("tiny");
const sites = moduleSites(base);
const { module } = readModule(goldenPath("foreign/kohya.safetensors"), sites);
writeKohya(join(folder, "kohya.safetensors"), module, sites);
writeDiffusers(join(folder, "diffusers.safetensors"), module, sites);
writePeft(join(folder, "unet-peft"), module, sites, "unet");

const graph = new Graph();
const adapters = stackAdapters(graph, sites);
const tokens = graph.input("tokens", "int64", [symbol("n"), 77]);
const text = scopeOf(graph, base, "text_encoder", adapters.forPart("text_encoder"));
const inputs = { ...unetInputs(graph, base), textEmbeddings: clipText(text, tokens, base.text) };
const session = await Session.open({
  output: unet(scopeOf(graph, base, "unet", adapters.forPart("unet")), inputs, base.unet),
});
const goldens = openGoldens("goldens.safetensors");
const outputWith = async (textEncoderWeight: number) => {
  const { output } = await session.run({
    sample: goldens.floats("unet16x16/latents"),
    timestep: goldens.asFloats("unet16x16/timesteps"),
    tokens: goldens.tensor("text/ids"),
    ...stackFeeds([[{ module, weight: 1, textEncoderWeight }]], sites),
  });
  return { dtype: "F32" as const, shape: output.dims, data: new Float32Array(output.data as Float32Array) };
};
writeSafetensors(join(folder, "expected.safetensors"), { output: await outputWith(1), unet: await outputWith(0) });
