/**
 * Writes the judge of portraits as it comes with the repository, in half precision:
 * `node lora/recipe/save-judge.ts --classifier .work/classifier`, once `train-classifier.ts` has trained it.
 */
import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { float32ToFloat16, writeSafetensors, type SafetensorsTensor } from "../format/index.ts";
import { JUDGE, judgeWeights } from "./attribute-classifier.ts";

const { values: args } = parseArgs({
  options: { classifier: { type: "string", default: ".work/classifier" }, out: { type: "string", default: JUDGE } },
});
const weights = judgeWeights(join(args.classifier, "classifier-state.safetensors"));
const tensors = Object.entries(weights).map(([name, { data, dims }]): [string, SafetensorsTensor] => [
  name,
  { dtype: "F16", shape: dims, data: float32ToFloat16(data as Float32Array) },
]);
mkdirSync(dirname(args.out), { recursive: true });
writeSafetensors(args.out, Object.fromEntries(tensors));
