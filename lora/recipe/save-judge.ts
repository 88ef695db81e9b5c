/**
 * Writes the judge of portraits as it comes with the repository, in half precision:
 * `node lora/recipe/save-judge.ts --classifier .work/classifier`, once `train-classifier.ts` has trained it.
 */
import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { JUDGE, judgeWeights } from "./attribute-classifier.ts";
import { writeHalfWeights } from "./weights-file.ts";

const { values: args } = parseArgs({
  options: { classifier: { type: "string", default: ".work/classifier" }, out: { type: "string", default: JUDGE } },
});
const weights = judgeWeights(join(args.classifier, "classifier-state.safetensors"));
mkdirSync(dirname(args.out), { recursive: true });
writeHalfWeights(args.out, weights);
