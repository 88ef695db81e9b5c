/**
 * Conversations out of single dialogues. A module that has learned from questions and answers alone knows only how a talk
 * begins: on a small base its third answer falls apart, since nothing it learned had anything before it.
 */
import type { ChatMessage } from "../models/index.ts";
import { seededRandom } from "./random.ts";
import type { Dialogue } from "./text-dataset.ts";

/** A dialogue and the tokens it takes alone. */
export interface MeasuredDialogue {
  readonly dialogue: Dialogue;
  readonly tokens: number;
}

/**
 * Each dialogue once more, after one to `dialoguesMax - 1` others of the same speaker, drawn at random, as far as all of
 * them fit into `maxLength` tokens. One that nothing fits before is left out. A pure function of its arguments.
 */
export function withHistories(
  all: readonly MeasuredDialogue[],
  { dialoguesMax, maxLength, seed }: { dialoguesMax: number; maxLength: number; seed: number },
): Dialogue[] {
  if (dialoguesMax < 2) return [];
  const random = seededRandom(seed);
  const bySpeaker = Map.groupBy(all, ({ dialogue }) => systemOf(dialogue)?.content);
  return all.flatMap(({ dialogue, tokens }) => {
    const others = bySpeaker.get(systemOf(dialogue)?.content)!;
    const wanted = 1 + Math.floor(random() * (dialoguesMax - 1));
    const before: Dialogue[] = [];
    let left = maxLength - tokens;
    for (let n = 0; n < wanted; n++) {
      const other = others[Math.floor(random() * others.length)]!;
      left -= other.tokens;
      if (left < 0) break;
      before.push(other.dialogue);
    }
    return before.length === 0 ? [] : [joined([...before, dialogue])];
  });
}

const systemOf = ({ messages }: Dialogue): ChatMessage | undefined =>
  messages[0]?.role === "system" ? messages[0] : undefined;

/** Under the last one's file and line. */
function joined(dialogues: readonly Dialogue[]): Dialogue {
  const last = dialogues.at(-1)!;
  const system = systemOf(last);
  const turns = dialogues.flatMap(({ messages }) => messages.filter(({ role }) => role !== "system"));
  return { ...last, messages: system ? [system, ...turns] : turns };
}
