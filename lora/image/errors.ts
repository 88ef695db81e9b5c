import { errorTable } from "../format/index.ts";

/** Input errors of working on pictures. */
export const imageErrors = errorTable({
  PICTURES_NONE: (dir: string) =>
    `${dir}: expected pictures in the folder, got none; give the folder that they lie in, or one picture`,
  PICTURES_LEFT_OUT: (dir: string, left: number, all: number) =>
    `${dir}: expected pictures that can be read, got ${left} of ${all} that cannot (named above); export them again as PNG or JPEG, or remove them`,
});
