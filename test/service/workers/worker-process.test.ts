import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { endLeftover, endText, startTraining } from "../../../service/workers/index.ts";
import { startWorker } from "../../../service/workers/worker-process.ts";
import { tempDir } from "../../support/temp-dir.ts";
import { eventually, isAlive, PATIENCE_MS } from "../jobs/workbench.ts";

describe("worker processes", function () {
  this.timeout(PATIENCE_MS);

  it("are told of by how they ended and what they said last", async () => {
    const dir = tempDir();
    const script = join(dir, "worker.mjs");
    writeFileSync(script, `process.stderr.write("out of luck\\n"); process.exit(3);`);
    const end = await startWorker(script, [], dir).ended;
    assert.deepEqual([end.code, end.signal, end.stderr.trim(), endText(end)], [3, null, "out of luck", "code 3"]);
    writeFileSync(script, `process.kill(process.pid, "SIGSEGV"); setTimeout(() => {}, 60_000);`);
    assert.equal(endText(await startWorker(script, [], dir).ended), "SIGSEGV");
    writeFileSync(script, `process.channel.unref();`);
    assert.equal((await startWorker(script, [], dir).ended).code, 0);
  });

  it("that cannot be started end all the same", async () => {
    const end = await startWorker("worker.mjs", [], join(tempDir(), "nowhere")).ended;
    assert.equal(end.code, null);
    assert.match(end.stderr, /ENOENT/);
  });

  it("end when the process that started them is killed, and may save before", async () => {
    const dir = tempDir();
    const worker = join(dir, "worker.mjs");
    const saved = join(dir, "saved");
    writeFileSync(
      worker,
      `import { readFileSync, writeFileSync } from "node:fs";
       process.once("SIGTERM", () => { writeFileSync(${JSON.stringify(saved)}, "yes"); process.exit(0); });
       setInterval(() => {}, 1000);
       process.send("up");`,
    );
    const parent = join(dir, "parent.mjs");
    const module = join(import.meta.dirname, "../../../service/workers/worker-process.ts");
    writeFileSync(
      parent,
      `import { startWorker } from ${JSON.stringify(module)};
       const { child } = startWorker(${JSON.stringify(worker)}, [], ${JSON.stringify(dir)});
       child.once("message", () => process.stdout.write(String(child.pid)));`,
    );
    const service = spawn(process.execPath, [parent], { stdio: ["ignore", "pipe", "inherit"] });
    const pid = await new Promise<number>((resolve) => service.stdout.once("data", (data) => resolve(Number(data))));
    assert.ok(isAlive(pid));
    service.kill("SIGKILL");
    await eventually(() => !isAlive(pid), "the end of the worker");
    assert.equal(readFileSync(saved, "utf8"), "yes");
  });

  it("left behind in a job's folder are ended, and nobody else who got their number", async () => {
    const folder = tempDir();
    // A configuration that cannot be read: the command refuses it, with a line that says so.
    writeFileSync(join(folder, "job.yaml"), "{");
    const lines: string[] = [];
    const { ended } = startTraining(folder, (line) => lines.push(String(line["type"])));
    assert.equal((await ended).code, 2);
    assert.deepEqual(lines, ["error"]);

    const idle = ["-e", "setInterval(() => {}, 1000)"];
    const leftover = spawn(process.execPath, [...idle, join(folder, "job.yaml")]);
    const stranger = spawn(process.execPath, [...idle, "another job"]);
    try {
      for (const { pid } of [leftover, stranger]) {
        writeFileSync(join(folder, "worker.pid"), String(pid));
        await endLeftover(folder);
      }
      await eventually(() => leftover.signalCode, "its end");
      assert.equal(leftover.signalCode, "SIGKILL");
      assert.ok(isAlive(stranger.pid!));
      await endLeftover(folder); // nothing is there any more
    } finally {
      stranger.kill("SIGKILL");
    }
  });
});
