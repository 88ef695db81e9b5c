/**
 * Character cards, versions 2 and 3 ↔ voices of tags.
 * https://github.com/malfoyslastname/character-card-spec-v2, https://github.com/kwaroran/character-card-spec-v3
 */
import * as z from "zod";
import { limits, ServiceError, tagModule, voiceTag, type TagModule, type VoiceTag } from "../protocol/index.ts";
import type { CardFields as Fields } from "./cards.ts";

interface Card extends Fields {
  readonly spec: string;
  readonly data: Fields;
}

export type CardVersion = "2" | "3";
const specs: Record<CardVersion, { readonly spec: string; readonly spec_version: string }> = {
  "2": { spec: "chara_card_v2", spec_version: "2.0" },
  "3": { spec: "chara_card_v3", spec_version: "3.0" },
};
/** What makes up a persona, in the order in which it is read to the model. */
const PERSONA_FIELDS = ["system_prompt", "description", "personality", "scenario"] as const;
/** Where our own data stand in a card: under the name of the program, as both versions ask. */
const OWN = "animula";
const ownData = z.object({ modules: z.array(tagModule).max(limits.modulesPerStackMax).default([]) });

/** Every key that version 2 asks for. */
const blank: Fields = {
  name: "",
  description: "",
  personality: "",
  scenario: "",
  first_mes: "",
  mes_example: "",
  creator_notes: "",
  system_prompt: "",
  post_history_instructions: "",
  alternate_greetings: [],
  tags: [],
  creator: "",
  character_version: "",
  extensions: {},
};
/** And what version 3 asks for beside them. */
const blankThird: Fields = { group_only_greetings: [] };

const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const isDeeper = (value: unknown, levels: number): boolean =>
  typeof value === "object" &&
  value !== null &&
  (levels === 0 || Object.values(value).some((each) => isDeeper(each, levels - 1)));
const textOf = (data: Fields, key: string): string => (typeof data[key] === "string" ? data[key].trim() : "");
const invalid = (problem: string): ServiceError => new ServiceError("CARD_INVALID", { problem });

/** A voice and the card that it was imported from. */
export interface ImportedVoice {
  /** Still without the hash of its card. */
  readonly voice: VoiceTag;
  /** Undefined for one that never was a card. */
  readonly card: Fields | undefined;
}

/** Errors: CARD_INVALID. */
export function voiceOfCard(value: unknown): ImportedVoice & { readonly card: Fields } {
  const card = readCard(value);
  if (isDeeper(card, limits.cardLevelsMax)) throw invalid(`expected at most ${limits.cardLevelsMax} levels of objects`);
  const { name, persona } = sidesOf(card);
  const bytes = Buffer.byteLength(JSON.stringify(card));
  if (bytes > limits.cardBytesMax) {
    throw invalid(`it has ${bytes} bytes, expected at most ${limits.cardBytesMax}; shorten its notes or book`);
  }
  if (persona.length > limits.personaCharsMax) {
    throw invalid(`its persona has ${persona.length} characters, expected at most ${limits.personaCharsMax}`);
  }
  const read = voiceTag.safeParse({ name: shortName(name), persona, modules: modulesOf(card) });
  if (!read.success) throw invalid(read.error.issues[0]?.message ?? "it cannot be kept");
  return { voice: read.data, card };
}

/**
 * One that was imported keeps every key it had, and also how it divides the persona, if nobody changed that.
 * @param version the card's own, else 2
 */
export function cardOfVoice({ voice, card: kept }: ImportedVoice, version?: CardVersion): Fields {
  const { name, persona, modules } = voice;
  const card = kept === undefined ? undefined : readCard(kept);
  const before = card && sidesOf(card);
  const wanted = version ?? versionOf(card);
  const data: Record<string, unknown> = { ...(card?.data ?? blank) };
  if (wanted === "3") for (const [key, value] of Object.entries(blankThird)) data[key] ??= value;
  if (before === undefined || name !== shortName(before.name)) {
    data["name"] = name;
    if (textOf(data, "nickname") !== "") data["nickname"] = name;
  }
  if (persona.trim() !== before?.persona) {
    for (const key of PERSONA_FIELDS) if (textOf(data, key) !== "") data[key] = "";
    data["description"] = persona.trim();
  }
  const extensions = extensionsOf(data["extensions"], modules);
  if (extensions) data["extensions"] = extensions;
  // A card of the wanted version keeps its own `spec_version`, which may be a later one.
  return { ...card, ...(card?.spec === specs[wanted].spec ? {} : specs[wanted]), data };
}

/** Of a voice that was no card: 2. */
export const cardVersionOf = ({ card }: ImportedVoice): CardVersion =>
  versionOf(card === undefined ? undefined : readCard(card));

const versionOf = (card: Card | undefined): CardVersion => (card?.spec === specs["3"].spec ? "3" : "2");

function extensionsOf(before: unknown, modules: readonly TagModule[]): Fields | undefined {
  const { [OWN]: own, ...others } = isFields(before) ? before : {};
  if (modules.length > 0) return { ...others, [OWN]: { ...(isFields(own) ? own : {}), modules } };
  return own === undefined ? undefined : others;
}

const shortName = (name: string): string => name.slice(0, limits.nameCharsMax).trim();

/** Errors: CARD_INVALID. */
function readCard(value: unknown): Card {
  if (!isFields(value)) throw invalid("expected a JSON object");
  const known = Object.values(specs).map(({ spec }) => spec);
  const { spec, data } = value;
  if (typeof spec !== "string" || !known.includes(spec)) {
    throw invalid(`spec: expected ${known.join(" or ")}, got ${(JSON.stringify(spec) ?? "nothing").slice(0, 40)}`);
  }
  if (!isFields(data)) throw invalid("data: expected an object");
  return { ...value, spec, data };
}

function sidesOf({ data }: Card): { name: string; persona: string } {
  const parts = PERSONA_FIELDS.map((key) => textOf(data, key)).filter((part) => part !== "");
  return { name: textOf(data, "nickname") || textOf(data, "name"), persona: parts.join("\n") };
}

function modulesOf({ data }: Card): TagModule[] {
  const { extensions } = data;
  const read = ownData.safeParse(isFields(extensions) ? extensions[OWN] : undefined);
  return read.success ? read.data.modules : [];
}
