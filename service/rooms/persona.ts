/** Persona and memory as the system message. */
import type { MemoryFact, VoiceTag } from "../protocol/index.ts";
import { spokenText } from "./spoken-text.ts";

const HAN = /\p{Script=Han}/u;
/** A player's own name is what that player typed; it stays out of the system message. */
const words = {
  en: { player: "the traveller", who: (name: string) => `You are ${name}.`, memory: "What you know:" },
  zh: { player: "旅行者", who: (name: string) => `你是${name}。`, memory: "你知道：" },
} as const;

/** `{{char}}` and `{{user}}`, as character cards have them. */
export function systemMessage(voice: VoiceTag, name: string, facts: readonly Pick<MemoryFact, "text">[]): string {
  const { player, who, memory } = words[HAN.test(voice.persona || name) ? "zh" : "en"];
  const persona = voice.persona
    .replaceAll(/\{\{char\}\}|<bot>/gi, () => name)
    .replaceAll(/\{\{user\}\}|<user>/gi, () => player)
    .trim();
  const known = facts.map(({ text }) => `- ${spokenText(text)}`);
  return [persona || who(name), ...(known.length > 0 ? ["", memory, ...known] : [])].join("\n");
}
