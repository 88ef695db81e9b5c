import assert from "node:assert/strict";
import { SignJWT } from "jose";
import { Access, can, demand, type Identity } from "../../../service/access/index.ts";

const secret = "3c2f1d8e9b7a46508172635445362718aabbccdd";
const access = Access.open({ secret, development: false });

interface Claims {
  readonly key?: string;
  readonly issuer?: string;
  readonly expires?: string;
  readonly claims?: Record<string, unknown>;
}

function sign({
  key = secret,
  issuer = "animula",
  expires = "1h",
  claims = { role: "editor" },
}: Claims): Promise<string> {
  return new SignJWT(claims)
    .setProtectedHeader({ alg: "HS256" })
    .setIssuer(issuer)
    .setSubject("Ada")
    .setExpirationTime(expires)
    .sign(new TextEncoder().encode(key));
}

describe("tokens", () => {
  it("say who someone is until they expire", async () => {
    const session = await access.issue({ role: "editor", name: "Ada" });
    const { role, name, expiresAt } = session;
    const { id, ...who } = await access.verify(session.token);
    assert.deepEqual(who, { role, name, expiresAt });
    // Names are chosen freely: what tells two people of one name apart is the token.
    const second = await access.issue({ role: "editor", name: "Ada" });
    assert.notEqual((await access.verify(second.token)).id, id);
    assert.equal((await access.verify(session.token)).id, id);
    assert.ok(expiresAt > Date.now() + 3_600_000);
  });

  it("of players are bound to a scene", async () => {
    const { token, expiresAt } = await access.issue({ role: "player", name: "Bo", sceneId: "square" });
    const { id: _, ...who } = await access.verify(token);
    assert.deepEqual(who, { role: "player", name: "Bo", sceneId: "square", expiresAt });
    await assert.rejects(access.issue({ role: "player" }), { code: "REQUEST_INVALID" });
  });

  it("R1 that are absent, expired, foreign or not ours are refused, with the reason", async () => {
    const [header = "", payload = ""] = (await sign({})).split(".");
    const none = Buffer.from(JSON.stringify({ alg: "none" })).toString("base64url");
    await assert.rejects(access.verify(undefined), { code: "TOKEN_MISSING" });
    await assert.rejects(access.verify(""), { code: "TOKEN_MISSING" });
    const refused: [string, string][] = [
      [await sign({ expires: "-1s" }), "expired"],
      [await sign({ key: `${secret}x` }), "signed by another service"],
      [await sign({ issuer: "elsewhere" }), "malformed"],
      [await sign({ claims: { role: "owner" } }), "not a session token"],
      [await sign({ claims: { role: "player" } }), "not a session token"],
      [`${none}.${payload}.`, "malformed"],
      [`${header}.${payload}.`, "signed by another service"],
      ["no token at all", "malformed"],
    ];
    for (const [token, reason] of refused) {
      await assert.rejects(access.verify(token), { code: "TOKEN_INVALID", params: { reason } }, reason);
    }
  });

  it("are good for every service with the same secret", async () => {
    const { token } = await access.issue({ role: "editor", name: "Ada" });
    assert.equal((await Access.open({ secret, development: true }).verify(token)).name, "Ada");
  });
});

describe("permissions", () => {
  const editor: Identity = { id: "1", role: "editor", name: "Ada", expiresAt: 0 };
  const player: Identity = { id: "2", role: "player", name: "Bo", sceneId: "square", expiresAt: 0 };

  it("R2 let a player into its own scene and nowhere else", () => {
    assert.equal(can(player, "join the scene", "square"), true);
    assert.equal(can(player, "join the scene", "castle"), false);
    assert.equal(can(player, "join the studio"), false);
    assert.equal(can(editor, "join the scene", "castle"), true);
  });

  it("R3 keep what editors do from players", () => {
    for (const action of ["change data sets", "read data sets", "read modules", "run jobs", "issue tokens"] as const) {
      assert.equal(can(editor, action), true, action);
      assert.throws(() => demand(player, action), { code: "NOT_ALLOWED", params: { role: "player", action } });
    }
    demand(editor, "run jobs");
  });
});
