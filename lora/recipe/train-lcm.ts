/**
 * Distils the base into a module that draws in few steps without guidance (LCM-LoRA):
 * `node lora/recipe/train-lcm.ts --base assets/base/mini-sd --steps 2000 --out .work/lcm`, then
 * `animula generate --sampler lcm --lora .work/lcm/lcm.safetensors --prompt …`. The pictures are the base's own training
 * data, drawn anew; `--guidance` is the range of the teacher's.
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { writeKohya } from "../adapter/index.ts";
import { LatentEncoder, rgbPlanes, TextEncoder } from "../data/index.ts";
import { Random } from "../diffusion/index.ts";
import { drawDefaults } from "../generate/index.ts";
import { openStableDiffusion } from "../models/index.ts";
import { ConsistencyTrainer, type ConsistencyBatch } from "./consistency-trainer.ts";
import { learningRateAt } from "./learning-rate.ts";
import { dataSample } from "./render-data.ts";

const { values: args } = parseArgs({
  options: {
    base: { type: "string", default: "assets/base/mini-sd" },
    out: { type: "string", default: ".work/lcm" },
    steps: { type: "string", default: "2000" },
    batch: { type: "string", default: "8" },
    rank: { type: "string", default: "16" },
    lr: { type: "string", default: "1e-3" },
    portraits: { type: "string", default: "1600" },
    textures: { type: "string", default: "400" },
    guidance: { type: "string" },
  },
});
const SAVE_EVERY = 100;
const REPORT_EVERY = 20;
/** Around what the base is drawn with, if nothing is said. */
const GUIDANCE_AROUND = [0.8, 1.2] as const;

const base = await openStableDiffusion(args.base);
const [portraits, textures, rows] = [Number(args.portraits), Number(args.textures), Number(args.batch)];
const { guidanceScale } = drawDefaults(base.drawing);
const guidance = args.guidance?.split(",").map(Number) ?? GUIDANCE_AROUND.map((factor) => factor * guidanceScale);
const encoder = await LatentEncoder.open(base);
const text = await TextEncoder.open(base);

interface Example {
  readonly latents: Float32Array;
  readonly caption: Float32Array;
}
const examples = new Map<number, Promise<Example>>();

async function makeExample(position: number): Promise<Example> {
  const { pixels, caption } = await dataSample(position, portraits, textures);
  const { mean } = await encoder.encode({ data: rgbPlanes(pixels), dims: [1, 3, base.side, base.side] });
  return { latents: mean.data.slice(), caption: (await encode(caption)).slice() };
}

const encode = (caption: string): Promise<Float32Array> => text.encode(base.tokenizer.encode(caption, text.length));

/** Each picture is drawn and encoded once. */
function example(position: number): Promise<Example> {
  const known = examples.get(position) ?? makeExample(position);
  examples.set(position, known);
  return known;
}

const empty = await encode("");

function rowsOf(parts: readonly Float32Array[], shape: readonly number[]) {
  const data = new Float32Array(parts.length * parts[0]!.length);
  for (const [i, part] of parts.entries()) data.set(part, i * part.length);
  return { data, dims: [parts.length, ...shape] };
}

async function makeBatch(step: number): Promise<ConsistencyBatch> {
  const random = new Random(7_000_000 + step);
  const chosen: Example[] = [];
  for (let i = 0; i < rows; i++) chosen.push(await example(random.integer(portraits + textures)));
  const side = base.side / base.factor;
  const words = [text.length, text.width];
  return {
    latents: rowsOf(
      chosen.map(({ latents }) => latents),
      [base.vae.latentChannels, side, side],
    ),
    captions: rowsOf(
      chosen.map(({ caption }) => caption),
      words,
    ),
    empty: rowsOf(
      chosen.map(() => empty),
      words,
    ),
  };
}

const trainer = await ConsistencyTrainer.open(base, {
  rank: Number(args.rank),
  seed: 3,
  guidance: guidance as [number, number],
});
mkdirSync(args.out, { recursive: true });
const save = (): void => writeKohya(join(args.out, "lcm.safetensors"), trainer.module, trainer.targets);
const steps = Number(args.steps);
let [sum, count, started] = [0, 0, performance.now()];
while (trainer.step < steps) {
  const rate = learningRateAt(trainer.step, steps, Number(args.lr));
  sum += await trainer.train(await makeBatch(trainer.step), rate);
  count++;
  if (trainer.step % REPORT_EVERY === 0) {
    const ms = (performance.now() - started) / count;
    console.log(`${trainer.step} loss ${(sum / count).toFixed(4)} ${ms.toFixed(0)} ms/step`);
    [sum, count, started] = [0, 0, performance.now()];
  }
  if (trainer.step % SAVE_EVERY === 0) save();
}
save();
await Promise.all([trainer.close(), encoder.close(), text.close()]);
