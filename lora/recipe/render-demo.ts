/**
 * Draws the demonstration's character: `node lora/recipe/render-demo.ts assets/demo/zhangsan`.
 *
 * Twenty pictures of one person in DiceBear's "micah" style (CC BY 4.0, Micah Lanier), which the base never saw. Face,
 * hair and glasses never change; expression, clothes, background and framing do, and the captions name only those, so
 * that the rest is what the trigger word "zhangsan" comes to mean.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createAvatar } from "@dicebear/core";
import { micah } from "@dicebear/collection";
import sharp from "sharp";
import { backgroundColors, clothesColors, type BackgroundColor, type ClothesColor } from "./portrait-styles.ts";

const expressions = {
  smiling: { mouth: "smile", eyes: "eyes", eyebrows: "up" },
  laughing: { mouth: "laughing", eyes: "smiling", eyebrows: "up" },
  "eyes closed": { mouth: "smile", eyes: "smiling", eyebrows: "up" },
  "sad face": { mouth: "frown", eyes: "eyes", eyebrows: "down" },
  "surprised face": { mouth: "surprised", eyes: "round", eyebrows: "up" },
} as const;
type DemoExpression = keyof typeof expressions;
/** Factor and shift in parts of the picture's side. */
const framings = {
  normal: [1, 0, 0],
  close: [1.18, -0.08, -0.02],
  left: [0.94, -0.04, 0.06],
  right: [0.94, 0.1, 0.06],
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
  ["surprised face", "white", "purple", "close"],
];

/** Side of the pictures in pixels: what the seed asks of training data. */
const pictureSide = 512;
const micahView = 360;

function zhangsanSvg([expression, background, clothes, framing]: DemoPicture): string {
  const { mouth, eyes, eyebrows } = expressions[expression];
  const avatar = createAvatar(micah, {
    seed: "zhangsan",
    baseColor: ["f9c9b6"],
    hair: ["fonze"],
    hairColor: [clothesColors.black as string],
    nose: ["curve"],
    ears: ["attached"],
    glasses: ["round"],
    glassesColor: [clothesColors.red as string],
    glassesProbability: 100,
    facialHairProbability: 0,
    earringsProbability: 0,
    mouth: [mouth],
    eyes: [eyes],
    eyebrows: [eyebrows],
    shirt: ["crew"],
    shirtColor: [clothesColors[clothes] as string],
  }).toString();
  // Thicker frames than the original's 4 units: they must survive at 128 px.
  const body = avatar
    .slice(avatar.indexOf("<g mask="), -"</svg>".length)
    .replace('<g mask="url(#viewboxMask)">', "<g>")
    .replace(`stroke="#${clothesColors.red}" stroke-width="4"`, `stroke="#${clothesColors.red}" stroke-width="9"`);
  const [factor, shiftX, shiftY] = framings[framing];
  const move = `translate(${shiftX * micahView} ${shiftY * micahView}) scale(${factor})`;
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${micahView} ${micahView}" width="512" height="512" fill="none">` +
    `<rect width="100%" height="100%" fill="#${backgroundColors[background]}"/><g transform="${move}">${body}</g></svg>`
  );
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
