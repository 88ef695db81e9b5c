/** The service's errors: code → HTTP status and what a person reads, in both languages. Codes cross the wire. */
import { lineReason, type LineReasonCode } from "./line-reasons.ts";

type Params = Readonly<Record<string, string | number>>;
interface Row {
  readonly status: number;
  readonly en: (p: Params) => string;
  readonly zh: (p: Params) => string;
}

/** The words that WRONG_KIND is made of. */
const kindsZh: Readonly<Record<string, string>> = {
  picture: "图片",
  voice: "语音",
  module: "模块",
  "data set": "数据集",
};

/** LINES_NONE has the code of the first reason as `reason`, and that one's parameters beside its own. */
const firstReason = (params: Params, language: "en" | "zh"): string =>
  lineReason({ code: params["reason"] as LineReasonCode, params }, language);

/** Enough to tell one from all others. */
const shortHash = (sha256: string | number | undefined): string => String(sha256).slice(0, 12);

export const errorTexts = {
  TOKEN_MISSING: {
    status: 401,
    en: () => "No token was sent; sign in again",
    zh: () => "没有令牌；请重新登录",
  },
  TOKEN_INVALID: {
    status: 401,
    en: (p) => `The token is not valid (${p["reason"]}); sign in again`,
    zh: (p) => `令牌无效（${p["reason"]}）；请重新登录`,
  },
  NOT_ALLOWED: {
    status: 403,
    en: (p) => `A ${p["role"]} may not ${p["action"]}; ask an editor`,
    zh: (p) => `${p["role"]} 无权执行 ${p["action"]}；请联系编辑者`,
  },
  NOT_FOUND: {
    status: 404,
    en: (p) => `There is no ${p["what"]} "${p["id"]}"; it may have been deleted`,
    zh: (p) => `找不到 ${p["what"]}「${p["id"]}」；可能已被删除`,
  },
  REQUEST_INVALID: {
    status: 400,
    en: (p) => `${p["where"]}: ${p["problem"]}`,
    zh: (p) => `${p["where"]}：${p["problem"]}`,
  },
  NODE_UNKNOWN: {
    status: 404,
    en: (p) => `The scene has no node "${p["node"]}"; reload the page to see its present nodes`,
    zh: (p) => `场景中没有节点「${p["node"]}」；请刷新页面`,
  },
  TAG_MISSING: {
    status: 409,
    en: (p) => `"${p["node"]}" carries no tag; tag it with a module first`,
    zh: (p) => `「${p["node"]}」没有标签；请先为它添加模块`,
  },
  PLAYERS_MAY_NOT: {
    status: 403,
    en: (p) => `The tag of "${p["node"]}" does not let players ask for ${p["slot"]}; an editor can allow it`,
    zh: (p) => `「${p["node"]}」的标签不允许玩家请求 ${p["slot"]}；编辑者可以开启`,
  },
  UPLOAD_TOO_LARGE: {
    status: 413,
    en: (p) => `${p["file"]} is larger than ${p["limit"]}; make it smaller and drop it again`,
    zh: (p) => `${p["file"]} 超过 ${p["limit"]}；请缩小后重试`,
  },
  TOO_MANY_IMAGES: {
    status: 413,
    en: (p) => `More than ${p["limit"]} pictures; keep the best ones`,
    zh: (p) => `超过 ${p["limit"]} 张图片；请只保留最好的`,
  },
  NOT_AN_IMAGE: {
    status: 415,
    en: (p) => `${p["file"]} is not a picture that can be read (${p["problem"]}); use PNG, JPEG or WebP`,
    zh: (p) => `${p["file"]} 不是可读取的图片（${p["problem"]}）；请使用 PNG、JPEG 或 WebP`,
  },
  IMAGE_TOO_LARGE: {
    status: 413,
    en: (p) => `${p["file"]} has more than ${p["limit"]} megapixels; scale it down`,
    zh: (p) => `${p["file"]} 超过 ${p["limit"]} 百万像素；请缩小`,
  },
  NAME_INVALID: {
    status: 400,
    en: (p) => `"${p["name"]}" is not a usable name; use letters, digits, spaces, - and _ (at most 64)`,
    zh: (p) => `「${p["name"]}」不能用作名称；请使用文字、数字、空格、- 和 _（最多 64 个）`,
  },
  DATASET_EMPTY: {
    status: 409,
    en: (p) => `"${p["name"]}" has no pictures; drop some first`,
    zh: (p) => `「${p["name"]}」没有图片；请先拖入图片`,
  },
  JOB_STATE: {
    status: 409,
    en: (p) => `Job "${p["id"]}" is ${p["status"]}, so it cannot be ${p["action"]}`,
    zh: (p) => `任务「${p["id"]}」处于 ${p["status"]} 状态，无法${p["action"]}`,
  },
  STEP_UNKNOWN: {
    status: 404,
    en: (p) => `Job "${p["id"]}" saved no module at step ${p["step"]}; choose one of its samples`,
    zh: (p) => `任务「${p["id"]}」在第 ${p["step"]} 步没有保存模块；请从样图中选择`,
  },
  MODULE_WRONG_BASE: {
    status: 409,
    en: (p) =>
      `Module "${p["name"]}" belongs to base ${p["expected"]}, this world uses ${p["got"]}; train it again here`,
    zh: (p) => `模块「${p["name"]}」属于底模 ${p["expected"]}，当前世界使用 ${p["got"]}；请在此重新训练`,
  },
  MODULE_INVALID: {
    status: 400,
    en: (p) => `${p["file"]}: ${p["problem"]}`,
    zh: (p) => `${p["file"]}：${p["problem"]}`,
  },
  TRAINING_FAILED: {
    status: 500,
    en: (p) => `Training stopped: ${p["problem"]}`,
    zh: (p) => `训练中止：${p["problem"]}`,
  },
  WORKER_DIED: {
    status: 500,
    en: (p) =>
      `The worker process ended (${p["how"]}) more than ${p["times"]} times; press Resume to go on from the last checkpoint`,
    zh: (p) => `工作进程意外结束（${p["how"]}）超过 ${p["times"]} 次；点击“继续”可从最近的检查点恢复`,
  },
  DRAWING_FAILED: {
    status: 500,
    en: (p) => `The picture could not be drawn: ${p["problem"]}`,
    zh: (p) => `无法生成图片：${p["problem"]}`,
  },
  QUEUE_FULL: {
    status: 503,
    en: (p) => `${p["limit"]} drawings are already waiting; try again in a moment`,
    zh: (p) => `已有 ${p["limit"]} 个绘制任务在排队；请稍后再试`,
  },
  SCENE_FULL: {
    status: 503,
    en: (p) => `"${p["scene"]}" already holds ${p["limit"]} people; come back when somebody has left`,
    zh: (p) => `「${p["scene"]}」已有 ${p["limit"]} 人；请等有人离开后再来`,
  },
  RATE_LIMITED: {
    status: 429,
    en: (p) => `Too many requests; wait ${p["seconds"]} s`,
    zh: (p) => `请求过多；请等待 ${p["seconds"]} 秒`,
  },
  SERVICE_UNREACHABLE: {
    status: 503,
    en: (p) => `The service at ${p["url"]} does not answer (${p["problem"]}); check that it runs, then try again`,
    zh: (p) => `服务 ${p["url"]} 没有响应（${p["problem"]}）；请确认它在运行后重试`,
  },
  CONNECTION_LOST: {
    status: 503,
    en: () => "The connection to the service was lost; it is being restored, try again in a moment",
    zh: () => "与服务的连接已断开；正在恢复，请稍后再试",
  },
  DISK_FULL: {
    status: 507,
    en: () => "The disk is full; free some space and try again. Nothing was lost",
    zh: () => "磁盘已满；请释放空间后重试，没有数据丢失",
  },
  DATA_FOLDER_IN_USE: {
    status: 500,
    en: (p) =>
      `The data folder ${p["folder"]} is in use by process ${p["pid"]}; stop that one, or choose another folder with --data`,
    zh: (p) => `数据文件夹 ${p["folder"]} 正被进程 ${p["pid"]} 使用；请先停止它，或用 --data 指定其他文件夹`,
  },
  DATABASE_UNREACHABLE: {
    status: 500,
    en: (p) =>
      `The database cannot be reached (${p["problem"]}); check DATABASE_URL, or leave it out to use the embedded one`,
    zh: (p) => `无法连接数据库（${p["problem"]}）；请检查 DATABASE_URL，或不设置以使用内置数据库`,
  },
  SETTING_INVALID: {
    status: 500,
    en: (p) => `${p["setting"]}: ${p["problem"]}`,
    zh: (p) => `${p["setting"]}：${p["problem"]}`,
  },
  LABELLING_FAILED: {
    status: 500,
    en: (p) => `The captions could not be guessed: ${p["problem"]}`,
    zh: (p) => `无法生成描述：${p["problem"]}`,
  },
  VOICE_BASE_MISSING: {
    status: 409,
    en: (p) =>
      `There is no language model at ${p["folder"]}, so nothing can speak; name a Hugging Face folder of the LLaMA family with --voice-base or ANIMULA_VOICE_BASE and start again`,
    zh: (p) =>
      `${p["folder"]} 处没有语言模型，无法说话；请用 --voice-base 或 ANIMULA_VOICE_BASE 指定一个 LLaMA 系列的 Hugging Face 文件夹后重新启动`,
  },
  VOICE_MISSING: {
    status: 409,
    en: (p) => `"${p["node"]}" has no voice; an editor can give it one`,
    zh: (p) => `「${p["node"]}」没有语音；编辑者可以为它添加`,
  },
  SAY_TOO_LONG: {
    status: 413,
    en: (p) => `That is ${p["chars"]} characters, more than ${p["limit"]}; say it in shorter pieces`,
    zh: (p) => `共 ${p["chars"]} 个字符，超过 ${p["limit"]} 个；请分几次说`,
  },
  TOO_FAR: {
    status: 409,
    en: (p) => `"${p["node"]}" is ${p["metres"]} m away and hears up to ${p["limit"]} m; come closer`,
    zh: (p) => `「${p["node"]}」在 ${p["metres"]} 米外，只能听到 ${p["limit"]} 米以内；请走近一些`,
  },
  TOKENS_SPENT: {
    status: 429,
    en: (p) => `You have heard ${p["limit"]} tokens within a minute; wait ${p["seconds"]} s`,
    zh: (p) => `一分钟内已用完 ${p["limit"]} 个词元；请等待 ${p["seconds"]} 秒`,
  },
  VOICE_BUSY: {
    status: 503,
    en: (p) => `${p["limit"]} replies are already waiting; try again in a moment`,
    zh: (p) => `已有 ${p["limit"]} 个回复在排队；请稍后再试`,
  },
  VOICE_WORKER_DIED: {
    status: 500,
    en: (p) => `The process that speaks ended (${p["how"]}); say it again, a new one starts`,
    zh: (p) => `负责说话的进程意外结束（${p["how"]}）；请再说一遍，新进程会自动启动`,
  },
  REPLY_FAILED: {
    status: 500,
    en: (p) => `No reply: ${p["problem"]}`,
    zh: (p) => `无法回复：${p["problem"]}`,
  },
  PERSONA_TOO_LONG: {
    status: 409,
    en: (p) =>
      `Persona, memory and what was said make ${p["tokens"]} tokens, this base reads ${p["limit"]}; shorten the persona or forget some facts`,
    zh: (p) => `人设、记忆与所说内容共 ${p["tokens"]} 个词元，此底模只能读 ${p["limit"]} 个；请缩短人设或删除一些记忆`,
  },
  MEMORY_FULL: {
    status: 409,
    en: (p) => `"${p["node"]}" already keeps ${p["limit"]} facts; let it forget one first`,
    zh: (p) => `「${p["node"]}」已记住 ${p["limit"]} 条事实；请先删除一条`,
  },
  LINES_NONE: {
    status: 400,
    en: (p) => `None of ${p["lines"]} lines can be used; line ${p["line"]}: ${firstReason(p, "en")}`,
    zh: (p) => `${p["lines"]} 行中没有可用的内容；第 ${p["line"]} 行：${firstReason(p, "zh")}`,
  },
  TOO_MANY_LINES: {
    status: 413,
    en: (p) => `More than ${p["limit"]} dialogues; keep the best ones`,
    zh: (p) => `超过 ${p["limit"]} 段对话；请只保留最好的`,
  },
  DATASET_WITHOUT_LINES: {
    status: 409,
    en: (p) => `"${p["name"]}" has no lines; paste some first`,
    zh: (p) => `「${p["name"]}」没有对话；请先粘贴一些`,
  },
  WRONG_KIND: {
    status: 409,
    en: (p) => `"${p["name"]}" is a ${p["got"]} ${p["what"]}, expected a ${p["expected"]} one; choose another`,
    zh: (p) => {
      const [what, got, expected] = [p["what"], p["got"], p["expected"]].map((word) => kindsZh[String(word)] ?? word);
      return `「${p["name"]}」是${got}${what}，此处需要${expected}${what}；请另选一个`;
    },
  },
  CARD_INVALID: {
    status: 400,
    en: (p) => `Not a character card of version 2 or 3: ${p["problem"]}`,
    zh: (p) => `不是 V2 或 V3 角色卡：${p["problem"]}`,
  },
  CARD_UNKNOWN: {
    status: 404,
    en: (p) =>
      `The card of this voice (${shortHash(p["card"])}) is not in this library, so it cannot be saved with all that was in it; open the card's file here once more`,
    zh: (p) => `此语音的角色卡（${shortHash(p["card"])}）不在此库中，无法完整保存；请在此重新打开该角色卡文件`,
  },
  INTERNAL: {
    status: 500,
    en: (p) => `Something failed inside the service (${p["id"]}); its log says what`,
    zh: (p) => `服务内部出错（${p["id"]}）；详情见日志`,
  },
} as const satisfies Record<string, Row>;

export type ErrorCode = keyof typeof errorTexts;
export type Language = "en" | "zh";

/** What travels: HTTP error bodies, `room.request` rejections and `job.error` hold one. */
export interface ErrorBody {
  readonly code: ErrorCode;
  readonly params: Params;
  /** English; `errorMessage` gives it in another language. */
  readonly message: string;
}

/** An error that a person can do something about. Thrown by the service, rebuilt by the client. */
export class ServiceError extends Error {
  override readonly name = "ServiceError";
  readonly code: ErrorCode;
  readonly params: Params;

  constructor(code: ErrorCode, params: Params = {}) {
    super(errorMessage({ code, params }, "en"));
    this.code = code;
    this.params = params;
  }
  get status(): number {
    return errorTexts[this.code].status;
  }
  toBody(): ErrorBody {
    return { code: this.code, params: this.params, message: this.message };
  }
}

export function errorMessage({ code, params }: Pick<ErrorBody, "code" | "params">, language: Language): string {
  return errorTexts[code][language](params);
}

/** Reads an error that came over the wire; anything else is `undefined`. */
export function readErrorBody(value: unknown): ErrorBody | undefined {
  if (typeof value === "string") {
    try {
      return readErrorBody(JSON.parse(value));
    } catch {
      return undefined;
    }
  }
  if (typeof value !== "object" || value === null || !("code" in value)) return undefined;
  const { code, params, message } = value as { code: unknown; params?: unknown; message?: unknown };
  if (typeof code !== "string" || !Object.hasOwn(errorTexts, code)) return undefined;
  return {
    code: code as ErrorCode,
    params: (typeof params === "object" && params !== null ? params : {}) as Params,
    message: typeof message === "string" ? message : "",
  };
}
