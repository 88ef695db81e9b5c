/** The first words of an NPC in the demo scene, as somebody beside it hears them: a real service, its rooms, its speaking process. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { joinScene, ServiceClient } from "../../plugin/core/index.ts";
import { ServiceProcess } from "../support/service-process.ts";

const [SCENE, NPC] = ["square", "npc-smith"];

/** From sending each line to the first text heard, ms; a line is said when the reply to the one before is over. */
export async function firstTextInScene(voiceBase: string, lines: readonly string[]): Promise<number[]> {
  const dataDir = mkdtempSync(join(tmpdir(), "animula-bench-"));
  const service = await ServiceProcess.start(dataDir, { env: { ANIMULA_VOICE_BASE: voiceBase } });
  const client = new ServiceClient({ url: service.url });
  try {
    // An editor hears everybody and has no budget of tokens.
    await client.signIn({ role: "editor", name: "bench" });
    const scene = await joinScene(client, SCENE);
    const times: number[] = [];
    let begun = 0;
    let first: number | undefined;
    let over: () => void;
    const heard = (text: string) => void (text === "" || (first ??= performance.now() - begun));
    scene.onEvents({
      "reply.start": ({ text }) => heard(text),
      "reply.text": ({ piece }) => heard(piece),
      "reply.end": ({ reason }) => {
        if (first === undefined) throw new Error(`a reply without a word: ${reason}`);
        times.push(first);
        over();
      },
    });
    for (const text of lines) {
      const end = new Promise<void>((resolve) => (over = resolve));
      [begun, first] = [performance.now(), undefined];
      await scene.request("say", { nodeId: NPC, text });
      await end;
    }
    await scene.leave();
    return times;
  } finally {
    client.close();
    await service.stop();
    rmSync(dataDir, { recursive: true, force: true });
  }
}
