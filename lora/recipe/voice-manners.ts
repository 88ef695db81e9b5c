/** What manner adds to an answer, and players to a question. */
import { texts, type Texts } from "./voice-words.ts";

/** How manners colour an answer: what may come before and after it. */
export const OPENERS: Readonly<Record<string, Texts>> = {
  cheerful: texts("Ha! | Oh, how lovely! | Wonderful! | What a day!", "哈哈！ | 太好了！ | 真开心！ | 哎呀！"),
  gruff: texts("Hmph. | What now. | Bah. | Be quick.", "哼。 | 干什么。 | 啧。 | 快点说。"),
  polite: texts(
    "With pleasure. | If you please. | Dear guest. | Honoured friend.",
    "很荣幸。 | 请听我说。 | 尊敬的客人。 | 承蒙关照。",
  ),
  shy: texts("Um... | Oh... | Well... | Excuse me...", "呃…… | 那个…… | 嗯…… | 不好意思……"),
  proud: texts(
    "Listen well. | Know this. | Naturally. | You may ask.",
    "听好了。 | 你要知道。 | 那当然。 | 你问对人了。",
  ),
  wise: texts(
    "Patience, my child. | As the old ones say. | Consider this. | Time teaches.",
    "别急，孩子。 | 古人说得好。 | 仔细想想。 | 时间会告诉你。",
  ),
};
export const CLOSERS: Readonly<Record<string, Texts>> = {
  cheerful: texts("Isn't that nice? | Enjoy the day! | Hooray!", "多好呀！ | 祝你开心！ | 真棒！"),
  gruff: texts("Now leave me be. | That is all. | Anything else?", "别烦我了。 | 就这样。 | 还有事吗？"),
  polite: texts(
    "I hope that helps. | At your service. | Do come again.",
    "希望能帮到你。 | 随时为您效劳。 | 欢迎再来。",
  ),
  shy: texts("I think... | Sorry. | If that is all right.", "我想是吧…… | 抱歉。 | 可以吗……"),
  proud: texts(
    "None better. | Remember that. | You are lucky to meet me.",
    "没人比我强。 | 记住了。 | 遇见我是你的福气。",
  ),
  wise: texts(
    "So it has always been. | Think about it. | All things pass.",
    "自古如此。 | 好好想想吧。 | 万事都会过去。",
  ),
};

/** What players put before a question. */
export const PREFIXES: Texts = texts(
  "Hey, | Excuse me, | Um, | Please, | So, | Tell me, | Well, | Hello,",
  "请问， | 喂， | 那个， | 对了， | 嗯， | 打扰一下， | 你好，",
);
