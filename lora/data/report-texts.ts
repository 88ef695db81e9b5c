import { SHARPNESS_MIN } from "./image-measures.ts";

export type Severity = "error" | "warning" | "advice";
export type Language = "en" | "zh";

/** The words of one kind of finding. */
interface Words {
  /** Heading over all findings of the kind. */
  readonly title: string;
  readonly message: (value: string | number) => string;
  readonly advice: string;
}

type FindingTexts = { readonly severity: Severity } & Readonly<Record<Language, Words>>;

const kind = (severity: Severity, en: Words, zh: Words): FindingTexts => ({ severity, en, zh });
const words = (title: string, message: (value: string | number) => string, advice: string): Words => ({
  title,
  message,
  advice,
});

/** Every kind of finding. `error`: the file is left out; `warning`: the result will suffer; `advice`: could be better. */
export const findingTexts = {
  IMAGE_UNREADABLE: kind(
    "error",
    words(
      "Pictures that cannot be opened",
      (v) => `${v}`,
      "They are left out. Save them again as PNG or JPEG, or remove them.",
    ),
    words("打不开的图片", (v) => `${v}`, "这些图片会被跳过。请重新另存为 PNG 或 JPEG，或者删除。"),
  ),
  CAPTION_OUTSIDE_FOLDER: kind(
    "error",
    words(
      "Captions for files outside the folder",
      (v) => `${v}`,
      "These lines are left out. Write only names inside the data folder.",
    ),
    words("指向文件夹之外的标注", (v) => `${v}`, "这些行会被跳过。请只写数据文件夹内的文件名。"),
  ),
  FOLDER_NOT_USED: kind(
    "warning",
    words(
      "Folders that are not used",
      (v) => `${v} pictures inside`,
      "To train on them, name the folder with a number of repeats in front: 10_zhangsan.",
    ),
    words(
      "未使用的子文件夹",
      (v) => `内有 ${v} 张图片`,
      "若要用于训练，请在文件夹名前加上重复次数，例如：10_zhangsan。",
    ),
  ),
  SAMPLES_FEW: kind(
    "warning",
    words(
      "Too few pictures",
      (v) => `${v} pictures`,
      "Use 15 to 100 for a face: several angles, expressions and lights. Ten sharp ones are better than a hundred blurred ones.",
    ),
    words(
      "图片太少",
      (v) => `${v} 张图片`,
      "人脸建议 15～100 张，多角度、多表情、多光照。10 张高质量图远胜 100 张模糊图。",
    ),
  ),
  IMAGE_SMALL: kind(
    "warning",
    words(
      "Small pictures",
      (v) => `${v}`,
      "They are enlarged and will look soft. Use the originals, or leave them out.",
    ),
    words("分辨率过低的图片", (v) => `${v}`, "这些图片会被放大而变得模糊。请换用原图，或者剔除。"),
  ),
  IMAGE_BLURRED: kind(
    "warning",
    words(
      "Blurred pictures",
      (v) => `sharpness ${v}, expected at least ${SHARPNESS_MIN}`,
      "The module learns the blur too. Replace them by sharper ones, or leave them out.",
    ),
    words(
      "模糊的图片",
      (v) => `清晰度 ${v}，应不低于 ${SHARPNESS_MIN}`,
      "模型会把模糊也学进去。请换成清晰的图片，或者剔除。",
    ),
  ),
  IMAGE_DUPLICATE: kind(
    "warning",
    words(
      "Pictures that look the same",
      (v) => `looks like ${v}`,
      "Keep one of each: repeated pictures are learned by heart.",
    ),
    words("几乎相同的图片", (v) => `与 ${v} 几乎相同`, "每组只保留一张：重复的图片会被死记硬背（过拟合）。"),
  ),
  CAPTION_MISSING: kind(
    "warning",
    words(
      "Pictures without a caption",
      (v) => `"${v}" is used instead`,
      "Describe each picture in one line. To get a first draft: animula auto-label --input DIR --output metadata.csv",
    ),
    words(
      "缺少标注的图片",
      (v) => `暂用“${v}”代替`,
      "请为每张图片写一句描述。可先自动生成初稿：animula auto-label --input 文件夹 --output metadata.csv",
    ),
  ),
  CAPTION_ONE_FOR_ALL: kind(
    "warning",
    words(
      "One caption for all pictures",
      (v) => `"${v}"`,
      "Say what differs from picture to picture (clothes, light, place); else all of it becomes part of the character.",
    ),
    words(
      "所有图片共用一条标注",
      (v) => `“${v}”`,
      "请写出每张图的不同之处（服装、光线、地点），否则这些都会被当成角色的一部分。",
    ),
  ),
  CAPTION_DIFFERS: kind(
    "warning",
    words(
      "The same picture with different captions",
      (v) => `differs from ${v}`,
      "Give both the same caption, or keep one picture.",
    ),
    words("同一画面，标注不同", (v) => `与 ${v} 的标注不一致`, "请统一两者的标注，或只保留一张。"),
  ),
  CAPTION_CONTRADICTS_ITSELF: kind(
    "warning",
    words("Captions that contradict themselves", (v) => `${v}`, "Look at the picture and delete the wrong half."),
    words("自相矛盾的标注", (v) => `${v}`, "请对照图片，删去错误的一半。"),
  ),
  CAPTION_LANGUAGES_MIXED: kind(
    "warning",
    words(
      "Captions in another language than most",
      (v) => `"${v}"`,
      "Write all captions in one language: the one in which you will ask for pictures.",
    ),
    words("语言与多数不同的标注", (v) => `“${v}”`, "请把所有标注统一成一种语言，即以后写提示词时用的语言。"),
  ),
  CAPTION_FORMS_MIXED: kind(
    "advice",
    words(
      "Captions of two forms",
      (v) => `lists of tags : sentences = ${v}`,
      "Write all captions in one form, either tags or sentences.",
    ),
    words("标注格式不统一", (v) => `标签式 : 句子式 = ${v}`, "请统一标注格式：要么都用标签，要么都用句子。"),
  ),
  CAPTION_TRIGGER_MISSING: kind(
    "advice",
    words("Captions without the trigger word", (v) => `no "${v}"`, "The trigger word is put in front of them."),
    words("标注中没有触发词", (v) => `没有“${v}”`, "训练时会自动把触发词加在最前面。"),
  ),
  CAPTION_FOR_ABSENT_FILE: kind(
    "warning",
    words("Captions for files that are not there", (v) => `${v}`, "Correct the file name, or delete the line."),
    words("标注对应的文件不存在", (v) => `${v}`, "请改正文件名，或删除该行。"),
  ),
  CAPTION_TWICE: kind(
    "warning",
    words("Two captions for one file", (v) => `${v}`, "The first is used. Delete the other line."),
    words("同一文件有两条标注", (v) => `${v}`, "以第一条为准。请删除另一行。"),
  ),
  CAPTION_ROW: kind(
    "warning",
    words(
      "Lines that are not as expected",
      (v) => `${v}`,
      'Write each line as: img01.jpg,"a man with black hair, smiling"',
    ),
    words("格式有问题的行", (v) => `${v}`, '每行应写成：img01.jpg,"a man with black hair, smiling"'),
  ),
  CAPTION_FILE_UNREADABLE: kind(
    "warning",
    words("Caption files that cannot be read", (v) => `${v}`, "Save them as UTF-8 text."),
    words("读不了的标注文件", (v) => `${v}`, "请另存为 UTF-8 编码的文本。"),
  ),

  ALPHA_NOT_TWICE_RANK: kind(
    "advice",
    words("lora_alpha", (v) => `${v}`, "Twice lora_rank keeps the base stable and the new features strong."),
    words("lora_alpha", (v) => `${v}`, "经验法则：lora_alpha = 2 × lora_rank，既保持原模型稳定，又增强新特征。"),
  ),
  RANK_LOW_FOR_FACE: kind(
    "advice",
    words(
      "lora_rank for a face",
      (v) => `${v}`,
      "A face needs 12 to 16. If it still changes from picture to picture, lower learning_rate to 1e-4.",
    ),
    words("人脸的 lora_rank", (v) => `${v}`, "复杂人脸建议 12～16。若角色特征仍不稳定，请把 learning_rate 降至 1e-4。"),
  ),
  RANK_HIGH_FOR_STYLE: kind(
    "advice",
    words(
      "lora_rank for a style",
      (v) => `${v}`,
      "4 to 8 is enough for a style; more learns single pictures by heart.",
    ),
    words("风格的 lora_rank", (v) => `${v}`, "简单风格用 4～8 足够；过高容易过拟合。"),
  ),
  LEARNING_RATE_FOR_BATCH: kind(
    "advice",
    words(
      "learning_rate for this batch size",
      (v) => `${v}`,
      "3e-4 suits 1 to 2 pictures per update, 2e-4 up to 4, 1e-4 more; a higher rate makes the loss swing and the face unstable.",
    ),
    words(
      "学习率与批量大小",
      (v) => `${v}`,
      "每步 1～2 张图用 3e-4，到 4 张用 2e-4，更多用 1e-4；过高会引起震荡、角色特征不稳定。",
    ),
  ),
  SAVE_STEPS_FAR_APART: kind(
    "advice",
    words("save_steps", (v) => `${v}`, "50 to 100 lets you go back to the best step."),
    words("save_steps", (v) => `${v}`, "建议 50～100，便于回滚到最佳状态。"),
  ),
} satisfies Record<string, FindingTexts>;

export type FindingCode = keyof typeof findingTexts;
