import assert from "node:assert/strict";
import { readFile, rm, writeFile } from "node:fs/promises";
import { Library } from "../../../service/library/index.ts";
import { voiceTag, type LoraTag } from "../../../service/protocol/index.ts";
import { openStore, tables } from "../../../service/store/index.ts";
import { freshFolder } from "../store/fresh-folder.ts";
import { ADA, openLibrary, sha256, type OpenLibrary } from "./open-library.ts";

const card = { spec: "chara_card_v2", spec_version: "2.0", data: { name: "Rolf", book: "火".repeat(5_000) } };
const speaking = (voice: object): LoraTag => ({
  modules: [],
  prompt: "a guard",
  negative: "",
  playersMay: [],
  voice: voiceTag.parse(voice),
});

describe("character cards in the library", function () {
  this.timeout(120_000);
  let open: OpenLibrary;
  before(async () => (open = await openLibrary()));
  after(() => open.close());

  it("R33 are kept once under the hash of their JSON, and given back whole", async () => {
    const { library } = open;
    assert.equal(await library.cardOf(voiceTag.parse({ name: "Mina" })), undefined);
    const hash = await library.keepCard(card, ADA);
    assert.equal(hash, sha256(JSON.stringify(card)));
    const hashes = await Promise.all([1, 2, 3].map(() => library.keepCard(card, "Bo")));
    assert.deepEqual(new Set(hashes), new Set([hash]));
    assert.deepEqual(await library.cardOf(voiceTag.parse({ card: hash })), card);
    const kept = (await library.audit()).filter(({ action }) => action === "card.keep");
    assert.deepEqual(
      kept.map(({ by, subject }) => [by, subject]),
      [[ADA, hash]],
    );
    assert.equal(await library.readAsset(hash), undefined, "it needs a token");
  });

  it("R33 stay when something else that had the same bytes goes, and come back when their file was lost", async () => {
    const { library, store } = open;
    const lines = `{"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b"}]}`;
    const { id } = await library.createDataset({ name: "Rolf", nodeId: "", owner: ADA, kind: "voice" });
    await library.putLines(id, lines, "add", ADA);
    const [row] = await store.db.select().from(tables.datasets);
    const hash = row!.linesSha256;
    await store.db.insert(tables.cards).values({ sha256: hash, by: ADA, at: 0 });
    await library.removeDataset(id, ADA);
    assert.ok(await store.objects.has(hash));

    const lost = await library.keepCard({ ...card, data: {} }, ADA);
    await rm(store.objects.path(lost));
    await assert.rejects(library.cardOf(voiceTag.parse({ card: lost })), { code: "CARD_UNKNOWN" });
    assert.equal(await library.keepCard({ ...card, data: {} }, ADA), lost);
    assert.equal(sha256(await readFile(store.objects.path(lost))), lost);
  });

  it("R33 move out of tags that hold them whole, when one is set and when a scene of an earlier version opens", async () => {
    const { library, store } = open;
    const whole = speaking({ name: "Rolf", persona: "Guards.", card: { ...card, inTag: true } });
    const kept = await library.keptTag(whole, ADA);
    const hash = sha256(JSON.stringify(whole.voice!.card));
    assert.deepEqual(kept, { ...whole, voice: { ...whole.voice, card: hash } });
    assert.deepEqual(await library.keptTag(kept, ADA), kept);
    const mute = { modules: [], prompt: "", negative: "", playersMay: [] };
    assert.equal(await library.keptTag(mute, ADA), mute);

    const old = speaking({ name: "Rolf", card: { ...card, old: 1 } });
    const row = { sceneId: "old", nodeId: "guard", version: 1, tag: JSON.stringify(old), by: "Cy", at: 0 };
    await store.db.insert(tables.sceneTags).values(row);
    for (let times = 0; times < 2; times++) {
      const { voice } = (await library.loadScene("old")).tags.get("guard")!;
      assert.equal(voice!.card, sha256(JSON.stringify({ ...card, old: 1 })));
      assert.deepEqual(await library.cardOf(voice!), { ...card, old: 1 });
    }
  });

  it("R33 outlive the service", async () => {
    const dataDir = await freshFolder();
    let store = await openStore({ dataDir });
    const hash = await new Library(store, { side: 64 }).keepCard(card, ADA);
    await store.close();
    // What was on its way in when it was killed.
    await writeFile(`${dataDir}/objects/incoming/half`, "{");
    store = await openStore({ dataDir });
    assert.deepEqual(await new Library(store, { side: 64 }).cardOf(voiceTag.parse({ card: hash })), card);
    await store.close();
    await rm(dataDir, { recursive: true });
  });
});
