/** Which layers of a base a module may adapt, and the groups a person chooses among. */
import type { AdapterSite } from "../nn/index.ts";

export const adapterParts = ["unet", "text_encoder"] as const;
/** The networks of a base that modules can adapt, by their diffusers folder names. */
export type AdapterPart = (typeof adapterParts)[number];

/** A layer of a base that a module may adapt. */
export interface Site extends AdapterSite {
  readonly part: AdapterPart;
  /** Its name across parts: "unet.down_blocks.0.….to_q", "text_encoder.text_model.….q_proj". */
  readonly key: string;
}

export const siteKey = (part: AdapterPart, name: string): string => `${part}.${name}`;

/**
 * The sites of one part, in the order its layers are built.
 * @param build builds the part's graph, giving each layer's site to `record` as a ParameterSource's `adapter` does
 */
export function recordSites(part: AdapterPart, build: (record: (site: AdapterSite) => undefined) => void): Site[] {
  const sites = new Map<string, Site>();
  build((site) => {
    const key = siteKey(part, site.name);
    sites.set(key, { ...site, part, key });
    return undefined;
  });
  return [...sites.values()];
}

export const targetGroups = ["attention", "feed-forward", "proj", "conv", "text-encoder"] as const;
export type TargetGroup = (typeof targetGroups)[number];

interface GroupRow {
  readonly part: AdapterPart;
  /** Matches the names of the group's layers. */
  readonly layers: RegExp;
}

/** "conv" holds the convolutions of sd-scripts' conv mode. */
const groupTable: Readonly<Record<TargetGroup, GroupRow>> = {
  attention: { part: "unet", layers: /\.attn[12]\.(to_q|to_k|to_v|to_out\.0)$/ },
  "feed-forward": { part: "unet", layers: /\.ff\.net\.(0\.proj|2)$/ },
  proj: { part: "unet", layers: /\.attentions\.\d+\.(proj_in|proj_out)$/ },
  conv: {
    part: "unet",
    layers: /\.(resnets\.\d+\.(conv1|conv2|conv_shortcut)|(up|down)samplers\.\d+\.conv)$/,
  },
  "text-encoder": { part: "text_encoder", layers: /\.(self_attn\.(q|k|v|out)_proj|mlp\.fc[12])$/ },
};

/** Whether a layer belongs to one of `groups`. */
export function isTarget(groups: readonly TargetGroup[], part: AdapterPart, name: string): boolean {
  return groups.some((group) => groupTable[group].part === part && groupTable[group].layers.test(name));
}

/** The same as a predicate on sites. */
export function selectTargets(groups: readonly TargetGroup[]): (part: AdapterPart, site: AdapterSite) => boolean {
  return (part, { name }) => isTarget(groups, part, name);
}

/** Layers that other tools' modules may adapt and ours cannot, with the reason a report gives. */
const unsupported: readonly (readonly [layers: RegExp, reason: string])[] = [
  // Their rows have no position axis, which a mix per batch row needs.
  [/(^|\.)time_emb(edding|_proj)/, "adapters on the time embedding are not supported"],
];

/** Why a layer cannot be adapted, or undefined where it can. */
export const whyUnsupported = (name: string): string | undefined =>
  unsupported.find(([layers]) => layers.test(name))?.[1];
