import assert from "node:assert/strict";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { failureText, ServiceClient, type UploadProgress } from "../../../plugin/core/index.ts";
import { limits, ServiceError, type ErrorCode } from "../../../service/protocol/index.ts";

type Answer = (request: IncomingMessage, response: ServerResponse, body: string) => void;

describe("service client", () => {
  let server: Server;
  let answer: Answer;
  let url: string;

  before(async () => {
    server = createServer((request, response) => {
      const parts: Buffer[] = [];
      request.on("data", (part: Buffer) => parts.push(part));
      request.on("end", () => answer(request, response, Buffer.concat(parts).toString("latin1")));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  after(() => server.close());

  const json = (response: ServerResponse, value: unknown, status = 200): void => {
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value));
  };
  const code = (expected: ErrorCode) => (error: unknown) => error instanceof ServiceError && error.code === expected;

  it("signs in, then sends its token", async () => {
    const seen: (string | undefined)[] = [];
    answer = ({ headers, url: path }, response) => {
      seen.push(headers.authorization);
      if (path === "/api/session")
        json(response, { token: "t1", role: "editor", name: "Ada", expiresAt: Date.now() + 900_000 });
      else json(response, []);
    };
    const client = new ServiceClient({ url: `${url}/` });
    assert.equal((await client.signIn({ role: "editor" })).name, "Ada");
    assert.deepEqual(await client.datasets(), []);
    assert.deepEqual(seen, [undefined, "Bearer t1"]);
    client.close();
  });

  it("renews its token before it expires, until it is closed", async () => {
    let issued = 0;
    answer = (_request, response) => {
      json(response, { token: `t${++issued}`, role: "editor", name: "Ada", expiresAt: Date.now() + 1200 });
    };
    const client = new ServiceClient({ url });
    await client.signIn({ role: "editor" });
    await new Promise((resolve) => setTimeout(resolve, 1300));
    assert.equal(client.token, "t2");
    client.close();
    await new Promise((resolve) => setTimeout(resolve, 1200));
    assert.equal(issued, 2);
  });

  it("rebuilds the service's errors, in both languages", async () => {
    answer = (_request, response) => {
      const error = new ServiceError("NOT_FOUND", { what: "data set", id: "x" });
      json(response, error.toBody(), error.status);
    };
    const failure: unknown = await new ServiceClient({ url }).dataset("x").catch((error: unknown) => error);
    assert.ok(code("NOT_FOUND")(failure));
    assert.match(failureText(failure, "en"), /There is no data set "x"/);
    assert.match(failureText(failure, "zh"), /找不到/);
  });

  it("says so when the service is away, answers nonsense, or something before it answers", async () => {
    const closed = new ServiceClient({ url: "http://127.0.0.1:1" });
    await assert.rejects(closed.modules(), code("SERVICE_UNREACHABLE"));
    answer = (_request, response) =>
      response.writeHead(502, { "content-type": "text/html" }).end("<h1>Bad gateway</h1>");
    await assert.rejects(new ServiceClient({ url }).modules(), /HTTP 502/);
    answer = (_request, response) => response.end("<html>");
    await assert.rejects(new ServiceClient({ url }).modules(), code("SERVICE_UNREACHABLE"));
    answer = (_request, response) => json(response, { code: "MADE_UP", params: {} }, 500);
    await assert.rejects(new ServiceClient({ url }).modules(), code("SERVICE_UNREACHABLE"));
  });

  it("sends lines and cards as they are, and asks for lines by pages", async () => {
    const seen: unknown[] = [];
    answer = ({ method, url: path, headers }, response, body) => {
      seen.push([method, path, headers["content-type"], Buffer.from(body, "latin1").toString()]);
      json(response, {});
    };
    const client = new ServiceClient({ url });
    await client.createDataset("Smith", "npc-smith", "voice");
    await client.sendLines("d", "玩家：早\n铁匠：早", "add", "zh");
    await client.sendLines("d", "{}", "replace", "en");
    await client.lines("d", 500, 500);
    await client.importCard('{"spec":"chara_card_v2"}');
    await client.exportCard({ name: "Ben", persona: "", modules: [] });
    await client.importCard(new Blob(["\x89PNG"]));
    await client.exportCard({ name: "Ben", persona: "", modules: [] }, "f00d");
    assert.deepEqual(seen, [
      ["POST", "/api/datasets", "application/json", '{"name":"Smith","nodeId":"npc-smith","kind":"voice"}'],
      ["POST", "/api/datasets/d/lines?lang=zh", "text/plain; charset=utf-8", "玩家：早\n铁匠：早"],
      ["PUT", "/api/datasets/d/lines?lang=en", "text/plain; charset=utf-8", "{}"],
      ["GET", "/api/datasets/d/lines?offset=500&limit=500", undefined, ""],
      ["POST", "/api/cards/import", "application/json", '{"spec":"chara_card_v2"}'],
      ["POST", "/api/cards/export", "application/json", '{"voice":{"name":"Ben","persona":"","modules":[]}}'],
      ["POST", "/api/cards/import", "image/png", "\x89PNG"],
      [
        "POST",
        "/api/cards/export",
        "application/json",
        '{"voice":{"name":"Ben","persona":"","modules":[]},"portrait":"f00d"}',
      ],
    ]);
  });

  it("ids cannot leave their place in the path", async () => {
    const paths: (string | undefined)[] = [];
    answer = ({ url: path }, response) => {
      paths.push(path);
      json(response, {});
    };
    await new ServiceClient({ url }).dataset("../modules?x=1");
    assert.deepEqual(paths, ["/api/datasets/..%2Fmodules%3Fx%3D1"]);
  });

  it("uploads many pictures in small requests with progress, and keeps what is too large at home", async () => {
    let requests = 0;
    answer = (_request, response, body) => {
      requests++;
      const names = [...body.matchAll(/filename="([^"]+)"/g)].map(([, name]) => name!);
      const refused = names
        .filter((name) => name.endsWith(".txt"))
        .map((name) => ({ name, code: "NOT_AN_IMAGE", params: {}, message: "" }));
      const added = names.filter((name) => !name.endsWith(".txt")).map((name) => ({ id: name, name }));
      json(response, { added, refused });
    };
    const files = Array.from({ length: 19 }, (_, i) => new File([new Uint8Array(1000)], `picture-${i}.png`));
    files.push(new File(["text"], "notes.txt"));
    const huge = new File([new Uint8Array(limits.imageBytesMax + 1)], "huge.png");
    const seen: UploadProgress[] = [];
    const client = new ServiceClient({ url });
    const reply = await client.uploadImages("d", [huge, ...files], { onProgress: (progress) => seen.push(progress) });
    assert.equal(reply.added.length, 19);
    const refused = reply.refused.map(({ name, code: why }) => `${name}: ${why}`);
    assert.deepEqual(refused.toSorted(), ["huge.png: UPLOAD_TOO_LARGE", "notes.txt: NOT_AN_IMAGE"]);
    assert.equal(requests, 3);
    assert.deepEqual(seen[0], { filesDone: 1, filesTotal: 21, bytesDone: 0, bytesTotal: 19_004 });
    assert.deepEqual(seen.at(-1), { filesDone: 21, filesTotal: 21, bytesDone: 19_004, bytesTotal: 19_004 });
  });

  it("an upload ends at the first request that fails, and when it is aborted", async () => {
    let requests = 0;
    answer = (_request, response) => {
      requests++;
      const error = new ServiceError("DISK_FULL");
      json(response, error.toBody(), error.status);
    };
    const files = Array.from({ length: 80 }, (_, i) => new File(["x"], `${i}.png`));
    await assert.rejects(new ServiceClient({ url }).uploadImages("d", files), code("DISK_FULL"));
    assert.ok(requests <= 2, `${requests} requests`);
    const signal = AbortSignal.abort();
    await assert.rejects(new ServiceClient({ url }).uploadImages("d", files, { signal }), { name: "AbortError" });
  });
});
