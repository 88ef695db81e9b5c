import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Library } from "../../../service/library/index.ts";
import { loraTag } from "../../../service/protocol/index.ts";
import { ADA, openLibrary, sha256, type OpenLibrary } from "./open-library.ts";
import { png } from "./sample-pictures.ts";

describe("the library", function () {
  this.timeout(300_000);
  let open: OpenLibrary;
  let library: Library;

  before(async () => {
    open = await openLibrary();
    ({ library } = open);
  });
  after(() => open.close());

  describe("modules", () => {
    const version = async (name: string, content: string) => {
      const file = join(open.folder, `${sha256(content).slice(0, 8)}.safetensors`);
      await writeFile(file, content);
      return library.publishModule({
        name,
        owner: ADA,
        description: "",
        triggerWord: "smith",
        file,
        baseHash: "base",
        baseModel: "mini-sd",
        rank: 8,
        preview: "",
        provenance: { config: { steps: 10 }, images: ["abc"] },
      });
    };

    it("R17 get version after version under their name, and no version changes", async () => {
      const first = await version("Old Smith", "one");
      const second = await version("old  smith", "two");
      assert.match(first.moduleId, /^old-smith-[0-9a-f]{8}$/);
      assert.deepEqual([first.version, second.version, second.moduleId], [1, 2, first.moduleId]);
      const module = await library.getModule(first.moduleId);
      assert.equal(module.name, "Old Smith");
      assert.deepEqual(
        module.versions.map((each) => [each.version, each.sha256, each.bytes]),
        [
          [2, sha256(Buffer.from("two")), 3],
          [1, sha256(Buffer.from("one")), 3],
        ],
      );
      assert.deepEqual(module.versions[0]?.provenance, { config: { steps: 10 }, images: ["abc"] });
      const [newest, oldest] = [await library.moduleFile(first.moduleId), await library.moduleFile(first.moduleId, 1)];
      assert.equal(await readFile(newest.path, "utf8"), "two");
      assert.equal(await readFile(oldest.path, "utf8"), "one");
      assert.deepEqual([newest.version, newest.baseHash, newest.triggerWord], [2, "base", "smith"]);
    });

    it("R17 published at once get one version each", async () => {
      const published = await Promise.all(["a", "b", "c", "d"].map((each) => version("Crowd", each)));
      assert.deepEqual(
        published.map((each) => each.version).toSorted((x, y) => x - y),
        [1, 2, 3, 4],
      );
      assert.equal(new Set(published.map((each) => each.moduleId)).size, 1);
    });

    it("have names of any script, and ids that fit an address", async () => {
      const { moduleId } = await version("张三 铁匠", "zh");
      assert.match(moduleId, /^module-[0-9a-f]{8}$/);
      assert.match((await version("Ärger", "de")).moduleId, /^a-?rger-[0-9a-f]{8}$/);
      for (const bad of ["", "../up", "a/b", "<b>", "x".repeat(65)]) {
        await assert.rejects(version(bad, "bad"), { code: "NAME_INVALID" });
      }
    });

    it("are no assets: their file needs a token", async () => {
      const { sha256: hash } = await version("Secret", "weights");
      assert.equal(await library.readAsset(hash), undefined);
    });

    it("that are not there, or cannot be read, are named", async () => {
      await assert.rejects(library.getModule("nobody"), { code: "NOT_FOUND" });
      await assert.rejects(library.moduleFile("nobody"), { code: "NOT_FOUND" });
      const { moduleId } = await version("Few", "x");
      await assert.rejects(library.moduleFile(moduleId, 2), { code: "NOT_FOUND" });
      const lost = {
        name: "Lost",
        owner: ADA,
        description: "",
        triggerWord: "",
        file: join(open.folder, "lost"),
        baseHash: "",
      };
      // Many at once, so that some files fail to open before their objects are begun.
      const published = Array.from({ length: 32 }, () =>
        assert.rejects(library.publishModule({ ...lost, baseModel: "", rank: 1, preview: "", provenance: {} }), {
          code: "MODULE_INVALID",
        }),
      );
      await Promise.all(published);
    });

    it("tell who listens", async () => {
      const [id] = await open.heard("module", () => version("Told", "x"));
      assert.equal((await library.getModule(id ?? "")).name, "Told");
    });
  });

  describe("assets", () => {
    it("R19 are found by what was asked for, in whatever order it is written", async () => {
      const key = { base: "b", stack: [{ sha256: "m", weight: 1 }], seed: 7, size: [64, 64] };
      assert.equal(await library.findAsset(key), undefined);
      const saved = await library.saveAsset(key, await png(50), { by: ADA });
      assert.equal(
        await library.findAsset({ size: [64, 64], seed: 7, stack: [{ weight: 1, sha256: "m" }], base: "b" }),
        saved,
      );
      for (const other of [
        { ...key, seed: 8 },
        { ...key, size: [64, 65] },
        { ...key, stack: [] },
      ]) {
        assert.equal(await library.findAsset(other), undefined);
      }
    });

    it("R18 R19 stay as they were first made", async () => {
      const key = { prompt: "a smith" };
      const first = await library.saveAsset(key, await png(51));
      assert.equal(await library.saveAsset(key, await png(52)), first);
      assert.equal(sha256((await library.readAsset(first)) ?? Buffer.alloc(0)), first);
    });
  });

  describe("scenes", () => {
    const slot = "npc-smith/portrait";
    const [a, b, c] = ["a", "b", "c"].map((each) => each.repeat(64)) as [string, string, string];

    it("R7 count every change of a slot, and never use a version twice", async () => {
      const scene = "square";
      assert.equal(await library.setSlot(scene, slot, { sha256: a }, ADA), 1);
      assert.equal(await library.setSlot(scene, slot, { sha256: b }, ADA), 2);
      assert.deepEqual(await library.revertSlot(scene, slot, ADA), { version: 3, sha256: a });
      const versions = await Promise.all([1, 2, 3, 4].map(() => library.setSlot(scene, slot, { sha256: c }, ADA)));
      assert.deepEqual(
        versions.toSorted((x, y) => x - y),
        [4, 5, 6, 7],
      );
      const history = await library.slotHistory(scene, slot);
      assert.deepEqual(
        history.map(({ version, by }) => [version, by]),
        [7, 6, 5, 4, 3, 2, 1].map((version) => [version, ADA]),
      );
    });

    it("go back step by step, down to their own picture", async () => {
      const scene = "castle";
      for (const each of [a, b]) await library.setSlot(scene, slot, { sha256: each }, ADA);
      assert.equal((await library.revertSlot(scene, slot, ADA)).sha256, a);
      await library.setSlot(scene, slot, { sha256: c }, ADA);
      // What showed before c was a, which the first revert had brought back; before a there was nothing.
      assert.equal((await library.revertSlot(scene, slot, ADA)).sha256, a);
      assert.deepEqual(await library.revertSlot(scene, slot, ADA), { version: 6, sha256: "" });
      await assert.rejects(library.revertSlot(scene, slot, ADA), { code: "REQUEST_INVALID" });
      await assert.rejects(library.revertSlot(scene, "nobody/portrait", ADA), { code: "REQUEST_INVALID" });
    });

    it("R8 begin with what they last held", async () => {
      const scene = "market";
      await library.setSlot(scene, slot, { sha256: a }, ADA);
      await library.setSlot(scene, slot, { sha256: b }, ADA);
      await library.setSlot(scene, "wall/albedo", { sha256: c }, ADA);
      const tag = loraTag.parse({ modules: [{ module: "old-smith-1", weight: 0.8 }], playersMay: ["portrait"] });
      assert.equal(await library.setTag(scene, "npc-smith", tag, ADA), 1);
      assert.equal(await library.setTag(scene, "npc-smith", { ...tag, prompt: "a smith" }, ADA), 2);
      assert.equal(await library.setTag(scene, "wall", null, ADA), 1);
      const { slots, tags } = await library.loadScene(scene);
      assert.deepEqual(slots, [
        { slot, sha256: b, version: 2 },
        { slot: "wall/albedo", sha256: c, version: 1 },
      ]);
      assert.deepEqual(Object.fromEntries(tags), { "npc-smith": { ...tag, prompt: "a smith" }, wall: null });
      const empty = await library.loadScene("nowhere");
      assert.deepEqual([empty.slots, empty.tags.size], [[], 0]);
    });

    it("leave a line in the audit for every change", async () => {
      await library.setTag("audited", "npc", null, "Bo");
      await library.setSlot("audited", slot, { sha256: a }, "Bo");
      await library.revertSlot("audited", slot, "Cy");
      const lines = (await library.audit(3)).map(({ by, action, subject }) => [by, action, subject]);
      assert.deepEqual(lines, [
        ["Cy", "slot.revert", `audited/${slot}`],
        ["Bo", "slot.set", `audited/${slot}`],
        ["Bo", "tag.set", "audited/npc"],
      ]);
    });
  });
});
