/** What people type, as it goes into prompts. */

/** What turns the direction of writing, and signs that nobody sees. Joiners stay: emoji and some scripts need them. */
const UNSEEN = /[\u00AD\u061C\u200B\u200E\u200F\u202A-\u202E\u2060-\u206F\uFEFF\uFFF9-\uFFFB\u{E0000}-\u{E007F}]/gu;

/** One line: a break could begin what looks like the next turn where a base marks turns by words alone. */
export function spokenText(text: string): string {
  return text
    .replaceAll(UNSEEN, "")
    .replaceAll(/[\s\p{Cc}]+/gu, " ")
    .toWellFormed()
    .trim();
}
