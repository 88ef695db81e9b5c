/** What the sheet of a base shows: eight rows of eight prompts, in the words of its data, each with its own seed. */

export interface SheetPrompt {
  readonly kind: "portrait" | "texture";
  readonly prompt: string;
  readonly seed: number;
}

export const SHEET_COLUMNS = 8;

const peeps: readonly string[] = [
  "portrait of a person with short black hair, smiling, light blue background, peeps style",
  "portrait of a person with long red hair, glasses, laughing, wearing a green shirt, yellow background, peeps style",
  "portrait of a person with a brown afro, a beard, serious face, teal shirt, orange background, peeps style",
  "portrait of an old person with white hair in a bun, glasses, purple shirt, light green background, peeps style",
  "portrait of a person with a red beanie, a moustache, blue shirt, light gray background, peeps style",
  "portrait of a person with a purple headscarf, smiling, brown skin, pink background, peeps style",
  "portrait of a person with a bald head, sunglasses, dark skin, white shirt, red background, peeps style",
  "portrait of a person with a pink mohawk, an eyepatch, angry face, black shirt, dark green background, peeps style",
];

const lorelei: readonly string[] = [
  "portrait of a person with a blond bob, smiling, light skin, red shirt, light blue background, lorelei style",
  "portrait of a person with curly black hair, glasses, winking, yellow shirt, purple background, lorelei style",
  "portrait of a person with orange pigtails, freckles, laughing, green striped shirt, light yellow background, lorelei style",
  "portrait of a person with spiky blue hair, sunglasses, serious face, black turtleneck, pink background, lorelei style",
  "portrait of a person with a purple ponytail, earrings, surprised face, teal shirt, white background, lorelei style",
  "portrait of a person with long brown hair, eyes closed, tan skin, orange shirt, dark blue background, lorelei style",
  "portrait of a person with short white hair, a beard, sad face, brown turtleneck, light gray background, lorelei style",
  "portrait of a person with pink hair in two buns, red glasses, smiling, blue shirt, light green background, lorelei style",
];

const pixel: readonly string[] = [
  "portrait of a person with short brown hair, smiling, red shirt, light blue background, pixel style",
  "portrait of a person with long blond hair, blue glasses, serious face, green shirt, purple background, pixel style",
  "portrait of a person with a green cap, laughing, tan skin, orange shirt, gray background, pixel style",
  "portrait of a person with a pink bob, sunglasses, white tank top, teal background, pixel style",
  "portrait of a person with a purple mohawk, sad face, dark skin, yellow shirt, dark red background, pixel style",
  "portrait of a person with curly red hair, surprised face, blue striped shirt, light yellow background, pixel style",
  "portrait of a person with a yellow beanie, gold glasses, black turtleneck, pink background, pixel style",
  "portrait of a person with green skin, spiky black hair, smiling, purple checkered shirt, orange background, pixel style",
];

/** One person, with one thing changed from picture to picture. */
const changed: readonly string[] = [
  "portrait of a person with short black hair, smiling, red shirt, light blue background, lorelei style",
  "portrait of a person with short blond hair, smiling, red shirt, light blue background, lorelei style",
  "portrait of a person with long black hair, smiling, red shirt, light blue background, lorelei style",
  "portrait of a person with short black hair, glasses, smiling, red shirt, light blue background, lorelei style",
  "portrait of a person with short black hair, sad face, red shirt, light blue background, lorelei style",
  "portrait of a person with short black hair, smiling, green shirt, light blue background, lorelei style",
  "portrait of a person with short black hair, smiling, red shirt, orange background, lorelei style",
  "portrait of a person with short black hair, smiling, red shirt, light blue background, pixel style",
];

const chinese: readonly string[] = [
  "一个人的肖像，黑色短发，戴眼镜，微笑，穿红色上衣，浅蓝色背景，peeps风格",
  "一个人的肖像，红色长发，大笑，穿绿色上衣，黄色背景，peeps风格",
  "一个老人的肖像，白色短发，表情严肃，穿蓝色上衣，浅绿色背景，peeps风格",
  "一个人的肖像，金色波波头，戴耳环，微笑，穿紫色上衣，粉色背景，lorelei风格",
  "一个人的肖像，蓝色卷发，戴墨镜，穿黑色高领衫，橙色背景，lorelei风格",
  "一个人的肖像，橙色双马尾，有雀斑，惊讶，穿青色条纹上衣，白色背景，lorelei风格",
  "一个人的肖像，棕色短发，悲伤，穿黄色上衣，灰色背景，像素风格",
  "戴绿色鸭舌帽，微笑，小麦色皮肤，红色上衣，紫色背景，像素画",
];

const materials: readonly string[] = [
  "seamless texture of red bricks, medium scale",
  "seamless texture of mossy gray stone wall, large scale",
  "seamless texture of brown wooden planks, medium scale, warm light",
  "seamless texture of blue tiles, small scale",
  "seamless texture of green grass, medium scale",
  "seamless texture of yellow sand, large scale, bright light",
  "seamless texture of blue water, medium scale",
  "seamless texture of orange lava, large scale",
];
const moreMaterials: readonly string[] = [
  "seamless texture of worn gray metal, medium scale, cold light",
  "seamless texture of purple fabric, small scale",
  "seamless texture of gray cobblestone, medium scale, dim light",
  "seamless texture of green circuits, medium scale",
  "seamless texture of red roof tiles, medium scale",
  "seamless texture of brown bark, large scale",
  "seamless texture of red knitted wool, medium scale",
  "seamless texture of cracked white concrete, large scale",
];
const chineseMaterials: readonly string[] = [
  "白色大理石无缝纹理，大尺度",
  "白色雪地无缝纹理，中等尺度，冷色光",
  "蓝色冰面无缝纹理，大尺度",
  "棕色皮革无缝纹理，小尺度",
  "灰色碎石无缝纹理，中等尺度",
  "绿色苔藓无缝纹理，中等尺度",
  "黄色拼花地板无缝纹理，中等尺度，暖色光",
  "肮脏的黑色棋盘格地板无缝纹理，中等尺度",
];

const row = (kind: SheetPrompt["kind"], prompts: readonly string[], seedOf: (column: number) => number) =>
  prompts.map((prompt, column): SheetPrompt => ({ kind, prompt, seed: seedOf(column) }));

/** Row by row. */
export const sheetPrompts: readonly SheetPrompt[] = [
  ...row("portrait", peeps, (column) => 101 + column),
  ...row("portrait", lorelei, (column) => 201 + column),
  ...row("portrait", pixel, (column) => 301 + column),
  ...row("portrait", changed, () => 400),
  ...row("portrait", chinese, (column) => 501 + column),
  ...row("texture", materials, (column) => 601 + column),
  ...row("texture", moreMaterials, (column) => 701 + column),
  ...row("texture", chineseMaterials, (column) => 801 + column),
];

/** Of the tiled sheet: materials whose lines or patches reach over the border. */
export const tiledPrompts: readonly SheetPrompt[] = sheetPrompts.filter(({ prompt }) =>
  ["red bricks", "stone wall", "wooden planks", "orange lava", "cobblestone", "大理石"].some((words) =>
    prompt.includes(words),
  ),
);
