import { baseCss } from "./style-base.ts";
import { controlsCss } from "./style-controls.ts";
import { partsCss } from "./style-parts.ts";
import { voiceCss } from "./style-voice.ts";

/** The panel's whole style, under the one root class `animula`. */
export const panelCss = baseCss + controlsCss + partsCss + voiceCss;
