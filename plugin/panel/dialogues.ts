/** Edits of a voice's lines: each gives a new list and leaves the old one as it is. */
import type { DialogueLine } from "../../service/protocol/index.ts";

export type Dialogues = readonly DialogueLine[];

/** Puts another text in the place of one turn. */
export function setTurn(dialogues: Dialogues, at: number, turn: number, content: string): Dialogues {
  return dialogues.map((dialogue, index) =>
    index === at
      ? { messages: dialogue.messages.map((message, place) => (place === turn ? { ...message, content } : message)) }
      : dialogue,
  );
}

export const removeDialogue = (dialogues: Dialogues, at: number): Dialogues =>
  dialogues.filter((_, index) => index !== at);

/** An exchange that waits for its words. */
export const blankDialogue: DialogueLine = {
  messages: [
    { role: "user", content: "" },
    { role: "assistant", content: "" },
  ],
};

/** Whether it has all its words: what has not is not sent. */
export const isComplete = ({ messages }: DialogueLine): boolean =>
  messages.every(({ content }) => content.trim() !== "");

/** What the service keeps of them: a line of JSON each. */
export const toJsonLines = (dialogues: Dialogues): string =>
  dialogues
    .filter(isComplete)
    .map((dialogue) => JSON.stringify({ messages: dialogue.messages }))
    .join("\n");

/** The first things that players say, once each: what a training may be asked at its saves. */
export function firstQuestions(dialogues: Dialogues, count: number): string[] {
  const said = dialogues
    .filter(isComplete)
    .flatMap(({ messages }) => messages.find(({ role }) => role === "user") ?? []);
  return [...new Set(said.map(({ content }) => content.replaceAll(/\s+/g, " ").trim()))].slice(0, count);
}
