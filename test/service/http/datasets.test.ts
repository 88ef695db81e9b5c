import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import {
  limits,
  type DatasetReply,
  type ErrorBody,
  type ReportReply,
  type UploadReply,
} from "../../../service/protocol/index.ts";
import { openLibrary, type OpenLibrary } from "../library/open-library.ts";
import { bomb, html, phonePhoto, png, svg } from "../library/sample-pictures.ts";
import { failure, openHttp, type HttpService } from "./http-service.ts";

const DATASETS = "/api/datasets";

function formOf(files: readonly (readonly [name: string, data: Uint8Array])[]): FormData {
  const form = new FormData();
  for (const [name, data] of files) form.append("images", new Blob([Uint8Array.from(data)]), name);
  return form;
}

describe("data sets over HTTP", function () {
  this.timeout(300_000);
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

  const newDataset = async (name = "Smith"): Promise<string> => {
    const reply = await http.request("POST", DATASETS, { token, json: { name, nodeId: "npc-smith" } });
    assert.equal(reply.status, 201);
    return ((await reply.json()) as DatasetReply).id;
  };
  const read = async (id: string): Promise<DatasetReply> =>
    (await (await http.request("GET", `${DATASETS}/${id}`, { token })).json()) as DatasetReply;
  const upload = (id: string, files: Parameters<typeof formOf>[0]) =>
    http.request("POST", `${DATASETS}/${id}/images`, { token, body: formOf(files) });
  const uploaded = async (id: string, files: Parameters<typeof formOf>[0]): Promise<UploadReply> => {
    const reply = await upload(id, files);
    assert.equal(reply.status, 200);
    return (await reply.json()) as UploadReply;
  };
  const incoming = () => readdir(join(library.folder, "objects/incoming"));

  it("are made, filled, captioned, reported on and removed", async () => {
    const id = await newDataset("Old Smith");
    const { added, refused } = await uploaded(id, [
      ["1.jpg", await phonePhoto(1)],
      ["2.png", await png(2)],
    ]);
    assert.deepEqual([added.map(({ name }) => name), refused], [["1.jpg", "2.png"], []]);
    const [one, two] = added as [UploadReply["added"][0], UploadReply["added"][0]];
    const captions = { [one.id]: "a smith", [two.id]: "铁匠" };
    assert.equal((await http.request("PUT", `${DATASETS}/${id}/captions`, { token, json: { captions } })).status, 204);
    const dataset = await read(id);
    assert.deepEqual([dataset.name, dataset.nodeId, dataset.revision], ["Old Smith", "npc-smith", 3]);
    assert.deepEqual(
      dataset.images.map(({ caption }) => caption),
      ["a smith", "铁匠"],
    );
    const all = (await (await http.request("GET", DATASETS, { token })).json()) as DatasetReply[];
    assert.deepEqual(
      all.find((each) => each.id === id),
      dataset,
    );
    const report = await http.request("GET", `${DATASETS}/${id}/report?lang=zh`, { token });
    const { images, findings } = (await report.json()) as ReportReply;
    assert.equal(images, 2);
    assert.match(findings[0]?.message ?? "", /图片/);
    assert.equal((await http.request("DELETE", `${DATASETS}/${id}/images/${one.id}`, { token })).status, 204);
    assert.equal((await read(id)).images.length, 1);
    assert.equal((await http.request("DELETE", `${DATASETS}/${id}`, { token })).status, 204);
    assert.deepEqual(await failure(await http.request("GET", `${DATASETS}/${id}`, { token })), [404, "NOT_FOUND"]);
  });

  it("R1 R3 are closed to whoever has no token, a bad one or a player's", async () => {
    const id = await newDataset();
    const { added } = await uploaded(id, [["a.png", await png(3)]]);
    const player = await http.token("player");
    const before = await read(id);
    const routes: [string, string, object?][] = [
      ["GET", DATASETS],
      ["POST", DATASETS, { name: "x" }],
      ["GET", `${DATASETS}/${id}`],
      ["DELETE", `${DATASETS}/${id}`],
      ["POST", `${DATASETS}/${id}/images`],
      ["DELETE", `${DATASETS}/${id}/images/${added[0]?.id}`],
      ["PUT", `${DATASETS}/${id}/captions`, { captions: { [added[0]?.id ?? ""]: "stolen" } }],
      ["GET", `${DATASETS}/${id}/report`],
      ["GET", "/api/modules"],
      ["GET", "/api/modules/x"],
      ["GET", "/api/modules/x/1/file"],
    ];
    for (const [method, path, json] of routes) {
      const ask = (given?: string) =>
        http.request(method, path, { token: given, ...(json && { json }) }).then((reply) => failure(reply));
      assert.deepEqual(await ask(), [401, "TOKEN_MISSING"], `${method} ${path}`);
      assert.deepEqual(await ask("nonsense"), [401, "TOKEN_INVALID"], `${method} ${path}`);
      assert.deepEqual(await ask(player), [403, "NOT_ALLOWED"], `${method} ${path}`);
    }
    assert.deepEqual(await read(id), before);
  });

  it("take the good pictures of an upload and say what is wrong with each of the others", async () => {
    const id = await newDataset();
    const tooLarge = Buffer.concat([await png(4), Buffer.alloc(limits.imageBytesMax)]);
    const { added, refused } = await uploaded(id, [
      ["first.png", await png(5)],
      ["notes.txt", Buffer.from("hello")],
      ["huge.png", tooLarge],
      ["bomb.png", bomb(9000)],
      ["drawing.svg", svg],
      ["page.png", html],
      ["empty.png", Buffer.alloc(0)],
      ["../../../etc/cron.d/last.png", await png(6)],
    ]);
    assert.deepEqual(
      added.map(({ name }) => name),
      ["first.png", "last.png"],
    );
    assert.deepEqual(
      refused.map(({ name, code }) => [name, code]),
      [
        ["notes.txt", "NOT_AN_IMAGE"],
        ["huge.png", "UPLOAD_TOO_LARGE"],
        ["bomb.png", "IMAGE_TOO_LARGE"],
        ["drawing.svg", "NOT_AN_IMAGE"],
        ["page.png", "NOT_AN_IMAGE"],
        ["empty.png", "NOT_AN_IMAGE"],
      ],
    );
    assert.match(refused[1]?.message ?? "", /^huge\.png is larger than 32 MB; make it smaller/);
    assert.deepEqual(await incoming(), []);
    assert.ok(http.log.some((line) => line.includes("NOT_AN_IMAGE") && line.includes("notes.txt")));
  });

  it("stop counting at the limit, even of 10,000 files", async () => {
    const id = await newDataset();
    const tiny = Buffer.from("x");
    const { added, refused } = await uploaded(
      id,
      Array.from({ length: 10_000 }, (_, at) => [`${at}.png`, tiny] as const),
    );
    assert.equal(added.length, 0);
    const codes = Object.groupBy(refused, ({ code }) => code);
    assert.equal(codes["NOT_AN_IMAGE"]?.length, limits.imagesPerUploadMax);
    assert.deepEqual(
      codes["TOO_MANY_IMAGES"]?.map(({ params }) => params),
      [{ limit: limits.imagesPerUploadMax }],
    );
  });

  it("refuse what is no form, and half of one", async () => {
    const id = await newDataset();
    const path = `${DATASETS}/${id}/images`;
    for (const headers of [{}, { "content-type": "image/png" }, { "content-type": "multipart/form-data" }]) {
      const reply = await http.request("POST", path, { token, body: "hello", headers });
      assert.deepEqual(await failure(reply), [400, "REQUEST_INVALID"], JSON.stringify(headers));
    }
    const head = '--b\r\ncontent-disposition: form-data; name="images"; filename="a.png"\r\n\r\n';
    const half = Buffer.concat([Buffer.from(head), (await png(7)).subarray(0, 1000)]);
    const headers = { "content-type": "multipart/form-data; boundary=b" };
    const reply = await http.request("POST", path, { token, body: Uint8Array.from(half), headers });
    assert.deepEqual(await failure(reply), [400, "REQUEST_INVALID"]);
    assert.deepEqual(await incoming(), []);
    assert.equal((await read(id)).images.length, 0);
  });

  it("get over a sender that goes away in the middle", async () => {
    const id = await newDataset();
    const socket = connect(Number(new URL(http.url).port), "127.0.0.1");
    socket.write(
      `POST ${DATASETS}/${id}/images HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${token}\r\n` +
        "content-type: multipart/form-data; boundary=b\r\ncontent-length: 1000000\r\n\r\n" +
        '--b\r\ncontent-disposition: form-data; name="images"; filename="a.png"\r\n\r\n',
    );
    socket.write(await png(8));
    while ((await incoming()).length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    socket.destroy();
    while ((await incoming()).length > 0) await new Promise((resolve) => setTimeout(resolve, 20));
    assert.equal((await read(id)).images.length, 0);
    assert.equal((await uploaded(id, [["a.png", await png(8)]])).added.length, 1);
  });

  it("that do not exist are named before anything is read", async () => {
    assert.deepEqual(await failure(await upload("nobody", [["a.png", await png(9)]])), [404, "NOT_FOUND"]);
    for (const [method, path] of [
      ["GET", `${DATASETS}/nobody/report`],
      ["DELETE", `${DATASETS}/nobody`],
      ["DELETE", `${DATASETS}/nobody/images/x`],
      ["GET", `${DATASETS}/..%2f..%2fetc`],
    ] as const) {
      assert.deepEqual(await failure(await http.request(method, path, { token })), [404, "NOT_FOUND"], path);
    }
  });

  it("R10 name the field that is wrong", async () => {
    const id = await newDataset();
    const bad: [string, string, object, string][] = [
      ["POST", DATASETS, { name: "../up" }, "name"],
      ["POST", DATASETS, { name: "" }, "name"],
      ["POST", DATASETS, { name: "x", nodeId: 5 }, "nodeId"],
      ["PUT", `${DATASETS}/${id}/captions`, { captions: { a: "x".repeat(1001) } }, "captions.a"],
      ["PUT", `${DATASETS}/${id}/captions`, {}, "captions"],
    ];
    for (const [method, path, json, where] of bad) {
      const reply = await http.request(method, path, { token, json });
      const { code, params } = (await reply.json()) as ErrorBody;
      assert.deepEqual([reply.status, code, params["where"]], [400, "REQUEST_INVALID", where]);
    }
  });
});
