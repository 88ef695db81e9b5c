export { AnimulaError, errorTable } from "./error.ts";
export { makeFolder, writeFailure, writeFileAtomic } from "./atomic-file.ts";
export { cacheFolder } from "./cache-folder.ts";
export {
  bfloat16ToFloat32,
  float16ToFloat32,
  float32ToBfloat16,
  float32ToFloat16,
  type SafetensorsDType,
  type TensorData,
} from "./dtype.ts";
export { readRange } from "./file-read.ts";
export { refusePickle } from "./refuse-pickle.ts";
export {
  formatGuessedCsv,
  formatMetadataCsv,
  parseMetadataCsv,
  parseMetadataJsonl,
  parseSidecar,
  sidecarNames,
  type GuessedCaption,
} from "./captions.ts";
export type { CaptionProblem, CaptionRow, ParsedCaptions } from "./caption-rows.ts";
export { EventWriter, type EventFileOrigin } from "./event-file.ts";
export {
  openSafetensors,
  readTensor,
  readTensorRaw,
  writeSafetensors,
  writeSafetensorsPieces,
  type SafetensorsFile,
  type SafetensorsSource,
  type SafetensorsTensor,
} from "./safetensors.ts";
export type { SafetensorsEntry } from "./safetensors-header.ts";
export {
  ONNX_DTYPE,
  encodeOnnx,
  type OnnxAttribute,
  type OnnxDim,
  type OnnxDType,
  type OnnxInitializer,
  type OnnxModel,
  type OnnxNode,
  type OnnxValueInfo,
} from "./onnx.ts";
export {
  openGguf,
  readGgufBytes,
  readGgufRows,
  readGgufTensor,
  rowsOf,
  type GgufFile,
  type GgufTensor,
} from "./gguf.ts";
export type { GgufValue } from "./gguf-reader.ts";
export {
  fromGgufLayer,
  fromGgufName,
  ggufArchitectures,
  isInterleaved,
  rowsInHalves,
  rowsInPairs,
  toGgufLayer,
} from "./gguf-names.ts";
export { writeGguf, type GgufTensorToWrite } from "./gguf-write.ts";
export { readSentencePiece, type SentencePieceModel } from "./sentencepiece.ts";
