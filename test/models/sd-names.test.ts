import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import {
  canonicalDiffusersName,
  emaNameOf,
  sd1NameLayout,
  sd2NameLayout,
  sdNameLayoutOf,
  sdNames,
  type SdPart,
} from "../../lora/models/sd-names.ts";

/** [LDM name, part, diffusers name, row part of the LDM tensor or null], confirmed by diffusers' own conversion. */
type NamePair = readonly [ldm: string, part: SdPart, diffusers: string, row: number | null];

const goldenUrl = new URL("../golden/sd/names.json.gz", import.meta.url);
const goldens = JSON.parse(gunzipSync(readFileSync(goldenUrl)).toString()) as Record<string, readonly NamePair[]>;
const ldmNamesOf = (model: string) => new Set(goldens[model]!.map(([ldm]) => ldm));

describe("Stable Diffusion tensor names", () => {
  for (const [model, pairs] of Object.entries(goldens)) {
    describe(model, () => {
      const layout = sdNameLayoutOf(ldmNamesOf(model));
      assert(layout);
      const names = sdNames(layout);

      it("gives diffusers' name for every single-file name, and no other", () => {
        const given = [...ldmNamesOf(model)].flatMap((ldm) =>
          names.toDiffusers(ldm).map(({ part, name, slice }) => [ldm, part, name, slice?.index ?? null]),
        );
        const key = (pair: readonly unknown[]) => pair.join(" ");
        assert.deepEqual(given.map(key).toSorted(), pairs.map(key).toSorted());
      });

      it("gives the single-file name for every diffusers name", () => {
        for (const [ldm, part, name, row] of pairs) {
          const expected = row === null ? { name: ldm } : { name: ldm, slice: { index: row, count: 3 } };
          assert.deepEqual(names.toLdm(part, name), expected);
        }
      });
    });
  }

  it("reads the block counts of the published models off their names", () => {
    assert.deepEqual(sdNameLayoutOf(ldmNamesOf("sd15")), sd1NameLayout);
    // diffusers leaves out the last layer of the tower, so the golden has 23 of the file's 24.
    const cut = { ...sd2NameLayout, text: { tower: "openclip", layers: 23 } };
    assert.deepEqual(sdNameLayoutOf(ldmNamesOf("sd21")), cut);
    assert.equal(sdNameLayoutOf(ldmNamesOf("tiny-v2"))?.unet.layersPerBlock, 1);
  });

  it("does not take a file without one of the parts for Stable Diffusion", () => {
    for (const prefix of ["model.diffusion_model.", "first_stage_model.", "cond_stage_model."]) {
      assert.equal(sdNameLayoutOf([...ldmNamesOf("sd15")].filter((name) => !name.startsWith(prefix))), undefined);
    }
    assert.equal(sdNameLayoutOf(["model.layers.0.self_attn.q_proj.weight"]), undefined);
  });

  it("leaves buffers, EMA twins and foreign tensors alone", () => {
    const names = sdNames(sd1NameLayout);
    for (const name of [
      "betas",
      "alphas_cumprod",
      "cond_stage_model.transformer.text_model.embeddings.position_ids",
      "cond_stage_model.model.logit_scale",
      "model_ema.decay",
      emaNameOf("model.diffusion_model.input_blocks.0.0.weight"),
      "model.diffusion_model.input_blocks.10.1.norm.weight",
      "control_model.input_blocks.0.0.weight",
    ]) {
      assert.deepEqual(names.toDiffusers(name), [], name);
    }
    assert.equal(names.toLdm("unet", "down_blocks.3.attentions.0.norm.weight"), undefined);
  });

  it("accepts the older and newer spellings of the same tensors", () => {
    const names = sdNames(sd1NameLayout);
    const early = "cond_stage_model.transformer.encoder.layers.3.mlp.fc1.weight";
    assert.equal(names.toDiffusers(early)[0]?.name, "text_model.encoder.layers.3.mlp.fc1.weight");
    assert.equal(
      canonicalDiffusersName("text_encoder", "encoder.layers.3.mlp.fc1.weight"),
      "text_model.encoder.layers.3.mlp.fc1.weight",
    );
    const attention = "decoder.mid_block.attentions.0";
    const renamed = { query: "to_q", key: "to_k", value: "to_v", proj_attn: "to_out.0", group_norm: "group_norm" };
    for (const [before, now] of Object.entries(renamed)) {
      assert.equal(canonicalDiffusersName("vae", `${attention}.${before}.weight`), `${attention}.${now}.weight`);
      assert.equal(canonicalDiffusersName("vae", `${attention}.${now}.weight`), `${attention}.${now}.weight`);
    }
    assert.deepEqual(names.toLdm("vae", `${attention}.proj_attn.bias`), {
      name: "first_stage_model.decoder.mid.attn_1.proj_out.bias",
    });
  });

  it("names the EMA twin as the LDM code does", () => {
    assert.equal(emaNameOf("model.diffusion_model.time_embed.0.weight"), "model_ema.diffusion_modeltime_embed0weight");
  });
});
