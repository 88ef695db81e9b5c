/**
 * Character cards in pictures, as they are shared: base64 of the JSON as text of a PNG, under `chara` for version 2 and
 * under `ccv3` for version 3.
 */
import { AnimulaError, readPngText, writePngText } from "../../lora/index.ts";
import { limits, ServiceError } from "../protocol/index.ts";
import { cardOfVoice, cardVersionOf, type CardVersion, type ImportedVoice } from "./character-card.ts";
import { toPng } from "./pictures.ts";

/** A card of version 3 has both: the older one is for programs that know no other, and the newer one counts. */
const keywords: readonly (readonly [version: CardVersion, keyword: string])[] = [
  ["3", "ccv3"],
  ["2", "chara"],
];

const invalid = (problem: string): ServiceError => new ServiceError("CARD_INVALID", { problem });

/** The JSON of the card in a PNG. Errors: CARD_INVALID. */
export function cardInPicture(png: Uint8Array): unknown {
  const texts = textsOf(png);
  const [, keyword] = keywords.find(([, each]) => texts.has(each)) ?? [];
  const names = keywords.map(([, each]) => each).join(" or ");
  if (keyword === undefined) throw invalid(`the picture has no text under ${names}; choose the card as it was shared`);
  const bytes = Buffer.from(texts.get(keyword)!, "base64");
  if (bytes.length > limits.cardBytesMax)
    throw invalid(`the text under ${keyword} has ${bytes.length} bytes, expected at most ${limits.cardBytesMax}`);
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes)) as unknown;
  } catch {
    throw invalid(`the text under ${keyword} is not JSON in base64; the picture may have been edited`);
  }
}

function textsOf(png: Uint8Array): ReadonlyMap<string, string> {
  try {
    return readPngText(png, "the picture");
  } catch (error) {
    if (error instanceof AnimulaError) throw invalid(error.message);
    throw error;
  }
}

/**
 * The voice as a card in a copy of a picture of any kind that the service keeps; what else was written in it stays out.
 * @param version the card's own, else 2
 */
export async function pictureOfCard(voice: ImportedVoice, picture: Uint8Array, version?: CardVersion): Promise<Buffer> {
  const wanted = version ?? cardVersionOf(voice);
  let png = await toPng(picture);
  for (const [each, keyword] of keywords) {
    if (each > wanted) continue;
    const json = JSON.stringify(cardOfVoice(voice, each));
    png = writePngText(png, keyword, Buffer.from(json).toString("base64"));
  }
  return png;
}
