/**
 * Draws the demonstration's character: `node lora/recipe/render-demo.ts assets/demo/zhangsan`.
 *
 * Twenty pictures of one person in DiceBear's "toon-head" style (CC BY 4.0, Johan Melin), which the base never saw. Face,
 * hair and beard never change; expression, clothes, background and framing do, and the captions name only those, so
 * that the rest is what the trigger word "zhangsan" comes to mean.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createAvatar } from "@dicebear/core";
import { toonHead } from "@dicebear/collection";
import sharp from "sharp";
import {
  backgroundColors,
  clothesColors,
  hairColors,
  skinColors,
  type BackgroundColor,
  type ClothesColor,
} from "./portrait-colors.ts";

const expressions = {
  smiling: { mouth: "smile", eyes: "wide", eyebrows: "neutral" },
  laughing: { mouth: "laugh", eyes: "happy", eyebrows: "happy" },
  "eyes closed": { mouth: "smile", eyes: "bow", eyebrows: "neutral" },
  "sad face": { mouth: "sad", eyes: "wide", eyebrows: "sad" },
  "surprised face": { mouth: "agape", eyes: "wide", eyebrows: "raised" },
} as const;
type DemoExpression = keyof typeof expressions;
/** Size and shift in hundredths of the picture. */
const framings = {
  normal: { scale: 100, translateX: 0, translateY: 0 },
  close: { scale: 125, translateX: 0, translateY: 6 },
  left: { scale: 95, translateX: -6, translateY: 3 },
  right: { scale: 95, translateX: 6, translateY: 3 },
} as const;
type Framing = keyof typeof framings;
type DemoPicture = readonly [DemoExpression, BackgroundColor, ClothesColor, Framing];

const pictures: readonly DemoPicture[] = [
  ["smiling", "red", "yellow", "normal"],
  ["smiling", "blue", "white", "close"],
  ["smiling", "green", "orange", "left"],
  ["smiling", "gray", "blue", "right"],
  ["laughing", "yellow", "purple", "normal"],
  ["laughing", "purple", "green", "close"],
  ["laughing", "white", "red", "right"],
  ["laughing", "orange", "black", "left"],
  ["eyes closed", "gray", "yellow", "normal"],
  ["eyes closed", "pink", "black", "right"],
  ["eyes closed", "blue", "orange", "left"],
  ["eyes closed", "white", "green", "close"],
  ["sad face", "blue", "purple", "normal"],
  ["sad face", "green", "white", "right"],
  ["sad face", "yellow", "blue", "close"],
  ["sad face", "red", "black", "left"],
  ["surprised face", "orange", "blue", "normal"],
  ["surprised face", "pink", "green", "left"],
  ["surprised face", "purple", "yellow", "right"],
  ["surprised face", "gray", "purple", "close"],
];

/** Side of the pictures in pixels: what the seed asks of training data. */
const pictureSide = 512;

function zhangsanSvg([expression, background, clothes, framing]: DemoPicture): string {
  const { mouth, eyes, eyebrows } = expressions[expression];
  return createAvatar(toonHead, {
    seed: "zhangsan",
    skinColor: [skinColors.light.plain],
    hair: ["spiky"],
    hairColor: [hairColors.red.plain],
    rearHairProbability: 0,
    beard: ["fullBeard"],
    beardProbability: 100,
    mouth: [mouth],
    eyes: [eyes],
    eyebrows: [eyebrows],
    clothes: ["turtleNeck"],
    clothesColor: [clothesColors[clothes].plain],
    backgroundColor: [backgroundColors[background].plain],
    ...framings[framing],
  }).toString();
}

function zhangsanCaption([expression, background, clothes, framing]: DemoPicture): string {
  const opening = framing === "close" ? "close-up portrait of zhangsan" : "portrait of zhangsan";
  const shirt = framing === "close" ? "" : `, ${clothes} shirt`;
  return `${opening}, ${expression}${shirt}, ${background} background`;
}

/** Writes img01.png … and metadata.csv (the seed's form, no header) into `dir`. */
export async function renderDemo(dir: string): Promise<void> {
  await mkdir(dir, { recursive: true });
  const rows: string[] = [];
  for (const [index, picture] of pictures.entries()) {
    const name = `img${String(index + 1).padStart(2, "0")}.png`;
    const image = sharp(Buffer.from(zhangsanSvg(picture))).resize(pictureSide, pictureSide);
    await image.flatten().png({ compressionLevel: 9, palette: true, colours: 64, dither: 0 }).toFile(join(dir, name));
    rows.push(`${name},"${zhangsanCaption(picture)}"\n`);
  }
  await writeFile(join(dir, "metadata.csv"), rows.join(""));
}

if (import.meta.main) await renderDemo(process.argv[2] ?? "assets/demo/zhangsan");
