/**
 * A crowd in one scene room, in a process of its own: `node world-crowd.ts JSON`. Every client moves at 20 Hz; a few of
 * them time the gaps between the states they receive. Meanwhile some pull one large asset. Prints one line of JSON.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { Client, type Room } from "@colyseus/sdk";
import { ServiceClient } from "../../plugin/core/index.ts";
import { roomNames } from "../../service/protocol/index.ts";

interface Crowd {
  readonly url: string;
  readonly editorToken: string;
  readonly clients: number;
  readonly seconds: number;
  /** Asset that `pulling` clients load once, half-way; "" for none. */
  readonly asset: string;
  readonly pulling: number;
}
const crowd = JSON.parse(process.argv[2]!) as Crowd;
const MOVES_PER_SECOND = 20;
const TIMED = 10;
const JOINED_AT_ONCE = 10;

async function enter(index: number): Promise<Room> {
  const client = new ServiceClient({ url: crowd.url, token: crowd.editorToken });
  const { token } = await client.signIn({ role: "player", name: `p${index}`, sceneId: "square" });
  client.close();
  const sdk = new Client(crowd.url);
  sdk.auth.token = token;
  return sdk.joinOrCreate(roomNames.scene, { sceneId: "square" });
}

const scenes: Room[] = [];
for (let i = 0; i < crowd.clients; i += JOINED_AT_ONCE)
  scenes.push(
    ...(await Promise.all(Array.from({ length: Math.min(JOINED_AT_ONCE, crowd.clients - i) }, (_, k) => enter(i + k)))),
  );

// The crowd shares two cores with the service: those who time nothing also decode nothing, or we would measure ourselves.
for (const scene of scenes.slice(TIMED)) scene.serializer.patch = () => [];

const gaps: number[] = [];
for (const scene of scenes.slice(0, TIMED)) {
  let last: number | undefined;
  scene.onStateChange(() => {
    const now = performance.now();
    if (last !== undefined && now - last > 1) gaps.push(now - last);
    last = now;
  });
}

const movers = scenes.map((scene, index) => {
  let step = index;
  return setInterval(() => {
    step++;
    scene.send("move", { x: Math.sin(step / 20) * 9, y: 0, z: Math.cos(step / 20) * 9, heading: (step / 20) % 6 });
  }, 1000 / MOVES_PER_SECOND);
});
await sleep((crowd.seconds / 2) * 1000);
const pulls: number[] = [];
if (crowd.asset)
  await Promise.all(
    Array.from({ length: crowd.pulling }, async () => {
      const start = performance.now();
      const bytes = await (await fetch(`${crowd.url}/assets/${crowd.asset}`)).arrayBuffer();
      if (bytes.byteLength === 0) throw new Error("an empty asset");
      pulls.push(performance.now() - start);
    }),
  );
await sleep((crowd.seconds / 2) * 1000);
for (const mover of movers) clearInterval(mover);
// A client that only vanishes keeps its place for half a minute.
await Promise.all(scenes.map((scene) => scene.leave()));
process.stdout.write(`${JSON.stringify({ gaps, pulls })}\n`);
process.exit(0);
