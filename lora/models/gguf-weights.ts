/**
 * The weights of a GGUF file where a graph can map them. Float tensors in transformers' order of rows are mapped where they
 * lie; quantised and interleaved ones are written once, as half precision, to a file in the user's cache.
 */
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { basename, join } from "node:path";
import {
  cacheFolder,
  float32ToFloat16,
  fromGgufName,
  isInterleaved,
  makeFolder,
  openSafetensors,
  readGgufBytes,
  readGgufRows,
  rowsInHalves,
  rowsOf,
  writeSafetensorsPieces,
  type GgufFile,
  type GgufTensor,
  type SafetensorsSource,
} from "../format/index.ts";
import type { FileTensor } from "../graph/index.ts";
import { modelErrors } from "./errors.ts";
import { FLOAT_DTYPES, weightMap, type WeightMap } from "./weights.ts";

/** Changes when the same file would be converted to other values. */
const CONVERSION = "1";
/** Values converted at a time. */
const PIECE_VALUES = 1 << 22;

/**
 * @param headSize rows of one head of queries or keys
 * @param folder where converted weights are kept
 * @throws FOLDER_NOT_WRITABLE, FILE_NO_SPACE, GGUF_…
 */
export function ggufWeights(
  file: GgufFile,
  architecture: string,
  headSize: number,
  folder = join(cacheFolder(), "gguf"),
): WeightMap {
  const weights = new Map<string, FileTensor>();
  const converted: Record<string, SafetensorsSource> = {};
  for (const tensor of file.tensors.values()) {
    const name = fromGgufName(tensor.name);
    if (name === undefined) continue;
    const dtype = FLOAT_DTYPES[tensor.type];
    const turned = isInterleaved(architecture, tensor.name) ? headSize : undefined;
    if (dtype && turned === undefined) {
      const { offset, byteLength, shape } = tensor;
      weights.set(name, { path: file.path, offset, byteLength, dtype, shape });
    } else converted[name] = conversion(file, tensor, turned);
  }
  if (Object.keys(converted).length === 0) return weights;
  const path = convertedPath(file, folder);
  if (!existsSync(path)) {
    makeFolder(folder);
    writeSafetensorsPieces(path, converted, { source: file.path });
  }
  for (const [name, tensor] of weightMap(openSafetensors(path), (own) => [{ name: own }])) weights.set(name, tensor);
  return weights;
}

/** Another file under the same name, or a change of it, is converted anew. */
function convertedPath({ path, fileBytes, modifiedMs }: GgufFile, folder: string): string {
  const hash = createHash("sha256").update([CONVERSION, path, fileBytes, modifiedMs].join("|")).digest("hex");
  return join(folder, `${basename(path, ".gguf")}-${hash.slice(0, 16)}.safetensors`);
}

function conversion(file: GgufFile, tensor: GgufTensor, headSize: number | undefined): SafetensorsSource {
  const isFloat = tensor.type in FLOAT_DTYPES;
  // A bias is one row of many values; turned, it is a column of single ones.
  const isColumn = headSize !== undefined && isFloat && tensor.shape.length === 1;
  const lying = isColumn ? { ...tensor, shape: [...tensor.shape, 1] } : tensor;
  const [rows, width] = [rowsOf(lying), lying.shape.at(-1) ?? 1];
  if (headSize !== undefined && rows % headSize !== 0)
    throw modelErrors.BASE_TENSOR_SHAPE(file.path, tensor.name, `whole heads of ${headSize}`, tensor.shape.join(", "));
  const group = headSize ?? 1;
  const step = group * Math.max(1, Math.floor(PIECE_VALUES / (group * width)));
  function* pieces(): Iterable<Uint8Array> {
    for (let first = 0; first < rows; first += step) {
      const count = Math.min(step, rows - first);
      const bytes = isFloat
        ? readGgufBytes(file, lying, first, count)
        : new Uint8Array(float32ToFloat16(readGgufRows(file, lying, first, count)).buffer);
      yield headSize === undefined ? bytes : rowsInHalves(bytes, count, headSize);
    }
  }
  return { dtype: isFloat ? (tensor.type as "F32" | "F16" | "BF16") : "F16", shape: tensor.shape, pieces };
}
