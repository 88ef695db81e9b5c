import assert from "node:assert/strict";
import { cp, readdir, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { limits, type DatasetReply, type ErrorBody, type SuggestionsReply } from "../../../service/protocol/index.ts";
import { tempDir } from "../../support/temp-dir.ts";
import { openLibrary, type OpenLibrary } from "../library/open-library.ts";
import { png } from "../library/sample-pictures.ts";
import { failure, openHttp, type HttpService } from "./http-service.ts";

const CLIP = resolve(import.meta.dirname, "../../golden/clip/tiny");
const DATASETS = "/api/datasets";

describe("suggested captions over HTTP", function () {
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

  const make = async (json: object): Promise<string> =>
    ((await (await http.request("POST", DATASETS, { token, json })).json()) as DatasetReply).id;
  const read = async (id: string): Promise<DatasetReply> =>
    (await (await http.request("GET", `${DATASETS}/${id}`, { token })).json()) as DatasetReply;
  const ask = (id: string, json: object, as = token, service = http) =>
    service.request("POST", `${DATASETS}/${id}/suggestions`, { token: as, json });
  const filled = async (count: number): Promise<DatasetReply> => {
    const id = await make({ name: "Smith", nodeId: "npc-smith" });
    const body = new FormData();
    for (let i = 0; i < count; i++)
      body.append("images", new Blob([Uint8Array.from(await png(40 + i))]), `smith ${i}.png`);
    assert.equal((await http.request("POST", `${DATASETS}/${id}/images`, { token, body })).status, 200);
    return read(id);
  };

  it("come for the pictures asked for, in the language asked for, and change nothing", async () => {
    const { id, images, revision } = await filled(3);
    const [first, , third] = images;
    const captions = { [first!.id]: "my own words" };
    await http.request("PUT", `${DATASETS}/${id}/captions`, { token, json: { captions } });
    const reply = await ask(id, { images: [first!.id, third!.id], language: "zh" });
    assert.equal(reply.status, 200);
    const { suggestions } = (await reply.json()) as SuggestionsReply;
    assert.deepEqual(suggestions.map(({ image }) => image).toSorted(), [first!.id, third!.id].toSorted());
    for (const { caption, confidence } of suggestions) {
      assert.match(caption, /肖像|纹理/);
      assert.ok(confidence > 0 && confidence <= 1);
    }
    const now = await read(id);
    assert.deepEqual(
      [now.revision, now.images[0]!.caption, now.images[2]!.caption],
      [revision + 1, "my own words", ""],
    );
    assert.deepEqual(await readdir(join(library.folder, "labelling")), []);
  });

  it("are in English unless asked otherwise, and pass over a picture that is gone", async () => {
    const { id, images } = await filled(1);
    const reply = await ask(id, { images: [images[0]!.id, "gone"] });
    const { suggestions } = (await reply.json()) as SuggestionsReply;
    assert.equal(suggestions.length, 1);
    assert.match(suggestions[0]!.caption, /^(portrait of a person|seamless texture)/);
    assert.deepEqual(await (await ask(id, { images: ["gone"] })).json(), { suggestions: [] });
  });

  it("are refused where they cannot be", async () => {
    const { id, images } = await filled(1);
    const one = [images[0]!.id];
    assert.deepEqual(await failure(await ask("nothing", { images: one })), [404, "NOT_FOUND"]);
    assert.deepEqual(await failure(await ask(id, { images: [] })), [400, "REQUEST_INVALID"]);
    assert.deepEqual(await failure(await ask(id, { images: one, language: "fr" })), [400, "REQUEST_INVALID"]);
    const many = Array.from({ length: limits.imagesPerSuggestionMax + 1 }, (_, i) => `image ${i}`);
    assert.deepEqual(await failure(await ask(id, { images: many })), [400, "REQUEST_INVALID"]);
    assert.deepEqual(await failure(await ask(id, { images: one }, await http.token("player"))), [403, "NOT_ALLOWED"]);
    const voice = await make({ name: "Bruno", kind: "voice" });
    assert.deepEqual(await failure(await ask(voice, { images: one })), [409, "WRONG_KIND"]);
  });

  it("LABELLING_FAILED tells why, and the next request works again", async () => {
    const { id, images } = await filled(1);
    const clip = tempDir();
    await cp(CLIP, clip, { recursive: true });
    const broken = await openHttp({ library, clip });
    const editor = await broken.token("editor");
    await rm(join(clip, "model.safetensors"));
    await writeFile(join(clip, "model.safetensors"), "no weights");
    const reply = await ask(id, { images: [images[0]!.id] }, editor, broken);
    const body = (await reply.json()) as ErrorBody;
    assert.deepEqual([reply.status, body.code], [500, "LABELLING_FAILED"]);
    assert.match(body.message, /model\.safetensors/);
    await cp(CLIP, clip, { recursive: true, force: true });
    assert.equal((await ask(id, { images: [images[0]!.id] }, editor, broken)).status, 200);
    await broken.close();
  });

  it("need a model that can be used where one is named", async () => {
    await assert.rejects(openHttp({ library, clip: join(library.folder, "nowhere") }), { code: "CLIP_NOT_FOUND" });
  });
});
