export { alphaForRank, learningRateForBatch } from "./advice.ts";
