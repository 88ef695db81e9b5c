export type ProblemCode =
  | "IMAGE_UNREADABLE"
  | "IMAGE_ENLARGED"
  | "FOLDER_NOT_USED"
  | "CAPTION_MISSING"
  | "CAPTION_FOR_ABSENT_FILE"
  | "CAPTION_OUTSIDE_FOLDER"
  | "CAPTION_TWICE"
  | "CAPTION_ROW"
  | "CAPTION_FILE_UNREADABLE";

/** Something about one file that does not stop the reading. The report turns it into words. */
export interface Problem {
  readonly code: ProblemCode;
  readonly file: string;
  /** The number or text that was found. */
  readonly value?: number | string;
}
