import assert from "node:assert/strict";
import { request as rawRequest } from "node:http";
import { SignJWT } from "jose";
import type { ErrorBody, SessionReply } from "../../../service/protocol/index.ts";
import { openLibrary, type OpenLibrary } from "../library/open-library.ts";
import { failure, openHttp, secret, type HttpService } from "./http-service.ts";

const SESSION = "/api/session";

/** As fetch, which will not send a foreign Host. */
function post(url: string, headers: Record<string, string>): Promise<number> {
  return new Promise((resolve, reject) => {
    const request = rawRequest(url + SESSION, { method: "POST", headers }, (reply) => {
      reply.resume();
      resolve(reply.statusCode ?? 0);
    });
    request.on("error", reject);
    request.end('{"role":"editor"}');
  });
}

describe("sessions over HTTP", function () {
  this.timeout(300_000);
  let library: OpenLibrary;
  /** At one's own machine, and where others can reach it. */
  let local: HttpService;
  let open: HttpService;

  before(async () => {
    library = await openLibrary();
    local = await openHttp({ library, development: true });
    open = await openHttp({ library });
  });
  after(async () => {
    await local.close();
    await open.close();
    await library.close();
  });

  const expired = () =>
    new SignJWT({ role: "editor" })
      .setProtectedHeader({ alg: "HS256" })
      .setIssuer("animula")
      .setSubject("Ada")
      .setExpirationTime("-1m")
      .sign(new TextEncoder().encode(secret));

  it("a person at this machine needs no token", async () => {
    const reply = await local.request("POST", SESSION, { json: { role: "editor", name: "Ada" } });
    assert.equal(reply.status, 200);
    assert.equal(reply.headers.get("cache-control"), "no-store");
    const session = (await reply.json()) as SessionReply;
    assert.deepEqual([session.role, session.name], ["editor", "Ada"]);
    assert.equal((await local.access.verify(session.token)).role, "editor");
  });

  it("nor after an older token has expired", async () => {
    const token = await expired();
    assert.equal((await local.request("POST", SESSION, { token, json: { role: "editor" } })).status, 200);
    assert.deepEqual(await failure(await local.request("GET", "/api/datasets", { token })), [401, "TOKEN_INVALID"]);
  });

  it("a page of a foreign site, a foreign name for this machine and a proxy do need one", async () => {
    const json = { "content-type": "application/json" };
    assert.equal(await post(local.url, json), 200);
    assert.equal(await post(local.url, { ...json, origin: "http://localhost:5173" }), 200);
    const foreign: Record<string, string>[] = [
      { origin: "https://evil.example" },
      { origin: "null" },
      { origin: "http://localhost.evil.example" },
      { host: "evil.example" },
      { host: "127.0.0.1.evil.example:2567" },
      { "x-forwarded-for": "127.0.0.1" },
      { forwarded: "for=127.0.0.1" },
    ];
    for (const headers of foreign) {
      assert.equal(await post(local.url, { ...json, ...headers }), 401, JSON.stringify(headers));
    }
  });

  it("R1 elsewhere everybody needs one", async () => {
    const json = { role: "editor" };
    assert.deepEqual(await failure(await open.request("POST", SESSION, { json })), [401, "TOKEN_MISSING"]);
    const token = await expired();
    const reply = await open.request("POST", SESSION, { json, token });
    assert.equal(reply.status, 401);
    const { code, params } = (await reply.json()) as ErrorBody;
    assert.deepEqual([code, params], ["TOKEN_INVALID", { reason: "expired" }]);
  });

  it("an editor renews its token under its name, and makes tokens for players", async () => {
    const { token } = await open.access.issue({ role: "editor", name: "Ada" });
    const renewed = (await (
      await open.request("POST", SESSION, { token, json: { role: "editor" } })
    ).json()) as SessionReply;
    assert.equal((await open.access.verify(renewed.token)).name, "Ada");
    const json = { role: "player", name: "Bo", sceneId: "square" };
    const player = (await (await open.request("POST", SESSION, { token, json })).json()) as SessionReply;
    const { role, name, sceneId } = await open.access.verify(player.token);
    assert.deepEqual({ role, name, sceneId }, json);
  });

  it("R3 a player makes no tokens", async () => {
    for (const service of [local, open]) {
      const token = await service.token("player");
      for (const json of [{ role: "editor" }, { role: "player", sceneId: "castle" }]) {
        const reply = await service.request("POST", SESSION, { token, json });
        assert.deepEqual(await failure(reply), [403, "NOT_ALLOWED"]);
      }
    }
  });

  it("R10 a bad request is told which field is wrong", async () => {
    const bad: [unknown, string][] = [
      [{ role: "owner" }, "role"],
      [{ role: "editor", name: "<b>" }, "name"],
      [{ role: "editor", extra: 1 }, "body"],
      [{ role: "player" }, "sceneId"],
      [[], "body"],
    ];
    for (const [json, where] of bad) {
      const reply = await local.request("POST", SESSION, { json });
      assert.equal(reply.status, 400);
      const { code, params } = (await reply.json()) as ErrorBody;
      assert.deepEqual([code, params["where"]], ["REQUEST_INVALID", where]);
    }
    const headers = { "content-type": "application/json" };
    const broken = await local.request("POST", SESSION, { body: "{", headers });
    assert.deepEqual(await failure(broken), [400, "REQUEST_INVALID"]);
    const huge = await local.request("POST", SESSION, { body: JSON.stringify({ name: "x".repeat(2 ** 20) }), headers });
    assert.deepEqual(await failure(huge), [413, "UPLOAD_TOO_LARGE"]);
  });
});
