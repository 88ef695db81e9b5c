import { createContext, useContext } from "react";
import type { Language } from "../../service/protocol/index.ts";
import { en, type Texts } from "./texts-en.ts";
import { zh } from "./texts-zh.ts";

export type { Texts };
export const texts: Readonly<Record<Language, Texts>> = { en, zh };

export const LanguageContext = createContext<Language>("en");
export const useLanguage = (): Language => useContext(LanguageContext);
export const useTexts = (): Texts => texts[useLanguage()];

/** The language the person's browser asks for. */
export function preferredLanguage(wishes: readonly string[]): Language {
  return wishes[0]?.toLowerCase().startsWith("zh") ? "zh" : "en";
}
