import { errorTable } from "../format/index.ts";

/** Input errors of working on single pictures. */
export const imageErrors = errorTable({
  TEXTURE_NOT_READABLE: (path: string, reason: string) =>
    `${path}: expected a picture of a surface, got ${reason}; check the path, or export it again as PNG or JPEG`,
});
