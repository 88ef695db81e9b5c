/** What a labeller can say of a picture: attributes, their values, and the words of both languages. */
export const labelLanguages = ["en", "zh"] as const;
export type LabelLanguage = (typeof labelLanguages)[number];
export type LabelSubject = "portrait" | "texture";
export type Words = Readonly<Record<LabelLanguage, string>>;

export interface LabelAttribute {
  readonly subject: LabelSubject;
  /** "with": "a person with …"; "of": "texture of …"; "rest": after a comma. */
  readonly place: "with" | "of" | "rest";
  /** Around a value's words, which take the place of `{}`. */
  readonly phrase?: Words;
  /** The attribute whose words have a `{}` for this one, where both are told: "short {} hair". */
  readonly fills?: string;
  /** Cannot be seen where another attribute has a value that its condition is false of. */
  readonly seenIf?: Readonly<Record<string, (value: string) => boolean>>;
  /** Value → its words. */
  readonly values: Readonly<Record<string, Words>>;
  /** Words of the value "none", which a caption leaves out: only a comparison needs them. */
  readonly absence?: Words;
  /** A caption does not tell it: how a picture is drawn is what a module learns from the pictures. */
  readonly isUntold?: boolean;
  /**
   * Belongs to who or what is pictured. "marks": nobody changes it from picture to picture, and others differ in it;
   * "body": so too, but many have it alike; "worn": some have it always, others at times.
   */
  readonly own?: "marks" | "body" | "worn";
}

const words = (en: string, zh: string): Words => ({ en, zh });

const COLORS = {
  red: words("red", "红色"),
  orange: words("orange", "橙色"),
  yellow: words("yellow", "黄色"),
  green: words("green", "绿色"),
  teal: words("teal", "青色"),
  blue: words("blue", "蓝色"),
  purple: words("purple", "紫色"),
  pink: words("pink", "粉色"),
  white: words("white", "白色"),
  gray: words("gray", "灰色"),
  black: words("black", "黑色"),
  brown: words("brown", "棕色"),
  blond: words("blond", "金色"),
  gold: words("gold", "金色"),
} as const;
const colors = (...names: (keyof typeof COLORS)[]) => Object.fromEntries(names.map((name) => [name, COLORS[name]]));
const WORN_COLORS = colors(
  "red",
  "orange",
  "yellow",
  "green",
  "teal",
  "blue",
  "purple",
  "pink",
  "brown",
  "white",
  "gray",
  "black",
);

/** The value of an attribute that can be absent, where it is. */
export const ABSENT = "none";
const isAbsent = (value: string): boolean => value === ABSENT;
const isThere = (value: string): boolean => value !== ABSENT;

/** In the order in which a caption tells them. */
export const labelVocabulary: Readonly<Record<string, LabelAttribute>> = {
  headwear: {
    subject: "portrait",
    place: "with",
    own: "worn",
    absence: words("no hat", "不戴帽子"),
    values: {
      hat: words("a {} hat", "戴{}帽子"),
      beanie: words("a {} beanie", "戴{}毛线帽"),
      cap: words("a {} cap", "戴{}鸭舌帽"),
      turban: words("a {} turban", "戴{}缠头巾"),
      headscarf: words("a {} headscarf", "戴{}头巾"),
    },
  },
  headwearColor: {
    subject: "portrait",
    place: "with",
    own: "worn",
    fills: "headwear",
    phrase: words("a {} hat", "戴{}帽子"),
    seenIf: { headwear: isThere },
    values: WORN_COLORS,
  },
  hairShape: {
    subject: "portrait",
    place: "with",
    own: "marks",
    seenIf: { headwear: isAbsent },
    values: {
      short: words("short {} hair", "{}短发"),
      long: words("long {} hair", "{}长发"),
      bob: words("a {} bob", "{}波波头"),
      curly: words("curly {} hair", "{}卷发"),
      afro: words("a {} afro", "{}爆炸头"),
      bun: words("{} hair in a bun", "{}发髻"),
      "two buns": words("{} hair in two buns", "{}双丸子头"),
      ponytail: words("a {} ponytail", "{}马尾"),
      pigtails: words("{} pigtails", "{}双马尾"),
      mohawk: words("a {} mohawk", "{}莫西干头"),
      spiky: words("spiky {} hair", "{}刺猬头"),
      "flat top": words("a {} flat top", "{}平头"),
      balding: words("balding {} hair", "{}头发谢顶"),
      bald: words("a bald head", "光头"),
    },
  },
  hairColor: {
    subject: "portrait",
    place: "with",
    own: "marks",
    fills: "hairShape",
    phrase: words("{} hair", "{}头发"),
    seenIf: { headwear: isAbsent, hairShape: (value) => value !== "bald" },
    values: colors(
      "black",
      "brown",
      "blond",
      "red",
      "orange",
      "white",
      "gray",
      "blue",
      "green",
      "teal",
      "pink",
      "purple",
    ),
  },
  eyewear: {
    subject: "portrait",
    place: "with",
    own: "worn",
    absence: words("no glasses", "不戴眼镜"),
    values: {
      glasses: words("{} glasses", "戴{}眼镜"),
      sunglasses: words("sunglasses", "戴墨镜"),
      eyepatch: words("an eyepatch", "戴眼罩"),
    },
  },
  eyewearColor: {
    subject: "portrait",
    place: "with",
    own: "worn",
    fills: "eyewear",
    phrase: words("{} glasses", "戴{}眼镜"),
    seenIf: { eyewear: (value) => value === "glasses" },
    values: colors("black", "red", "blue", "gold", "green", "purple", "white"),
  },
  facialHair: {
    subject: "portrait",
    place: "with",
    own: "body",
    absence: words("no beard", "没有胡子"),
    values: {
      beard: words("a beard", "络腮胡"),
      moustache: words("a moustache", "八字胡"),
      goatee: words("a goatee", "山羊胡"),
    },
  },
  earrings: {
    subject: "portrait",
    place: "with",
    own: "worn",
    absence: words("no earrings", "不戴耳环"),
    values: { earrings: words("earrings", "戴耳环") },
  },
  freckles: {
    subject: "portrait",
    place: "with",
    own: "body",
    absence: words("no freckles", "没有雀斑"),
    values: { freckles: words("freckles", "有雀斑") },
  },
  expression: {
    subject: "portrait",
    place: "rest",
    values: {
      smiling: words("smiling", "微笑"),
      laughing: words("laughing", "大笑"),
      serious: words("serious face", "表情严肃"),
      sad: words("sad face", "表情悲伤"),
      angry: words("angry face", "表情愤怒"),
      surprised: words("surprised face", "表情惊讶"),
      scared: words("scared face", "表情惊恐"),
      tired: words("tired face", "表情疲惫"),
      winking: words("winking", "眨眼"),
      "heart eyes": words("heart eyes", "爱心眼"),
      "eyes closed": words("eyes closed", "闭着眼睛"),
    },
  },
  skin: {
    subject: "portrait",
    place: "rest",
    own: "marks",
    phrase: words("{} skin", "{}皮肤"),
    values: {
      light: words("light", "浅色"),
      tan: words("tan", "小麦色"),
      brown: words("brown", "棕色"),
      dark: words("dark", "深色"),
      green: COLORS.green,
      blue: COLORS.blue,
    },
  },
  garment: {
    subject: "portrait",
    place: "rest",
    values: {
      shirt: words("{} shirt", "{}上衣"),
      "striped shirt": words("{} striped shirt", "{}条纹上衣"),
      "checkered shirt": words("{} checkered shirt", "{}格子上衣"),
      turtleneck: words("{} turtleneck", "{}高领衫"),
      "tank top": words("{} tank top", "{}背心"),
    },
  },
  clothes: {
    subject: "portrait",
    place: "rest",
    fills: "garment",
    phrase: words("{} shirt", "{}上衣"),
    values: WORN_COLORS,
  },
  background: {
    subject: "portrait",
    place: "rest",
    phrase: words("{} background", "{}背景"),
    values: WORN_COLORS,
  },
  style: {
    subject: "portrait",
    place: "rest",
    phrase: words("{} style", "{}风格"),
    isUntold: true,
    values: { peeps: words("peeps", "peeps"), lorelei: words("lorelei", "lorelei"), pixel: words("pixel", "像素") },
  },
  kind: {
    subject: "texture",
    place: "of",
    own: "marks",
    values: {
      bricks: words("{} bricks", "{}砖墙"),
      "stone wall": words("{} stone wall", "{}石墙"),
      "wooden planks": words("{} wooden planks", "{}木板"),
      tiles: words("{} tiles", "{}瓷砖"),
      grass: words("{} grass", "{}草地"),
      sand: words("{} sand", "{}沙地"),
      water: words("{} water", "{}水面"),
      lava: words("{} lava", "{}熔岩"),
      metal: words("{} metal", "{}金属"),
      fabric: words("{} fabric", "{}布料"),
      cobblestone: words("{} cobblestone", "{}鹅卵石路"),
      marble: words("{} marble", "{}大理石"),
      snow: words("{} snow", "{}雪地"),
      ice: words("{} ice", "{}冰面"),
      bark: words("{} bark", "{}树皮"),
      "roof tiles": words("{} roof tiles", "{}屋顶瓦片"),
      circuits: words("{} circuits", "{}电路板"),
      leather: words("{} leather", "{}皮革"),
      gravel: words("{} gravel", "{}碎石"),
      concrete: words("{} concrete", "{}混凝土"),
      moss: words("{} moss", "{}苔藓"),
      parquet: words("{} parquet", "{}拼花地板"),
      "checkered floor": words("{} checkered floor", "{}棋盘格地板"),
      "knitted wool": words("{} knitted wool", "{}针织毛线"),
    },
  },
  color: {
    subject: "texture",
    place: "of",
    fills: "kind",
    phrase: words("{} color", "{}"),
    values: WORN_COLORS,
  },
  scale: {
    subject: "texture",
    place: "rest",
    phrase: words("{} scale", "{}尺度"),
    values: { small: words("small", "小"), medium: words("medium", "中等"), large: words("large", "大") },
  },
  wear: {
    subject: "texture",
    place: "rest",
    phrase: words("{} surface", "{}表面"),
    absence: words("new surface", "崭新的表面"),
    values: {
      worn: words("worn", "磨损的"),
      cracked: words("cracked", "开裂的"),
      mossy: words("mossy", "长苔的"),
      dirty: words("dirty", "肮脏的"),
    },
  },
  light: {
    subject: "texture",
    place: "rest",
    phrase: words("{} light", "{}光线"),
    absence: words("even light", "均匀的光线"),
    values: {
      bright: words("bright", "明亮的"),
      dim: words("dim", "昏暗的"),
      warm: words("warm", "暖色"),
      cold: words("cold", "冷色"),
    },
  },
};

/** Attribute → value, of one picture. */
export type Facts = Readonly<Record<string, string>>;

/** Every value that a comparison weighs: "none" first, where the attribute can be absent. */
export const valuesOf = ({ absence, values }: LabelAttribute): string[] => [
  ...(absence ? [ABSENT] : []),
  ...Object.keys(values),
];

/** Whether an attribute can be seen on a picture of which `facts` are known. */
export const isSeen = ({ seenIf = {} }: LabelAttribute, facts: Facts): boolean =>
  Object.entries(seenIf).every(([name, isMet]) => facts[name] === undefined || isMet(facts[name]));
