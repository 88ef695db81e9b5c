import assert from "node:assert/strict";
import {
  displayNameOf,
  exportedExtras,
  findTags,
  hasTag,
  readTag,
  speakerNameOf,
  writeTag,
} from "../../../plugin/core/index.ts";
import { ServiceError } from "../../../service/protocol/index.ts";

const tag = { modules: [{ module: "smith", weight: 0.8 }], prompt: "a smith", negative: "", playersMay: ["portrait"] };

describe("tags", () => {
  it("are read from metadata.lora, or from the extras that GLB keeps, with their defaults", () => {
    assert.deepEqual(readTag({ id: "a", metadata: { lora: tag } }), tag);
    assert.deepEqual(readTag({ id: "a", metadata: { gltf: { extras: { lora: { modules: [{ module: "m" }] } } } } }), {
      modules: [{ module: "m", weight: 1 }],
      prompt: "",
      negative: "",
      playersMay: [],
    });
    for (const metadata of [undefined, null, {}, "text", 3, { lora: null }, { gltf: null }, { gltf: { extras: [] } }]) {
      assert.equal(readTag({ id: "a", metadata }), undefined);
      assert.equal(hasTag({ id: "a", metadata }), false);
    }
  });

  it("that are malformed name the node and the field", () => {
    const bad = { id: "npc", metadata: { lora: { ...tag, modules: [{ module: "m", weight: 9 }] } } };
    assert.throws(
      () => readTag(bad),
      (error) => error instanceof ServiceError && error.params["where"] === "npc: metadata.lora.modules.0.weight",
    );
    assert.equal(hasTag(bad), true);
  });

  it("are written whole, into new metadata, beside what else is there", () => {
    const shared = { scripts: ["walk.ts"], gltf: { extras: { lora: tag, height: 2 }, pointers: [1] } };
    const node = { id: "npc", metadata: shared };
    writeTag(node, { ...tag, prompt: "an old smith" });
    assert.deepEqual(node.metadata, {
      scripts: ["walk.ts"],
      gltf: { extras: { height: 2 }, pointers: [1] },
      lora: { ...tag, prompt: "an old smith" },
    });
    assert.deepEqual(shared.gltf.extras.lora, tag, "an instance that shares the metadata is untouched");
    assert.equal(readTag(node)?.prompt, "an old smith");
    writeTag(node, null);
    assert.equal(readTag(node), undefined);
    assert.deepEqual(node.metadata.scripts, ["walk.ts"]);
  });

  it("that are bad change nothing", () => {
    const metadata = { lora: tag };
    const node = { id: "npc", metadata };
    assert.throws(() => writeTag(node, { ...tag, extra: 1 }), ServiceError);
    assert.equal(node.metadata, metadata);
  });

  it("of a whole scene are found although one of them is bad", () => {
    const { tags, faults } = findTags([
      { id: "a", metadata: { lora: tag } },
      { id: "b", metadata: { lora: { prompt: 3 } } },
      { id: "c" },
      { id: "d", metadata: { lora: {} } },
    ]);
    assert.deepEqual([...tags.keys()], ["a", "d"]);
    assert.equal(faults.length, 1);
    assert.match(faults[0]!.message, /^b: metadata\.lora\.prompt/);
  });

  it("survive an exporter that keeps extras alone, and win over older ones there", () => {
    const metadata = { lora: tag, npc: true, gltf: { extras: { lora: { prompt: "old" }, height: 2 } } };
    assert.deepEqual(exportedExtras(metadata), { height: 2, lora: tag, npc: true });
    assert.equal(exportedExtras(undefined), undefined);
  });

  it("stand beside a name for people", () => {
    assert.equal(displayNameOf({ id: "npc", name: "npc", metadata: { displayName: "Bruno" } }), "Bruno");
    assert.equal(displayNameOf({ id: "npc", metadata: { gltf: { extras: { displayName: "布鲁诺" } } } }), "布鲁诺");
    assert.equal(displayNameOf({ id: "npc", name: "Box", metadata: { displayName: 3 } }), "Box");
    assert.equal(displayNameOf({ id: "npc" }), "npc");
  });

  it("who has a voice is called by it or, if it says nothing, by the node's name; others are mute", () => {
    const node = (lora: unknown) => ({ id: "npc", name: "Bruno", metadata: { lora } });
    assert.equal(speakerNameOf(node({ voice: { name: " Ben " } })), "Ben");
    assert.equal(speakerNameOf(node({ voice: {} })), "Bruno");
    assert.equal(speakerNameOf(node({})), undefined);
    assert.equal(speakerNameOf({ id: "npc" }), undefined);
    assert.equal(
      speakerNameOf({ id: "npc", metadata: { gltf: { extras: { lora: { voice: { name: "Mo" } } } } } }),
      "Mo",
    );
  });
});
