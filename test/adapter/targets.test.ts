import assert from "node:assert/strict";
import { createModule, parameterCount, siteKey, targetGroups, targetSites } from "../../lora/adapter/index.ts";
import { downWidth } from "../../lora/adapter/site.ts";
import { Random } from "../../lora/diffusion/index.ts";
import { sd15Sites } from "./tiny-sites.ts";

describe("targets of a module", () => {
  it("are the 192 UNet and 72 text encoder layers of SD 1.5 that sd-scripts trains", () => {
    const counts = targetGroups.map((group) => targetSites(sd15Sites, [group]).length);
    // 16 transformers: 8 attention projections, 2 feed-forward, 2 in and out; 22 resnets of two convolutions and a time projection, 14 shortcuts, 3 up, 3 down.
    assert.deepEqual(counts, [128, 32, 32, 22 * 3 + 14 + 6, 72]);
    assert.equal(targetSites(sd15Sites, ["attention", "feed-forward", "proj"]).length, 192);
  });

  it("keep the order of the base, whatever the order of the groups", () => {
    const groups = ["conv", "attention"] as const;
    assert.deepEqual(targetSites(sd15Sites, groups), targetSites(sd15Sites, groups.toReversed()));
  });

  it("know the sizes of their layers", () => {
    const by = new Map(sd15Sites.map((site) => [siteKey(site), site]));
    const key = by.get("unet.down_blocks.1.attentions.0.transformer_blocks.0.attn2.to_k")!;
    assert.deepEqual([key.kind, key.inSize, key.outSize, key.kernel], ["linear", 768, 640, 1]);
    const conv = by.get("unet.up_blocks.0.resnets.0.conv1")!;
    assert.deepEqual([conv.kind, conv.inSize, conv.outSize, conv.kernel], ["conv", 2560, 1280, 3]);
  });
});

describe("createModule", () => {
  const sites = targetSites(sd15Sites, ["attention", "conv"]).filter((_, i) => i % 20 === 0);
  const random = new Random(3);
  const module = createModule(sites, { rank: 4, alpha: 8, uniform: () => random.uniform() });

  it("draws down uniformly within ±1/√fan_in and leaves up at zero", () => {
    for (const site of sites) {
      const { down, up } = module.layers.get(siteKey(site))!;
      const bound = 1 / Math.sqrt(downWidth(site));
      const largest = down.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
      assert.ok(largest <= bound && largest > 0.98 * bound, `${site.name}: ${largest} of ${bound}`);
      const variance = down.reduce((sum, x) => sum + x * x, 0) / down.length;
      assert.ok(Math.abs(variance / (bound * bound) - 1 / 3) < 0.05);
      assert.ok(up.every((x) => x === 0));
    }
  });

  it("lays all matrices out in one array, down before up, in the order of the sites", () => {
    assert.equal(parameterCount(module), module.parameters.length);
    let offset = 0;
    for (const site of sites) {
      const { down, up } = module.layers.get(siteKey(site))!;
      for (const view of [down, up]) {
        assert.equal(view.buffer, module.parameters.buffer);
        assert.equal(view.byteOffset, 4 * offset);
        offset += view.length;
      }
    }
  });
});
