import assert from "node:assert/strict";
import {
  limits,
  type CardImportReply,
  type DatasetReply,
  type LinesReply,
  type LinesUploadReply,
} from "../../../service/protocol/index.ts";
import { openLibrary, type OpenLibrary } from "../library/open-library.ts";
import { failure, openHttp, type HttpService } from "./http-service.ts";

describe("voices over HTTP", function () {
  this.timeout(120_000);
  let library: OpenLibrary;
  let http: HttpService;
  let token: string;

  before(async () => {
    library = await openLibrary();
    http = await openHttp({ library });
    token = await http.token("editor");
  });
  after(async () => {
    await http.close();
    await library.close();
  });

  const newDataset = async (kind?: "voice"): Promise<DatasetReply> => {
    const json = { name: "Rolf", nodeId: "guard", ...(kind ? { kind } : {}) };
    return (await (await http.request("POST", "/api/datasets", { token, json })).json()) as DatasetReply;
  };
  const send = (id: string, body: BodyInit, method = "POST") =>
    http.request(method, `/api/datasets/${id}/lines`, { token, body, headers: { "content-type": "text/plain" } });
  const read = async (id: string, query = "") =>
    (await (await http.request("GET", `/api/datasets/${id}/lines${query}`, { token })).json()) as LinesReply;

  it("R32 take lines, name the skipped ones, give them back and replace them", async () => {
    const { id, kind, lines } = await newDataset("voice");
    assert.deepEqual([kind, lines, (await newDataset()).kind], ["voice", 0, "picture"]);
    const reply = await send(id, 'Player: hi\nRolf: ho\n\n{"prompt": 1}\n{"prompt": "a", "reply": "b"}');
    assert.equal(reply.status, 200);
    const { kept, total, skipped, skippedCount } = (await reply.json()) as LinesUploadReply;
    assert.deepEqual([kept, total, skippedCount, skipped[0]?.line], [2, 2, 1, 4]);
    assert.deepEqual(
      (await read(id, "?offset=1&limit=5")).dialogues.map(({ messages }) => messages.map(({ content }) => content)),
      [["a", "b"]],
    );
    assert.deepEqual(await failure(await send(id, "nothing here", "PUT")), [400, "LINES_NONE"]);
    assert.equal((await read(id)).total, 2);
    assert.equal((await send(id, "Player: x\nRolf: y", "PUT")).status, 200);
    assert.equal((await read(id)).total, 1);
  });

  it("refuse what is too large, not UTF-8, of the other kind or not there", async () => {
    const { id } = await newDataset("voice");
    assert.deepEqual(await failure(await send(id, "a".repeat(limits.linesBytesMax + 1))), [413, "UPLOAD_TOO_LARGE"]);
    assert.deepEqual(await failure(await send(id, Uint8Array.of(0xff, 0xfe, 0x41))), [400, "REQUEST_INVALID"]);
    assert.deepEqual(await failure(await send((await newDataset()).id, "Player: a\nRolf: b")), [409, "WRONG_KIND"]);
    assert.deepEqual(await failure(await send("nobody", "Player: a\nRolf: b")), [404, "NOT_FOUND"]);
    assert.deepEqual(await failure(await http.request("GET", `/api/datasets/${id}/lines?limit=-1`, { token })), [
      400,
      "REQUEST_INVALID",
    ]);
    const player = await http.token("player");
    for (const method of ["GET", "PUT"])
      assert.deepEqual(await failure(await http.request(method, `/api/datasets/${id}/lines`, { token: player })), [
        403,
        "NOT_ALLOWED",
      ]);
  });

  const card = {
    spec: "chara_card_v3",
    spec_version: "3.1",
    data: {
      name: "Rolf the Guard",
      nickname: "Rolf",
      description: "{{char}} guards the gate.",
      personality: "gruff",
      scenario: "",
      first_mes: "Halt!",
      system_prompt: "Stay in character.",
      character_book: { entries: [{ keys: ["gate"], content: "It is old." }] },
      group_only_greetings: [],
      extensions: { depth_prompt: { depth: 4 }, animula: { modules: [{ module: "gone", weight: 0.5 }], hue: 3 } },
      somebodys_own: [1, { two: null }],
    },
    outer: "kept",
  };
  const post = async (path: string, json: unknown) => http.request("POST", `/api/cards/${path}`, { token, json });
  const imported = async (json: unknown) => (await (await post("import", json)).json()) as CardImportReply;

  it("R33 keep every key of a card that is imported and exported", async () => {
    const { voice, missing } = await imported({ ...card, data: { ...card.data, extensions: { depth_prompt: 1 } } });
    assert.deepEqual([voice.name, voice.persona], ["Rolf", "Stay in character.\n{{char}} guards the gate.\ngruff"]);
    assert.deepEqual([voice.modules, missing], [[], []]);
    const back = await (await post("export", { voice })).json();
    assert.deepEqual(back, { ...card, data: { ...card.data, extensions: { depth_prompt: 1 } } });

    const known = await imported(card);
    assert.deepEqual([known.voice.modules, known.missing], [[], ["gone"]]);
    const second = (await (await post("export", { voice, version: "2" })).json()) as typeof card;
    assert.deepEqual([second.spec, second.spec_version, second.outer], ["chara_card_v2", "2.0", "kept"]);
    assert.deepEqual(second.data, { ...card.data, extensions: { depth_prompt: 1 } });
  });

  it("R33 write what was changed, and a whole card for a voice that never was one", async () => {
    const { voice } = await imported(card);
    const changed = { ...voice, persona: "Sleeps.", modules: [{ module: "m", weight: 0.7 }] };
    const { data } = (await (await post("export", { voice: changed })).json()) as typeof card;
    assert.deepEqual(
      [data.description, data.personality, data.system_prompt, data.name],
      ["Sleeps.", "", "", card.data.name],
    );
    assert.deepEqual(data.extensions, {
      depth_prompt: { depth: 4 },
      animula: { modules: [{ module: "m", weight: 0.7 }], hue: 3 },
    });
    assert.deepEqual(data.somebodys_own, card.data.somebodys_own);
    const fresh = (await (
      await post("export", { voice: { name: "Mina", persona: "Sells flowers." } })
    ).json()) as typeof card;
    assert.deepEqual(
      [fresh.spec, fresh.spec_version, fresh.data.name, fresh.data.description],
      ["chara_card_v2", "2.0", "Mina", "Sells flowers."],
    );
    assert.deepEqual((await imported(fresh)).voice.persona, "Sells flowers.");
  });

  it("refuse what is no card, or too large to travel with a tag", async () => {
    for (const bad of [{}, { spec: "chara_card_v1", data: {} }, { spec: "chara_card_v2" }, [card]])
      assert.deepEqual(await failure(await post("import", bad)), [400, "CARD_INVALID"]);
    const long = { ...card, data: { ...card.data, creator_notes: "火".repeat(limits.cardBytesKeptMax / 3) } };
    assert.deepEqual(await failure(await post("import", long)), [400, "CARD_INVALID"]);
    const silent = { ...card, data: { ...card.data, creator_notes: "\0" } };
    assert.deepEqual(await failure(await post("import", silent)), [400, "CARD_INVALID"]);
    const talkative = { ...card, data: { ...card.data, description: "a".repeat(limits.personaCharsMax) } };
    assert.deepEqual(await failure(await post("import", talkative)), [400, "CARD_INVALID"]);
    assert.deepEqual(await failure(await post("export", { voice: { name: 3 } })), [400, "REQUEST_INVALID"]);
    assert.deepEqual(await failure(await http.request("POST", "/api/cards/import", { json: card })), [
      401,
      "TOKEN_MISSING",
    ]);
  });
});
