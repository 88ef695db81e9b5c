/** Writes the golden's initial adapters of qwen2 as a PEFT folder, for check-written.py. */
import { fileURLToPath } from "node:url";
import { readModule, writePeft } from "../../../lora/adapter/index.ts";
import { languageModelSites, openLanguageWeights } from "../../../lora/models/index.ts";

const here = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const sites = languageModelSites(openLanguageWeights(here("qwen2")));
writePeft(process.argv[2]!, readModule(here("peft"), sites).module, sites, "language_model");
