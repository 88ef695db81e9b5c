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
  FOLDER_NOT_WRITABLE: (path: string, reason: string) =>
    `${path}: expected a folder to write to, got ${reason}; choose another folder, or check its permissions`,
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

  CAPTIONS_TOO_LARGE: (path: string, max: number, got: number) =>
    `${path}: expected at most ${max} bytes of captions, got ${got}; name the caption file, not the images`,
  CAPTIONS_NOT_UTF8: (path: string, line: number) =>
    `${path}:${line}: expected UTF-8 text, got other bytes; save the file as "CSV UTF-8" or "UTF-8"`,
  CAPTIONS_CSV_MALFORMED: (path: string, line: number, reason: string) =>
    `${path}:${line}: expected CSV, got ${reason}; put the caption in quotes and double the quotes inside it`,
  CAPTIONS_COLUMN_MISSING: (path: string, expected: string, got: string) =>
    `${path}:1: expected a column named ${expected}, got ${got}; rename the column or remove the header line`,
  CAPTION_LINE_NOT_JSON: (path: string, line: number, got: string) =>
    `${path}:${line}: expected one JSON object per line, got ${got}; the line is skipped, write it as ` +
    '{"file_name": "a.png", "text": "a caption"}',
  CAPTION_COLUMN_COUNT: (path: string, line: number, expected: number, got: number) =>
    `${path}:${line}: expected ${expected} columns, got ${got}; the line is skipped, write it as a.png,"a caption"`,
  CAPTION_FILE_MISSING: (path: string, line: number) =>
    `${path}:${line}: expected the name of an image, got none; the line is skipped, add the name`,
  CAPTION_FILE_OUTSIDE: (path: string, line: number, got: string) =>
    `${path}:${line}: expected a file inside the data folder, got ${got}; the line is skipped, move the file there`,
  CAPTION_EMPTY: (path: string, line: number, file: string) =>
    `${path}:${line}: expected a caption for ${file}, got none; the line is skipped, describe the image`,
  CAPTION_FILE_REPEATED: (path: string, line: number, file: string, first: number) =>
    `${path}:${line}: expected ${file} once, got it again after line ${first}; the line is skipped, keep one caption`,
  CAPTION_NOT_QUOTED: (path: string, line: number) =>
    `${path}:${line}: expected quotes around a caption with commas, got none; the whole rest of the line is used`,
  CAPTION_COLUMNS_IGNORED: (path: string, got: string) =>
    `${path}:1: expected a file and a caption column, got also ${got}; nothing to do, they are not used`,
});
