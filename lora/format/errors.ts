import { errorTable } from "./error.ts";

/** The input errors of reading and writing files. Arguments are named in the order they appear in the message. */
export const formatErrors = errorTable({
  FILE_NOT_FOUND: (path: string) => `${path}: expected a file, got nothing; check the path`,
  FILE_NOT_READABLE: (path: string, reason: string) =>
    `${path}: expected a readable file, got ${reason}; check the permissions and the disk`,
  FILE_NOT_REGULAR: (path: string) =>
    `${path}: expected a regular file, got a folder or a device; name the file inside it`,
  FILE_NOT_WRITABLE: (path: string, reason: string) =>
    `${path}: expected to write this file, got ${reason}; check that the folder exists and is writable`,
  FILE_NO_SPACE: (path: string, reason: string) =>
    `${path}: expected room on the disk, got ${reason}; free some space and try again (nothing was half-written)`,

  PICKLE_REFUSED: (path: string, got: string) =>
    `${path}: expected a .safetensors file, got ${got}, which can run any program on your machine when it is loaded; ` +
    "download the .safetensors version of this model, or convert the file in the program it came from " +
    '(Stable Diffusion WebUI: Checkpoint Merger, "No interpolation", checkpoint format safetensors)',

  SAFETENSORS_TOO_SHORT: (path: string, min: number, got: number) =>
    `${path}: expected a safetensors file of at least ${min} bytes, got ${got}; download or export it again`,
  SAFETENSORS_HEADER_TOO_LARGE: (path: string, max: number, got: bigint) =>
    `${path}: expected a header of at most ${max} bytes, got ${got}; this is not a safetensors file or it is damaged`,
  SAFETENSORS_HEADER_TRUNCATED: (path: string, headerBytes: number, got: number) =>
    `${path}: expected a header of ${headerBytes} bytes, got only ${got} in the file; download or copy it again`,
  SAFETENSORS_HEADER_START: (path: string) =>
    `${path}: expected a header that begins with "{", got something else; this is not a safetensors file`,
  SAFETENSORS_HEADER_NOT_UTF8: (path: string) =>
    `${path}: expected a UTF-8 header, got other bytes; the file is damaged, download it again`,
  SAFETENSORS_HEADER_NOT_JSON: (path: string, reason: string) =>
    `${path}: expected a JSON header, got ${reason}; the file is damaged, download it again`,
  SAFETENSORS_HEADER_TOO_DEEP: (path: string, max: number, got: string) =>
    `${path}: expected at most ${max} levels of nesting in the header, got more at ${got}; the file is damaged`,
  SAFETENSORS_DUPLICATE_KEY: (path: string, key: string) =>
    `${path}: expected each name once in the header, got ${key} twice; export the file again`,
  SAFETENSORS_METADATA_NOT_STRINGS: (path: string, key: string) =>
    `${path}: expected __metadata__ to map strings to strings, got another type at ${key}; export the file again`,
  SAFETENSORS_ENTRY_MALFORMED: (path: string, tensor: string, reason: string) =>
    `${path}: tensor ${tensor}: expected exactly dtype, shape and data_offsets, got ${reason}; export the file again`,
  SAFETENSORS_NUMBER_NOT_INTEGER: (path: string, got: string) =>
    `${path}: expected only plain non-negative integers in the header, got ${got}; export the file again`,
  SAFETENSORS_DTYPE_UNKNOWN: (path: string, tensor: string, known: string, got: string) =>
    `${path}: tensor ${tensor}: expected a dtype among ${known}, got ${got}; convert the file to F16`,
  SAFETENSORS_SHAPE_OVERFLOW: (path: string, tensor: string, shape: string) =>
    `${path}: tensor ${tensor}: expected a countable number of bytes, got shape ${shape}; the file is damaged`,
  SAFETENSORS_SIZE_MISMATCH: (path: string, tensor: string, expected: number, got: number) =>
    `${path}: tensor ${tensor}: expected ${expected} bytes from its shape and dtype, got ${got}; the file is damaged`,
  SAFETENSORS_GAP: (path: string, tensor: string, expected: number, got: number) =>
    `${path}: tensor ${tensor}: expected its data at ${expected}, got ${got} (a hole); export the file again`,
  SAFETENSORS_OVERLAP: (path: string, tensor: string, expected: number, got: number) =>
    `${path}: tensor ${tensor}: expected its data at ${expected}, got ${got} (an overlap); export the file again`,
  SAFETENSORS_FILE_TRUNCATED: (path: string, expected: number, got: number) =>
    `${path}: expected ${expected} bytes, got ${got}; the download or copy did not finish, repeat it`,
  SAFETENSORS_TRAILING_BYTES: (path: string, expected: number, got: number) =>
    `${path}: expected ${expected} bytes, got ${got}; something was added after the tensors, export the file again`,
  SAFETENSORS_TENSOR_MISSING: (path: string, tensor: string, near: string) =>
    `${path}: expected a tensor named ${tensor}, got none${near}; check that the file is of the expected model`,
  SAFETENSORS_TENSOR_NOT_FLOAT: (path: string, tensor: string, got: string) =>
    `${path}: tensor ${tensor}: expected a floating-point dtype, got ${got}; export the weights as F16 or F32`,
  SAFETENSORS_FILE_CHANGED: (path: string) =>
    `${path}: expected the file as it was when opened, got a different one; open it again`,
});
