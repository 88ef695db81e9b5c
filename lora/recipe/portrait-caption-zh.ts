import type { Shade } from "./named-colors.ts";
import { hairShows } from "./portrait-caption.ts";
import type { DataRandom } from "./random.ts";
import type {
  Expression,
  FacialHair,
  Garment,
  HairShape,
  Headwear,
  PaintedPortrait,
  PortraitAttributes,
  StyleName,
} from "./portrait-styles.ts";

/** One word for a colour wherever it is: "红" in 红发, 红色衬衫, 红色背景. */
const colorNames: Record<string, string> = {
  red: "红",
  orange: "橙",
  yellow: "黄",
  green: "绿",
  teal: "青",
  blue: "蓝",
  purple: "紫",
  pink: "粉",
  brown: "棕",
  white: "白",
  gray: "灰",
  black: "黑",
  blond: "金",
  gold: "金",
};
const hairPhrases: Record<HairShape, (color: string) => readonly string[]> = {
  short: (color) => [`${color}色短发`, `短${color}发`],
  long: (color) => [`${color}色长发`, `长${color}发`],
  bob: (color) => [`${color}色波波头`],
  curly: (color) => [`${color}色卷发`],
  afro: (color) => [`${color}色爆炸头`],
  bun: (color) => [`${color}色丸子头`],
  "two buns": (color) => [`${color}色双丸子头`],
  ponytail: (color) => [`${color}色马尾`],
  pigtails: (color) => [`${color}色双马尾`],
  mohawk: (color) => [`${color}色莫西干头`],
  spiky: (color) => [`${color}色刺猬头`],
  "flat top": (color) => [`${color}色平头`],
  balding: (color) => [`${color}发谢顶`],
  bald: () => ["光头", "没有头发"],
};
const headwearNames: Record<Exclude<Headwear, "none">, string> = {
  hat: "礼帽",
  beanie: "毛线帽",
  cap: "鸭舌帽",
  turban: "头巾帽",
  headscarf: "头巾",
};
const expressionPhrases: Record<Expression, readonly string[]> = {
  smiling: ["微笑", "面带微笑"],
  laughing: ["大笑", "开怀大笑"],
  serious: ["表情严肃", "严肃"],
  sad: ["悲伤", "表情悲伤"],
  angry: ["生气", "表情愤怒"],
  surprised: ["惊讶", "表情惊讶"],
  scared: ["害怕", "表情惊恐"],
  tired: ["疲惫", "表情疲惫"],
  winking: ["眨眼"],
  "heart eyes": ["爱心眼"],
  "eyes closed": ["闭眼", "闭着眼睛"],
};
const facialHairNames: Record<Exclude<FacialHair, "none">, string> = {
  beard: "大胡子",
  moustache: "小胡子",
  goatee: "山羊胡",
};
const garmentNames: Record<Garment, string> = {
  shirt: "上衣",
  "striped shirt": "条纹上衣",
  "checkered shirt": "格子上衣",
  turtleneck: "高领衫",
  "tank top": "背心",
};
const skinPhrases: Record<PortraitAttributes["skin"], string> = {
  light: "浅色皮肤",
  tan: "小麦色皮肤",
  brown: "棕色皮肤",
  dark: "深色皮肤",
  green: "绿色皮肤",
  blue: "蓝色皮肤",
};
const stylePhrases: Record<StyleName, readonly string[]> = {
  peeps: ["peeps风格"],
  lorelei: ["lorelei风格"],
  pixel: ["像素风格", "像素画"],
};
const shadeNames: Record<Shade, string> = { light: "浅", dark: "深", plain: "" };

const colorWord = (name: string, shade: Shade, random: DataRandom): string =>
  `${random.chance(0.6) ? shadeNames[shade] : ""}${colorNames[name] ?? name}`;

function hairPhrase(a: PaintedPortrait, random: DataRandom): string | undefined {
  if (a.hairShape === "bald" && a.headwear === "none") return random.pick(hairPhrases.bald(""));
  if (!hairShows(a)) return undefined;
  const color = colorWord(a.hairColor, a.paints.hair.shade, random);
  return a.headwear === "none" && random.chance(0.85)
    ? random.pick(hairPhrases[a.hairShape](color))
    : `${color}${random.pick(["色头", "色头", ""])}发`;
}

function wornPhrases(a: PaintedPortrait, random: DataRandom): string[] {
  const worn: string[] = [];
  if (a.headwear !== "none") {
    worn.push(`戴${colorWord(a.headwearColor, a.paints.headwear.shade, random)}色${headwearNames[a.headwear]}`);
  }
  if (a.eyewear === "eyepatch") worn.push("戴眼罩");
  else if (a.eyewear === "sunglasses") worn.push("戴墨镜");
  else if (a.eyewear === "glasses") {
    worn.push(random.chance(0.6) ? `戴${colorNames[a.eyewearColor] ?? ""}色眼镜` : "戴眼镜");
  }
  if (a.facialHair !== "none") worn.push(`${random.pick(["留", "有"])}${facialHairNames[a.facialHair]}`);
  if (a.earrings !== "none" && random.chance(0.8)) worn.push("戴耳环");
  if (a.freckles !== "none" && random.chance(0.8)) worn.push("有雀斑");
  return worn;
}

/**
 * A Chinese caption, most of it under 50 characters: a list of tags ("红发,戴眼镜,微笑") or a sentence of clauses
 * ("一个人的肖像，红色长发，戴眼镜，穿蓝色上衣，白色背景"). Says only what `attributes` shows.
 */
export function portraitCaptionZh(a: PaintedPortrait, random: DataRandom): string {
  const hair = random.chance(0.93) ? hairPhrase(a, random) : undefined;
  const isTags = random.chance(0.4);
  const facts = [...(hair === undefined ? [] : [hair]), ...wornPhrases(a, random)];
  if (random.chance(0.8)) facts.push(random.pick(expressionPhrases[a.expression]));
  if (random.chance(0.5)) facts.push(skinPhrases[a.skin]);
  if (random.chance(0.75)) {
    const clothes = `${colorWord(a.clothes, a.paints.clothes.shade, random)}色${garmentNames[a.garment]}`;
    facts.push(isTags ? clothes : `穿${clothes}`);
  }
  if (random.chance(0.88)) facts.push(`${colorWord(a.background, a.paints.background.shade, random)}色背景`);
  const who = a.age === "old" ? "老人" : "人";
  const said = isTags || random.chance(0.5) ? random.shuffle(facts) : facts;
  const opening = random.pick([`一个${who}的肖像`, `一个${who}`, `${who === "人" ? "人物" : who}肖像`]);
  const isOpened = !isTags || a.age === "old" || random.chance(0.3);
  const style = random.chance(0.8) ? [random.pick(stylePhrases[a.style])] : [];
  return [...(isOpened ? [opening] : []), ...said, ...style].join(isTags ? random.pick([",", "，", "、"]) : "，");
}
