export * from "./dim.ts";
export {
  Graph,
  evaluateShape,
  type DType,
  type FileTensor,
  type Node,
  type NumericArray,
  type Value,
} from "./graph.ts";
export { gradients } from "./gradients.ts";
export { opTable, type Op } from "./op-table.ts";
export * from "./ops.ts";
