import assert from "node:assert/strict";
import { openLanguageModel, parseTrainConfig, readModule, VoiceStudio } from "../../../lora/index.ts";
import { addReply } from "../../../service/jobs/training-kinds.ts";
import { voiceTrainingConfig } from "../../../service/jobs/training-config.ts";
import { newState } from "../../../service/jobs/job.ts";
import { limits, readErrorBody } from "../../../service/protocol/index.ts";
import {
  ADA,
  eventually,
  isAlive,
  isDone,
  jobOf,
  makeDataset,
  makeVoiceDataset,
  openWorkbench,
  PATIENCE_MS,
  TALKER,
  trainRequest,
  until,
  voiceRequest,
  type Workbench,
} from "./workbench.ts";

describe("training voices", function () {
  this.timeout(PATIENCE_MS);
  let bench: Workbench;
  let datasetId: string;
  before(async () => {
    bench = await openWorkbench();
    datasetId = await makeVoiceDataset(bench.library);
  });
  after(() => bench.close());

  const start = async (...asked: Parameters<typeof voiceRequest> extends [string, ...infer Rest] ? Rest : never) =>
    (await bench.jobs.startVoiceTraining(voiceRequest(datasetId, ...asked), ADA)).jobId;

  it("R31 shows the curve, and what it answers before training and at each save; a step becomes a module", async () => {
    const prompts = ["Who goes 3?", "你好"];
    const id = await start(
      { steps: 12, saveSteps: 6 },
      { samplePrompts: [...prompts, " "], persona: "You are a guard." },
    );
    const job = await until(bench.jobs, id, ({ status }) => status === "done" || status === "failed");
    assert.equal(job.error, "");
    assert.deepEqual([job.kind, job.step, job.steps, job.savedSteps], ["train-voice", 12, 12, [6, 12]]);
    assert.deepEqual(
      job.replies.map(({ step, index, prompt }) => [step, index, prompt]),
      [0, 6, 12].flatMap((step) => prompts.map((prompt, index) => [step, index, prompt])),
    );
    assert.ok(job.losses.at(-1)! < job.losses[0]!, `${job.losses.join(" ")}`);
    const [before, after] = [0, 12].map((step) => job.replies.find((reply) => reply.step === step)!.text);
    assert.notEqual(before, after);
    assert.ok(
      job.log.some((line) => line.startsWith("6 dialogues")),
      job.log.join("\n"),
    );

    const published = await bench.jobs.publish({ jobId: id, step: 12, name: "Guard", description: "" }, ADA);
    const module = await bench.library.getModule(published.moduleId);
    const { baseHash, rank, provenance } = module.versions[0]!;
    assert.deepEqual([module.kind, baseHash, rank], ["voice", bench.voices.base!.hash, 2]);
    assert.match(String((provenance["data"] as string[])[0]), /^[0-9a-f]{64}$/);

    // The library's file alone says what the job's own folder said.
    const { path } = await bench.library.moduleFile(published.moduleId);
    let trained = "";
    const studio = await VoiceStudio.open(openLanguageModel(TALKER));
    try {
      const { module: read, report } = readModule(path, studio.sites);
      assert.deepEqual(report.ignored, []);
      const messages = [
        { role: "system" as const, content: "You are a guard." },
        { role: "user" as const, content: prompts[0]! },
      ];
      const stack = [{ module: read, weight: 1, textEncoderWeight: 0 }];
      trained = (await studio.reply({ messages, stack, seed: 0, maxTokens: 96 })).text;
      // The file has half the digits of the run: the same at first, and some time later another word.
      assert.equal(trained.slice(0, 20), after!.slice(0, 20));
      const untrained = (await studio.reply({ messages, seed: 0, maxTokens: 96 })).text;
      assert.equal(untrained.replaceAll("\0", ""), before);
    } finally {
      await studio.close();
    }
    // And the service speaks with it.
    const stack = await bench.voices.fix([{ module: published.moduleId, weight: 1 }]);
    const line = () => ({ system: "You are a guard.", history: [], text: prompts[0]! });
    const asked = { node: "square/guard", person: "Ada", isCounted: false, stack, line, seed: 0, tokensMax: 96 };
    assert.equal((await bench.voices.say(asked).reply).text, trained);
  });

  it("R14 shows a cancellation at once and resumes from its last step", async () => {
    const id = await start({ steps: 4000, saveSteps: 2000 });
    await until(bench.jobs, id, ({ step }) => step >= 3);
    const pid = bench.jobs.workerPid(id)!;
    const from = performance.now();
    await bench.jobs.cancel(id);
    assert.equal(jobOf(bench.jobs, id).status, "cancelled");
    assert.ok(performance.now() - from < 1000, `${performance.now() - from} ms`);
    await eventually(() => !isAlive(pid), "the end of the worker");
    const saved = await eventually(() => jobOf(bench.jobs, id).savedSteps.at(-1), "what it saved on the way out");
    await bench.jobs.resume(id, ADA);
    await until(bench.jobs, id, ({ log }) => log.includes(`going on from step ${saved}`));
    await bench.jobs.cancel(id);
  });

  it("R15 R16 goes on by itself when its worker is killed", async () => {
    const id = await start({ steps: 300, saveSteps: 2 }, { samplePrompts: ["Who?"] });
    await until(bench.jobs, id, ({ savedSteps }) => savedSteps.includes(4));
    process.kill(bench.jobs.workerPid(id)!, "SIGKILL");
    const { log, replies } = await until(bench.jobs, id, (job) => job.log.some((each) => each.startsWith("going on")));
    assert.ok(Number(/\d+/.exec(log.findLast((each) => each.startsWith("going on"))!)) >= 2);
    assert.equal(replies.filter(({ step }) => step === 0).length, 1, "it was asked before training once");
    await bench.jobs.cancel(id);
  });

  it("R13 outlives the service, with its replies", async () => {
    const id = await start({}, { samplePrompts: ["Who?"] });
    await until(bench.jobs, id, isDone);
    const { dataDir } = bench;
    await bench.jobs.close();
    await bench.voices.close();
    await bench.store.close();
    const again = await openWorkbench({ dataDir });
    try {
      assert.equal(jobOf(again.jobs, id).status, "done");
      assert.deepEqual(
        jobOf(again.jobs, id).replies.map(({ step }) => step),
        [0, 2, 4],
      );
    } finally {
      await again.close();
      bench = await openWorkbench();
    }
  });
});

describe("a voice's training", function () {
  this.timeout(PATIENCE_MS);

  it("refuses data of the other kind, none, and a base that is not there", async () => {
    const bench = await openWorkbench();
    try {
      const [pictures, empty] = [await makeDataset(bench.library, 1), await makeVoiceDataset(bench.library, 1)];
      await bench.library.putLines(empty, "", "replace", ADA.name);
      await assert.rejects(bench.jobs.startVoiceTraining(voiceRequest(pictures), ADA), { code: "WRONG_KIND" });
      await assert.rejects(bench.jobs.startVoiceTraining(voiceRequest(empty), ADA), { code: "DATASET_WITHOUT_LINES" });
      await assert.rejects(bench.jobs.startVoiceTraining(voiceRequest("nobody"), ADA), { code: "NOT_FOUND" });
      await assert.rejects(bench.jobs.startTraining(trainRequest(empty), ADA), { code: "WRONG_KIND" });
      // A dialogue that the base cannot take: the trainer's own words.
      await bench.library.putLines(empty, `Player: ${"long ".repeat(400)}\nRolf: yes`, "add", ADA.name);
      const { jobId } = await bench.jobs.startVoiceTraining(voiceRequest(empty), ADA);
      const { error } = await until(bench.jobs, jobId, ({ status }) => status === "failed");
      assert.deepEqual(readErrorBody(error)?.code, "TRAINING_FAILED");
    } finally {
      await bench.close();
    }
  });

  it("is configured by every setting that a person may change", () => {
    const request = voiceRequest(
      "d",
      {
        rank: 4,
        alpha: 6,
        learningRate: 2e-3,
        batchSize: 3,
        steps: 60,
        saveSteps: 7,
        maxLength: 99,
        seed: 2 ** 32 - 1,
        validation: true,
        gradientCheckpointing: true,
      },
      { persona: "You are a guard.", samplePrompts: ["Who? --n x", ""] },
    );
    const config = parseTrainConfig(JSON.stringify(voiceTrainingConfig(request, "/jobs/1", TALKER)), "job.yaml");
    const { taskType, rank, alpha, learningRate, batchSize, maxTrainSteps, saveSteps, maxLength, seed } = config;
    assert.deepEqual(
      [taskType, rank, alpha, learningRate, batchSize, maxTrainSteps, saveSteps, maxLength, seed],
      ["text-generation", 4, 6, 2e-3, 3, 60, 7, 99, 2 ** 31 - 1],
    );
    assert.deepEqual([config.systemPrompt, config.validation?.split], ["You are a guard.", 0.1]);
    assert.deepEqual(config.samplePrompts, [{ prompt: "Who? --n x", seed: 2 ** 31 - 1 }]);
  });

  it("R31 keeps the answers before training when there are too many", () => {
    const state = newState({ id: "1", kind: "train-voice", name: "n", nodeId: "", datasetId: "" });
    for (let step = 0; step <= limits.repliesKept; step++)
      addReply(state, { step, index: 0, prompt: "a", text: `${step}` });
    // A random model says anything, also what no database keeps.
    addReply(state, { step: 0, index: 0, prompt: "a", text: "a\0gain" });
    assert.equal(state.replies.length, limits.repliesKept);
    assert.deepEqual([state.replies[0]?.text, state.replies[1]?.step, state.replies.at(-1)?.step], ["again", 2, 200]);
  });
});
