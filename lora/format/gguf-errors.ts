import { errorTable } from "./error.ts";

/** The input errors of GGUF files. Arguments are named in the order they appear in the message. */
export const ggufErrors = errorTable({
  GGUF_MAGIC: (path: string) =>
    `${path}: expected a GGUF file, which begins with "GGUF", got something else; check the path`,
  GGUF_VERSION: (path: string, known: string, got: number) =>
    `${path}: expected GGUF version ${known}, got ${got}; convert the model anew with a present llama.cpp`,
  GGUF_TRUNCATED: (path: string, expected: number, got: number) =>
    `${path}: expected at least ${expected} bytes, got ${got}; the download or copy did not finish, repeat it`,
  GGUF_TOO_MANY: (path: string, what: string, max: number, got: string) =>
    `${path}: expected at most ${max} ${what}, got ${got}; the file is damaged`,
  GGUF_NOT_UTF8: (path: string, what: string) =>
    `${path}: ${what}: expected UTF-8 text, got other bytes; the file is damaged`,
  GGUF_VALUE_TYPE: (path: string, key: string, known: string, got: number) =>
    `${path}: ${key}: expected a value of type ${known}, got ${got}; the file is damaged or newer than this reader`,
  GGUF_REPEATED: (path: string, what: string, name: string) =>
    `${path}: expected each ${what} once, got ${name} twice; convert the model anew`,
  GGUF_ALIGNMENT: (path: string, expected: string, got: string) =>
    `${path}: general.alignment: expected ${expected}, got ${got}; the file is damaged`,
  GGUF_TENSOR_TYPE: (path: string, tensor: string, known: string, got: string) =>
    `${path}: tensor ${tensor}: expected one of ${known}, got ${got}; take the file in one of these quantisations`,
  GGUF_TENSOR_SHAPE: (path: string, tensor: string, expected: string, got: string) =>
    `${path}: tensor ${tensor}: expected ${expected}, got [${got}]; the file is damaged`,
  GGUF_TENSOR_PLACE: (path: string, tensor: string, expected: string, got: string) =>
    `${path}: tensor ${tensor}: expected its data at ${expected}, got ${got}; the file is damaged or incomplete`,
  GGUF_FILE_CHANGED: (path: string) =>
    `${path}: expected the file as it was when opened, got a different one; open it again`,
});
