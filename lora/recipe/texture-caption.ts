import type { HeldOutTexture } from "./texture-held-out.ts";
import type { TextureKind } from "./texture-patterns.ts";
import type { TextureAttributes, TextureLight, TextureScale, TextureWear } from "./textures.ts";
import type { DataRandom } from "./random.ts";

const kindNames: Record<TextureKind | HeldOutTexture, string> = {
  bricks: "砖墙",
  "stone wall": "石墙",
  "wooden planks": "木板",
  tiles: "瓷砖",
  grass: "草地",
  sand: "沙地",
  water: "水面",
  lava: "熔岩",
  metal: "金属板",
  fabric: "布料",
  cobblestone: "鹅卵石路",
  marble: "大理石",
  snow: "雪地",
  ice: "冰面",
  bark: "树皮",
  "roof tiles": "屋顶瓦片",
  circuits: "电路板",
  leather: "皮革",
  gravel: "碎石",
  concrete: "混凝土",
  moss: "苔藓",
  parquet: "拼花地板",
  "checkered floor": "棋盘格地板",
  "knitted wool": "针织毛线",
  scales: "鳞片",
  cobweb: "蛛网",
  honeycomb: "蜂巢",
  wicker: "藤编",
  crystals: "水晶",
};
const colorNames: Record<string, string> = {
  red: "红色",
  brown: "棕色",
  white: "白色",
  gray: "灰色",
  yellow: "黄色",
  blue: "蓝色",
  green: "绿色",
  black: "黑色",
  purple: "紫色",
  orange: "橙色",
  pink: "粉色",
};
const scaleNames: Record<TextureScale, string> = { small: "小尺度", medium: "中等尺度", large: "大尺度" };
const wearWords: Record<TextureWear, readonly [en: string, zh: string] | undefined> = {
  none: undefined,
  worn: ["worn", "磨损的"],
  cracked: ["cracked", "开裂的"],
  mossy: ["mossy", "长苔的"],
  dirty: ["dirty", "肮脏的"],
};
const lightWords: Record<TextureLight, readonly [en: string, zh: string] | undefined> = {
  none: undefined,
  bright: ["bright light", "明亮光线"],
  dim: ["dim light", "昏暗光线"],
  warm: ["warm light", "暖色光"],
  cold: ["cold light", "冷色光"],
};

const dropped = (words: readonly (string | undefined)[]): string[] => words.filter((word) => word !== undefined);

/** "seamless texture of worn red bricks, large scale, warm light" or tags: "bricks, red, worn, texture". */
export function textureCaption(a: TextureAttributes, random: DataRandom): string {
  const wear = random.chance(0.85) ? wearWords[a.wear]?.[0] : undefined;
  const light = random.chance(0.85) ? lightWords[a.light]?.[0] : undefined;
  const scale = random.chance(0.7) ? `${a.scale} scale` : undefined;
  if (random.chance(0.25))
    return random.shuffle(dropped([`${a.color} ${a.kind}`, wear, light, scale, "texture"])).join(", ");
  const opening = random.pick(["seamless texture of", "seamless texture of", "texture of", "tileable texture of"]);
  const thing = dropped([wear, a.color, a.kind]).join(" ");
  return dropped([`${opening} ${thing}`, ...random.shuffle(dropped([scale, light]))]).join(", ");
}

/** "磨损的红色砖墙无缝纹理，大尺度，暖色光" or tags: "红色砖墙,磨损的,纹理". */
export function textureCaptionZh(a: TextureAttributes, random: DataRandom): string {
  const wear = random.chance(0.85) ? wearWords[a.wear]?.[1] : undefined;
  const light = random.chance(0.85) ? lightWords[a.light]?.[1] : undefined;
  const scale = random.chance(0.7) ? scaleNames[a.scale] : undefined;
  const thing = `${colorNames[a.color] ?? a.color}${kindNames[a.kind]}`;
  if (random.chance(0.25)) return random.shuffle(dropped([thing, wear, light, scale, "纹理"])).join(",");
  const ending = random.pick(["无缝纹理", "无缝贴图", "纹理"]);
  return dropped([`${wear ?? ""}${thing}${ending}`, ...random.shuffle(dropped([scale, light]))]).join("，");
}
