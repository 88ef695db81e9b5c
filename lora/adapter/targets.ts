import type { AdapterPart, LayerSite, ModuleSite } from "./site.ts";

export const targetGroups = ["attention", "feed-forward", "proj", "conv", "text-encoder"] as const;
export type TargetGroup = (typeof targetGroups)[number];

interface GroupRow {
  readonly part: AdapterPart;
  /** Matches the names of the group's layers. */
  readonly layers: RegExp;
}

/** Which layers each group holds. "conv" holds what sd-scripts' conv mode adds. */
const groupTable: Readonly<Record<TargetGroup, readonly GroupRow[]>> = {
  attention: [
    { part: "unet", layers: /\.attn[12]\.(to_q|to_k|to_v|to_out\.0)$/ },
    { part: "language_model", layers: /\.self_attn\.(q|k|v|o)_proj$/ },
  ],
  "feed-forward": [
    { part: "unet", layers: /\.ff\.net\.(0\.proj|2)$/ },
    { part: "language_model", layers: /\.mlp\.(gate|up|gate_up|down)_proj$/ },
  ],
  proj: [{ part: "unet", layers: /\.attentions\.\d+\.(proj_in|proj_out)$/ }],
  conv: [
    {
      part: "unet",
      layers: /\.(resnets\.\d+\.(conv1|conv2|conv_shortcut|time_emb_proj)|(up|down)samplers\.\d+\.conv)$/,
    },
  ],
  "text-encoder": [{ part: "text_encoder", layers: /\.(self_attn\.(q|k|v|out)_proj|mlp\.fc[12])$/ }],
};

export type SitePredicate = (part: AdapterPart, site: LayerSite) => boolean;

/** Whether a layer belongs to one of `groups`. */
export function selectTargets(groups: readonly TargetGroup[]): SitePredicate {
  const rows = groups.flatMap((group) => groupTable[group]);
  return (part, { name }) => rows.some((row) => row.part === part && row.layers.test(name));
}

/** The sites of `groups`, in the order given. */
export function targetSites(sites: readonly ModuleSite[], groups: readonly TargetGroup[]): ModuleSite[] {
  const selected = selectTargets(groups);
  return sites.filter((site) => selected(site.part, site));
}
