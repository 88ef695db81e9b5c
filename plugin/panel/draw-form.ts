/** The Generate form, and the request it means. */
import type { DrawJobRequest, LoraTag, SlotKind } from "../../service/protocol/index.ts";
import { seedsFrom } from "./seeds.ts";
import { joinPrompt } from "./tag-edits.ts";

export interface DrawForm {
  readonly prompt: string;
  readonly negative: string;
  readonly count: string;
  readonly seed: string;
  readonly steps: string;
  readonly guidance: string;
  readonly sampler: DrawJobRequest["sampler"];
  /** Of textures; portraits never tile. */
  readonly tiling: boolean;
}

/** What a sampler is made for: the steps to begin with. Its guidance the service knows. */
export const stepsFor = (sampler: DrawForm["sampler"]): string => (sampler === "LCM" ? "4" : "20");

export const initialDrawForm: DrawForm = {
  prompt: "",
  negative: "",
  count: "4",
  seed: "1",
  steps: "20",
  guidance: "",
  sampler: "DPM++ 2M",
  tiling: true,
};

/** A number from a field, kept within what the service takes; the fallback where there is none. */
function within<Fallback extends number | undefined>(text: string, low: number, high: number, fallback: Fallback) {
  const value = Number(text.trim().replace(",", "."));
  return text.trim() === "" || !Number.isFinite(value) ? fallback : Math.min(high, Math.max(low, value));
}

/** The tag's prompt and modules, then what the person adds. */
export function drawRequestOf(form: DrawForm, tag: LoraTag, nodeId: string, kind: SlotKind): DrawJobRequest {
  const guidanceScale = within(form.guidance, 0, 30, undefined);
  return {
    nodeId,
    kind,
    prompt: joinPrompt(tag.prompt, form.prompt),
    negative: form.negative.trim() === "" ? tag.negative : form.negative.trim(),
    stack: [...tag.modules],
    seeds: seedsFrom(within(form.seed, 0, 2 ** 32 - 1, 1), Number(form.count)),
    steps: Math.round(within(form.steps, 1, 150, Number(stepsFor(form.sampler)))),
    ...(guidanceScale === undefined ? {} : { guidanceScale }),
    sampler: form.sampler,
    tiling: kind === "albedo" && form.tiling,
  };
}
