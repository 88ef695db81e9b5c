import assert from "node:assert/strict";
import { createServer, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { Gate, type GateOptions } from "../../../service/http/index.ts";
import { limits, type ErrorBody } from "../../../service/protocol/index.ts";

describe("the gate", () => {
  let server: Server;
  let passed: number;

  const open = async (options: Partial<GateOptions>): Promise<string> => {
    passed = 0;
    server = createServer((req, res) => {
      passed++;
      req.resume();
      res.end("in");
    });
    server.on("upgrade", (_req, socket) => {
      socket.end("HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n");
    });
    new Gate({ origins: [], development: false, proxies: 0, ...options }).guard(server);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  };
  afterEach(() => {
    server?.close();
    server?.closeAllConnections();
  });

  it("lets an address ask so often, and says when to come again", async () => {
    const url = await open({ requestsPerMinuteMax: 5 });
    for (let n = 0; n < 5; n++) assert.equal((await fetch(url)).status, 200);
    const reply = await fetch(url);
    assert.equal(reply.status, 429);
    const { code, params } = (await reply.json()) as ErrorBody;
    assert.equal(code, "RATE_LIMITED");
    assert.ok(Number(params["seconds"]) > 0 && Number(params["seconds"]) <= 60);
    assert.equal(reply.headers.get("retry-after"), String(params["seconds"]));
    assert.equal(passed, 5);
  });

  it("believes a proxy only where there is one", async () => {
    const from = (address: string) => ({ headers: { "x-forwarded-for": address } });
    const bare = await open({ requestsPerMinuteMax: 2 });
    const statuses = [];
    for (const address of ["1.1.1.1", "2.2.2.2", "3.3.3.3"]) statuses.push((await fetch(bare, from(address))).status);
    assert.deepEqual(statuses, [200, 200, 429]);
    server.close();
    const proxied = await open({ requestsPerMinuteMax: 1, proxies: 1 });
    assert.equal((await fetch(proxied, from("1.1.1.1"))).status, 200);
    assert.equal((await fetch(proxied, from("2.2.2.2"))).status, 200);
    // What stands before the proxy's own entry, anyone can write.
    assert.equal((await fetch(proxied, from("9.9.9.9, 1.1.1.1"))).status, 429);
  });

  it("counts connections of rooms too", async () => {
    const url = await open({ requestsPerMinuteMax: 2 });
    const dial = () =>
      new Promise<string>((resolve, reject) => {
        const headers = { connection: "Upgrade", upgrade: "websocket" };
        const asked = request(url, { headers });
        asked.on("upgrade", (_reply, socket) => resolve(socket.destroy() && "upgraded"));
        asked.on("response", (reply) => resolve(`${reply.statusCode}`));
        asked.on("error", reject);
        asked.end();
      });
    assert.deepEqual([await dial(), await dial(), await dial()], ["upgraded", "upgraded", "429"]);
  });

  it("lets no large request reach the rooms", async () => {
    const url = await open({});
    const body = "x".repeat(limits.frameBytesMax + 1);
    assert.equal((await fetch(`${url}/matchmake/joinOrCreate/scene`, { method: "POST", body })).status, 413);
    const endless = new ReadableStream({ start: (controller) => controller.enqueue(Buffer.from("x")) });
    const options = { method: "POST", body: endless, duplex: "half" } as RequestInit;
    assert.equal((await fetch(`${url}/matchmake/joinOrCreate/scene`, options)).status, 413);
    assert.equal(passed, 0);
    assert.equal((await fetch(`${url}/matchmake/joinOrCreate/scene`, { method: "POST", body: "{}" })).status, 200);
  });

  it("lets pages of listed origins read, and at one's own machine local ones", () => {
    const options = { origins: ["https://game.example"], proxies: 0 };
    const production = new Gate({ ...options, development: false });
    const local = new Gate({ ...options, development: true });
    assert.deepEqual(production.corsHeaders("https://game.example"), {
      "Access-Control-Allow-Origin": "https://game.example",
      "Access-Control-Allow-Credentials": "true",
      Vary: "Origin",
    });
    const foreign = [
      "https://evil.example",
      "null",
      "https://game.example.evil.example",
      "http://localhost.evil.example",
    ];
    for (const origin of [...foreign, null]) {
      assert.deepEqual(production.corsHeaders(origin), {});
      assert.deepEqual(local.corsHeaders(origin), {});
    }
    assert.equal(production.allows("http://localhost:5173"), false);
    assert.equal(local.allows("http://localhost:5173"), true);
  });
});
