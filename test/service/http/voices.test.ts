import assert from "node:assert/strict";
import sharp from "sharp";
import { readPngText, writePngText } from "../../../lora/index.ts";
import {
  limits,
  type CardImportReply,
  type DatasetReply,
  type ErrorBody,
  type LinesReply,
  type LinesUploadReply,
} from "../../../service/protocol/index.ts";
import { openLibrary, type OpenLibrary } from "../library/open-library.ts";
import { png } from "../library/sample-pictures.ts";
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

  const base64 = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64");
  const sendPicture = (body: Uint8Array) =>
    http.request("POST", "/api/cards/import", {
      token,
      body: Uint8Array.from(body),
      headers: { "content-type": "image/png" },
    });

  it("R33 read a card from the picture it is shared in, the newer of two", async () => {
    const second = {
      ...card,
      spec: "chara_card_v2",
      spec_version: "2.0",
      data: { ...card.data, nickname: "Old 守卫" },
    };
    const old = writePngText(await png(1), "chara", base64(second));
    const { voice } = (await (await sendPicture(old)).json()) as CardImportReply;
    assert.equal(voice.name, "Old 守卫");
    assert.deepEqual(await library.library.cardOf(voice), second);
    const both = writePngText(old, "ccv3", base64(card));
    const { voice: newer } = (await (await sendPicture(both)).json()) as CardImportReply;
    assert.deepEqual(await library.library.cardOf(newer), card);
  });

  it("R33 write a card into a copy of the portrait, with every key, for readers of either version", async () => {
    const { voice } = await imported({ ...card, data: { ...card.data, extensions: { depth_prompt: 1 } } });
    const webp = await sharp(writePngText(await png(2), "ccv3", "stale"))
      .webp({ lossless: true })
      .toBuffer();
    for (const bytes of [await png(2), webp]) {
      const portrait = await library.library.saveAsset({ portrait: bytes.length }, bytes);
      const reply = await post("export", { voice, portrait });
      assert.equal(reply.headers.get("content-type"), "image/png");
      const picture = Buffer.from(await reply.arrayBuffer());
      assert.deepEqual(await sharp(picture).raw().toBuffer(), await sharp(bytes).raw().toBuffer());
      const [third, second] = ["ccv3", "chara"].map(
        (key) => JSON.parse(Buffer.from(readPngText(picture).get(key)!, "base64").toString()) as typeof card,
      );
      assert.deepEqual(third!.data.somebodys_own, card.data.somebodys_own);
      assert.deepEqual([third!.spec, third!.spec_version, third!.outer], ["chara_card_v3", "3.1", "kept"]);
      assert.deepEqual([second!.spec, second!.data], ["chara_card_v2", third!.data]);
      assert.deepEqual(((await (await sendPicture(picture)).json()) as CardImportReply).voice, voice);
      // A card of version 2 says nothing of a version 3.
      const two = await post("export", { voice: { name: "Mina", persona: "Sells." }, portrait });
      assert.deepEqual([...readPngText(Buffer.from(await two.arrayBuffer())).keys()], ["chara"]);
    }
    assert.deepEqual(await failure(await post("export", { voice, portrait: "f".repeat(64) })), [404, "NOT_FOUND"]);
  });

  it("refuse a picture that is damaged, without a card, or with too large a one", async () => {
    const picture = await png(1);
    const whole = writePngText(picture, "chara", base64(card));
    const flipped = Buffer.from(whole);
    flipped[60]! ^= 1;
    const asText = (text: string) => writePngText(picture, "chara", text);
    for (const [bytes, problem] of [
      [picture, /no text under ccv3 or chara/],
      [whole.subarray(0, 90), /a chunk of \d+ bytes/],
      [flipped, /with its checksum/],
      [Buffer.from("GIF89a"), /a PNG signature/],
      [new Uint8Array(), /./],
      [asText("%%%"), /not JSON in base64/],
      [asText(Buffer.from([0xff, 0xfe]).toString("base64")), /not JSON in base64/],
      [asText(base64({ spec: "chara_card_v1" })), /spec: expected chara_card_v2/],
      [asText(base64("a".repeat(limits.cardBytesMax))), /expected at most 1048576/],
      [asText("A".repeat(5 << 20)), /expected at most 4194304 bytes of text/],
    ] as const) {
      const reply = await sendPicture(bytes);
      const { code, message } = (await reply.json()) as ErrorBody;
      assert.deepEqual([reply.status, code], [400, "CARD_INVALID"], message);
      assert.match(message, problem);
    }
    const large = await sendPicture(new Uint8Array(limits.cardPictureBytesMax + 1));
    assert.deepEqual(await failure(large), [413, "UPLOAD_TOO_LARGE"]);
  });

  it("R33 give back a card as large as they may be, as JSON and in a picture; its tag stays small", async () => {
    const { extensions: _, ...data } = card.data;
    const greetings = Array.from({ length: 20 }, (_entry, i) => `${i} \0 ${"Hail! 你好。".repeat(500)}`);
    const large = { ...card, data: { ...data, alternate_greetings: greetings, creator_notes: "" } };
    large.data.creator_notes = "n".repeat(limits.cardBytesMax - Buffer.byteLength(JSON.stringify(large)));
    const { voice } = await imported(large);
    assert.match(voice.card as string, /^[0-9a-f]{64}$/);
    assert.ok(JSON.stringify(voice).length < 500);
    assert.deepEqual(await (await post("export", { voice })).json(), large);
    const portrait = await library.library.saveAsset({ of: "a large card" }, await png(3));
    const picture = await (await post("export", { voice, portrait })).bytes();
    assert.deepEqual((await (await sendPicture(picture)).json()) as CardImportReply, { voice, missing: [] });
    const { voice: other } = await imported({ ...large, outer: "left" });
    assert.notEqual(other.card, voice.card);
  });

  it("R33 read a card that stands in its tag, as earlier versions wrote them", async () => {
    const voice = { name: "Rolf", persona: "Sleeps.", card: { ...card, data: { ...card.data, extensions: {} } } };
    const { data } = (await (await post("export", { voice })).json()) as typeof card;
    assert.deepEqual([data.description, data.somebodys_own], ["Sleeps.", card.data.somebodys_own]);
    const long = { ...voice, card: { ...card, notes: "火".repeat(limits.cardBytesInTagMax / 3) } };
    assert.deepEqual(await failure(await post("export", { voice: long })), [400, "REQUEST_INVALID"]);
  });

  it("R33 name a card that is not in the library", async () => {
    const hash = "0c".repeat(32);
    const reply = await post("export", { voice: { name: "Mina", card: hash } });
    const { code, params, message } = (await reply.json()) as ErrorBody;
    assert.deepEqual([reply.status, code, params], [404, "CARD_UNKNOWN", { card: hash }]);
    assert.match(message, /\(0c0c0c0c0c0c\) is not in this library/);
    // What else is kept under its hash is no card.
    const secret = await library.library.saveAsset({ of: "a picture" }, await png(4));
    assert.deepEqual(await failure(await post("export", { voice: { card: secret } })), [404, "CARD_UNKNOWN"]);
    assert.deepEqual(await failure(await post("export", { voice: { card: "../secret" } })), [400, "REQUEST_INVALID"]);
  });

  it("refuse what is no card, too large or too deep", async () => {
    for (const bad of [{}, { spec: "chara_card_v1", data: {} }, { spec: "chara_card_v2" }, [card]])
      assert.deepEqual(await failure(await post("import", bad)), [400, "CARD_INVALID"]);
    const long = { ...card, data: { ...card.data, creator_notes: "n".repeat(limits.cardBytesMax) } };
    assert.deepEqual(await failure(await post("import", long)), [413, "UPLOAD_TOO_LARGE"]);
    // 1e20 is written with all its digits.
    const grown = `{"spec": "chara_card_v2", "data": {}, "n": [${"1e20,".repeat(100_000)}1]}`;
    const headers = { "content-type": "application/json" };
    const sent = await http.request("POST", "/api/cards/import", { token, body: grown, headers });
    assert.deepEqual(await failure(sent), [400, "CARD_INVALID"]);
    for (const levels of [limits.cardLevelsMax, 200_000]) {
      const body = `{"spec": "chara_card_v2", "data": {}, "n": ${"[".repeat(levels)}${"]".repeat(levels)}}`;
      const reply = await http.request("POST", "/api/cards/import", { token, body, headers });
      assert.deepEqual(await failure(reply), [400, "CARD_INVALID"]);
    }
    const silent = { ...card, data: { ...card.data, description: "\0" } };
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
