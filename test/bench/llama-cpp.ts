/**
 * One measurement of llama.cpp: `node llama-cpp.ts JOB` prints a `Result` as its last line. node-llama-cpp lies in a folder
 * of its own, named by ANIMULA_BENCH_LLAMA_CPP: the product does not need it.
 */
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { openSafetensors, readTensorRaw } from "../../lora/format/index.ts";
import type { Result } from "./job.ts";
import { smolGguf, textInputsFile, type TextJob } from "./text-job.ts";

/** What is used of it. */
interface LlamaCpp {
  readonly getLlama: (options: object) => Promise<{
    loadModel(options: object): Promise<{
      createContext(options: object): Promise<{
        getSequence(): { evaluate(tokens: readonly number[], options: object): AsyncGenerator<number> };
      }>;
      dispose(): Promise<void>;
    }>;
  }>;
  readonly getModuleVersion: () => Promise<string>;
}

/** One greedy reply; a step is from one token to the next. */
async function decode(job: TextJob, times: Record<string, number[]>, { getLlama }: LlamaCpp): Promise<number[]> {
  const { data } = readTensorRaw(openSafetensors(textInputsFile(job)), "prompt");
  const prompt = Array.from(data as BigInt64Array, Number);
  const steps = job.warmups + job.steps;
  const start = performance.now();
  const llama = await getLlama({ gpu: false, build: "never", logLevel: "error", maxThreads: job.threads });
  const model = await llama.loadModel({ modelPath: smolGguf(job) });
  const context = await model.createContext({
    contextSize: prompt.length + steps + 8,
    sequences: 1,
    threads: { ideal: job.threads, min: job.threads },
  });
  times["ready"] = [performance.now() - start];
  const said: number[] = [];
  let before = performance.now();
  for await (const token of context.getSequence().evaluate(prompt, { temperature: 0, yieldEogToken: true })) {
    const label = said.length === 0 ? "prompt" : said.length <= job.warmups ? "warmup" : "step";
    (times[label] ??= []).push(performance.now() - before);
    before = performance.now();
    said.push(token);
    if (said.length > steps) break;
  }
  await model.dispose();
  return said.slice(0, steps);
}

async function measure(job: TextJob): Promise<Result> {
  const entry = resolve(process.env["ANIMULA_BENCH_LLAMA_CPP"]!, "node_modules/node-llama-cpp/dist/index.js");
  const library = (await import(pathToFileURL(entry).href)) as LlamaCpp;
  const timesMs: Record<string, number[]> = {};
  const said = await decode(job, timesMs, library);
  const versions = `node-llama-cpp ${await library.getModuleVersion()}`;
  return { timesMs, peakMb: process.resourceUsage().maxRSS / 1024, said, versions };
}

console.log(JSON.stringify(await measure(JSON.parse(process.argv[2]!) as TextJob)));
