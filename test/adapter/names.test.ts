import assert from "node:assert/strict";
import fc from "fast-check";
import { siteKey } from "../../lora/adapter/index.ts";
import {
  fileKind,
  keysOf,
  likelyBase,
  parseForeignKey,
  schemeOf,
  SiteNames,
  type NameScheme,
} from "../../lora/adapter/names.ts";
import { sd15Sites } from "./tiny-sites.ts";

const names = new SiteNames(sd15Sites);
const siteOf = (key: string) => {
  const parsed = parseForeignKey(key);
  const site = parsed && names.find(parsed.base);
  return site && [siteKey(site), parsed.role];
};

describe("foreign names", () => {
  it("lead every SD 1.5 site through each scheme and back", () => {
    const scheme = fc.constantFrom<NameScheme>("kohya", "diffusers", "peft");
    fc.assert(
      fc.property(fc.constantFrom(...sd15Sites), scheme, fc.constantFrom("down", "up", "alpha"), (site, by, role) => {
        const key = keysOf[by](site)[role as "down"];
        assert.deepEqual(siteOf(key), [siteKey(site), role]);
        assert.equal(schemeOf(key), by);
      }),
      { numRuns: 2000 },
    );
    for (const by of ["kohya", "diffusers", "peft"] as const) {
      const keys = new Set(sd15Sites.flatMap((site) => Object.values(keysOf[by](site))));
      assert.equal(keys.size, 3 * sd15Sites.length);
    }
  });

  const block = "down_blocks.0.attentions.1.transformer_blocks.0";
  const layer = "text_model.encoder.layers.7.self_attn";
  const rows: [key: string, site: string, role: string][] = [
    ["lora_unet_mid_block_attentions_0_proj_in.alpha", "unet.mid_block.attentions.0.proj_in", "alpha"],
    [
      "lora_unet_down_blocks_0_attentions_1_transformer_blocks_0_attn1_to_out_0.lora_up.weight",
      `unet.${block}.attn1.to_out.0`,
      "up",
    ],
    [
      "lora_unet_down_blocks_0_attentions_1_transformer_blocks_0_ff_net_0_proj.lora_down.weight",
      `unet.${block}.ff.net.0.proj`,
      "down",
    ],
    ["lora_te_text_model_encoder_layers_7_self_attn_q_proj.lora_down.weight", `text_encoder.${layer}.q_proj`, "down"],
    ["lora_te1_text_model_encoder_layers_7_self_attn_q_proj.lora_down.weight", `text_encoder.${layer}.q_proj`, "down"],
    [`unet.${block}.attn2.to_k.lora_A.weight`, `unet.${block}.attn2.to_k`, "down"],
    [`unet.${block}.attn2.to_k.lora_B.weight`, `unet.${block}.attn2.to_k`, "up"],
    [`unet.${block}.attn2.processor.to_k_lora.down.weight`, `unet.${block}.attn2.to_k`, "down"],
    [`unet.${block}.attn2.processor.to_out_lora.up.weight`, `unet.${block}.attn2.to_out.0`, "up"],
    [`${block}.attn2.processor.to_v_lora.up.weight`, `unet.${block}.attn2.to_v`, "up"],
    [`text_encoder.${layer}.q_proj.lora_linear_layer.up.weight`, `text_encoder.${layer}.q_proj`, "up"],
    [`text_encoder.${layer}.to_out_lora.down.weight`, `text_encoder.${layer}.out_proj`, "down"],
    ["text_encoder.encoder.layers.7.self_attn.v_proj.lora_A.weight", `text_encoder.${layer}.v_proj`, "down"],
    [`base_model.model.${block}.attn1.to_out.0.lora_A.default.weight`, `unet.${block}.attn1.to_out.0`, "down"],
    [`base_model.model.${layer}.k_proj.lora_B.weight`, `text_encoder.${layer}.k_proj`, "up"],
  ];
  for (const [key, site, role] of rows) it(`read ${key}`, () => assert.deepEqual(siteOf(key), [site, role]));

  it("tell what a file of another kind is", () => {
    const kinds: [key: string, looksLike: RegExp][] = [
      ["emb_params", /textual inversion/],
      ["model.diffusion_model.out.0.weight", /full checkpoint/],
      ["first_stage_model.decoder.conv_in.weight", /VAE/],
      ["down_blocks.0.resnets.0.conv1.weight", /full UNet/],
      ["lora_te2_text_model_encoder_layers_0_mlp_fc1.lora_down.weight", /SDXL/],
      ["lora_unet_input_blocks_4_1_proj_in.lora_down.weight", /SDXL/],
      ["lora_unet_double_blocks_0_img_attn_qkv.lora_down.weight", /Flux/],
      ["transformer.single_transformer_blocks.0.attn.to_q.lora_A.weight", /Flux/],
      ["base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight", /language model/],
      ["lora_unet_conv_in.hada_w1_a", /LoHa/],
      ["lora_unet_foo.lora_down.weight", /another model/],
      ["x", /no tensor of a LoRA/],
    ];
    for (const [key, looksLike] of kinds) assert.match(fileKind([key]).looksLike, looksLike, key);
  });

  it("tell a module's base by the width of its text embeddings", () => {
    const key = `unet.${block}.attn2.to_k.lora_A.weight`;
    for (const [width, base] of [
      [768, "Stable Diffusion 1.x"],
      [1024, "Stable Diffusion 2.x"],
      [2048, "SDXL"],
      [5, undefined],
    ] as const)
      assert.equal(
        likelyBase([
          ["other.alpha", []],
          [key, [4, width]],
        ]),
        base,
      );
    assert.equal(likelyBase([["lora_unet_x_attn2_to_v.lora_down.weight", [4, 768]]]), "Stable Diffusion 1.x");
  });
});
