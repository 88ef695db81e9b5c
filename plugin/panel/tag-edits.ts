/** Edits of a node's tag: each gives a new tag and leaves the old one as it is, so that it can be undone. */
import {
  limits,
  type LoraTag,
  slotKinds,
  type SlotKind,
  type TagModule,
  type VoiceTag,
} from "../../service/protocol/index.ts";

export const emptyTag: LoraTag = { modules: [], prompt: "", negative: "", playersMay: [] };
/** The voice that a node begins with: so far it has only the node's name. */
export const newVoice = (nodeName: string): VoiceTag => ({
  name: nodeName.slice(0, limits.nameCharsMax).trim(),
  persona: "",
  modules: [],
});

/** What has a mix of modules: a tag, which draws by it, and a voice, which speaks by it. */
export interface Stacked {
  readonly modules: readonly TagModule[];
}

/** Adds the module at the end, or moves one that is there to this version; at most `modulesPerStackMax`. */
export function addModule<T extends Stacked>(tag: T, module: string, version?: number): T {
  const present = tag.modules.find((each) => each.module === module);
  const entry = { module, weight: present?.weight ?? 1, ...(version === undefined ? {} : { version }) };
  if (present !== undefined) {
    return { ...tag, modules: tag.modules.map((each) => (each === present ? entry : each)) };
  }
  return isFull(tag) ? tag : { ...tag, modules: [...tag.modules, entry] };
}

export const isFull = (tag: Stacked): boolean => tag.modules.length >= limits.modulesPerStackMax;

export function removeModule<T extends Stacked>(tag: T, module: string): T {
  return { ...tag, modules: tag.modules.filter((each) => each.module !== module) };
}

/** Hundredths are what a person can see, and keep the drawn pictures' cache keys few. */
export function setWeight<T extends Stacked>(tag: T, module: string, weight: number): T {
  const rounded = Math.round(Math.min(2, Math.max(-2, weight)) * 100) / 100;
  return { ...tag, modules: tag.modules.map((each) => (each.module === module ? { ...each, weight: rounded } : each)) };
}

/** `undefined` follows the newest version. */
export function setVersion<T extends Stacked>(tag: T, module: string, version: number | undefined): T {
  return {
    ...tag,
    modules: tag.modules.map(({ version: old, ...each }) => {
      if (each.module !== module) return old === undefined ? each : { ...each, version: old };
      return version === undefined ? each : { ...each, version };
    }),
  };
}

/** Kept in the order of `slotKinds`, so that equal choices are equal tags. */
export function setPlayersMay(tag: LoraTag, kind: SlotKind, allowed: boolean): LoraTag {
  return {
    ...tag,
    playersMay: slotKinds.filter((each) => (each === kind ? allowed : tag.playersMay.includes(each))),
  };
}

/** What a node is tagged with after its module was published: the trigger word must be in the prompt to have an effect. */
export function attachModule(tag: LoraTag, module: string, version: number, triggerWord: string): LoraTag {
  const attached = addModule(tag, module, version);
  const has = triggerWord === "" || attached.prompt.toLowerCase().includes(triggerWord.toLowerCase());
  if (has) return attached;
  return { ...attached, prompt: joinPrompt(triggerWord, attached.prompt) };
}

/**
 * The same for a module that was taught this very node: its first takes the place of a prompt that described the node to the
 * base alone. Beside the trigger word, "a bald head" would be drawn over what the module learned.
 */
export function attachTaught(tag: LoraTag, module: string, version: number, triggerWord: string): LoraTag {
  const attached = attachModule(tag, module, version, triggerWord);
  const isDescribed = tag.modules.length === 0 && attached.prompt !== tag.prompt;
  return isDescribed ? { ...attached, prompt: triggerWord } : attached;
}

/** What a node speaks with after a voice was published for it; one that was mute has its voice from then on. */
export function attachVoice(tag: LoraTag, module: string, version: number, nodeName: string): LoraTag {
  return { ...tag, voice: addModule(tag.voice ?? newVoice(nodeName), module, version) };
}

/** Changes what a node's voice is made of, or takes it away with undefined. */
export function setVoice({ voice: _old, ...tag }: LoraTag, voice: VoiceTag | undefined): LoraTag {
  return voice === undefined ? tag : { ...tag, voice };
}

/** Prompt parts in order, without empty ones. */
export function joinPrompt(...parts: readonly string[]): string {
  return parts
    .map((part) => part.trim().replace(/,+$/, "").trim())
    .filter((part) => part !== "")
    .join(", ");
}

export function sameTag(a: LoraTag, b: LoraTag): boolean {
  return JSON.stringify(normal(a)) === JSON.stringify(normal(b));
}

const stackOf = ({ modules }: Stacked) => modules.map(({ module, version, weight }) => [module, version ?? 0, weight]);
const normal = (tag: LoraTag) => [
  stackOf(tag),
  tag.prompt,
  tag.negative,
  tag.playersMay.toSorted(),
  tag.voice && [stackOf(tag.voice), tag.voice.name, tag.voice.persona, tag.voice.card],
];

export const isEmptyTag = (tag: LoraTag): boolean => sameTag(tag, emptyTag);
