/** Persona and memory as the two parts of the system message. */
import type { MemoryFact, VoiceTag } from "../protocol/index.ts";
import { spokenText } from "./spoken-text.ts";

const HAN = /\p{Script=Han}/u;
/**
 * As the embedded base has learned to read them. A player's own name is what that player typed; it stays out of the system
 * message.
 */
const words = {
  en: { player: "the player", who: (name: string) => `You are ${name}.`, memory: "You remember:" },
  zh: { player: "玩家", who: (name: string) => `你是${name}。`, memory: "你记得：" },
} as const;

/** `{{char}}` and `{{user}}`, as character cards have them. */
export function systemParts(
  voice: VoiceTag,
  name: string,
  facts: readonly Pick<MemoryFact, "text">[],
): { readonly system: string; readonly memory: string } {
  const { player, who, memory } = words[HAN.test(voice.persona || name) ? "zh" : "en"];
  const persona = voice.persona
    .replaceAll(/\{\{char\}\}|<bot>/gi, () => name)
    .replaceAll(/\{\{user\}\}|<user>/gi, () => player)
    .trim();
  const known = facts.map(({ text }) => `- ${spokenText(text)}`);
  return { system: persona || who(name), memory: known.length > 0 ? [memory, ...known].join("\n") : "" };
}
