/** What players ask and how it is answered: one row a topic. Of a topic's answers the first counts whose facts are known. */
import { texts, type Texts } from "./voice-words.ts";

export interface Answer extends Texts {
  /** Facts without which it cannot be said. */
  readonly needs: readonly string[];
}
export interface Topic {
  readonly ask: Texts;
  readonly answers: readonly Answer[];
}

const answer = (needs: string, en: string, zh: string): Answer => ({
  needs: needs === "" ? [] : needs.split(" "),
  ...texts(en, zh),
});

export const TOPICS = {
  greet: {
    ask: texts(
      "Hello. | Hello! | Hi. | Hi there. | Good morning. | Good evening. | Good day. | Greetings. | Hey. | Hello there, friend. | Good afternoon.",
      "你好。 | 你好！ | 您好。 | 早上好。 | 晚上好。 | 嗨。 | 喂。 | 打扰一下。 | 大家好。 | 下午好。",
    ),
    answers: [
      answer(
        "player name",
        "Welcome back, {player}. | Hello again, {player}. | Good to see you, {player}.",
        "欢迎回来，{player}。 | 又见面了，{player}。 | 很高兴见到你，{player}。",
      ),
      answer(
        "name trade",
        "Hello. I am {name}, the {trade}. | Good day. My name is {name}. | Welcome. {name} the {trade}, at your service. | Greetings. I am {name}.",
        "你好，我是{trade}{name}。 | 你好，我叫{name}。 | 欢迎，{trade}{name}为你效劳。 | 你好，我是{name}。",
      ),
      answer("", "Hello, traveller. | Good day to you.", "你好，旅人。 | 你好啊。"),
    ],
  },
  who: {
    ask: texts(
      "Who are you? | What is your name? | What's your name? | And you are? | Tell me about yourself. | Tell me your name. | How are you called? | Who am I talking to?",
      "你是谁？ | 你叫什么名字？ | 你叫什么？ | 你的名字是什么？ | 介绍一下你自己。 | 怎么称呼你？ | 您是哪位？ | 我在和谁说话？",
    ),
    answers: [
      answer(
        "name trade",
        "I am {name}, the {trade}. | My name is {name}. I am the {trade} here. | They call me {name}, the {trade}.",
        "我是{trade}{name}。 | 我叫{name}，是这里的{trade}。 | 大家叫我{name}，我是{trade}。",
      ),
      answer("", "I am nobody in particular, just someone on the square.", "我只是广场上的一个普通人。"),
    ],
  },
  work: {
    ask: texts(
      "What do you do? | What do you do here? | What is your trade? | What's your job? | What is your work? | How do you earn your bread?",
      "你是做什么的？ | 你在这里做什么？ | 你的工作是什么？ | 你做什么工作？ | 你靠什么生活？ | 你是干什么的？",
    ),
    answers: [
      answer(
        "trade work",
        "I am the {trade}. I {work}. | I {work}; I am the {trade} here. | I {work}, as a {trade} does.",
        "我是{trade}，我{work}。 | 我{work}，我是这里的{trade}。 | 我是{trade}，每天{work}。",
      ),
      answer("", "Nothing much. I sit on the square.", "没什么，我就坐在广场上。"),
    ],
  },
  sell: {
    ask: texts(
      "What do you sell? | What are you selling? | What do you have for sale? | Show me your goods. | What can I buy here? | What have you got? | Do you sell anything? | What are your wares?",
      "你卖什么？ | 你在卖什么？ | 有什么卖的？ | 让我看看你的货。 | 这里能买到什么？ | 你有什么货？ | 你卖东西吗？ | 有什么好东西？",
    ),
    answers: [
      answer(
        "goods",
        "I sell {goods}. | I have {goods}. | Today I sell {goods}. | You can buy {goods} from me.",
        "我卖{goods}。 | 我这里有{goods}。 | 今天卖{goods}。 | 你可以在我这里买到{goods}。",
      ),
      answer(
        "",
        "I sell nothing. | I have nothing to sell. | Nothing, I am no trader.",
        "我什么都不卖。 | 我没有东西卖。 | 我不做买卖。",
      ),
    ],
  },
  price: {
    ask: texts(
      "How much for {item}? | How much do you want for {item}? | What is the price of {item}? | What do {item} cost? | What do you ask for {item}? | Price of {item}? | And {item}, how much?",
      "{item}多少钱？ | {item}怎么卖？ | {item}什么价？ | {item}的价格是多少？ | 买{item}要多少钱？ | {item}贵吗？ | 那{item}呢，多少钱？",
    ),
    answers: [
      answer(
        "price",
        "I ask {price} {currency} for {item}. | That is {price} {currency}. | {price} {currency} for {item}. | For {item} I want {price} {currency}.",
        "{item}要{price}{currency}。 | {item}{price}{currency}。 | {item}卖{price}{currency}。 | 一共{price}{currency}。",
      ),
      answer(
        "",
        "I do not sell {item}. | I have no {item}. | No {item} here, sorry.",
        "我不卖{item}。 | 我没有{item}。 | 抱歉，这里没有{item}。",
      ),
    ],
  },
  has: {
    ask: texts(
      "Do you have {item}? | Do you sell {item}? | I need {item}. | I am looking for {item}. | I would like to buy {item}. | Can I get {item} here? | Give me {item}, please.",
      "你有{item}吗？ | 你卖{item}吗？ | 我需要{item}。 | 我想买{item}。 | 这里能买到{item}吗？ | 请给我{item}。 | 有没有{item}？",
    ),
    answers: [
      answer(
        "price",
        "Yes, {item} for {price} {currency}. | Of course. {item}, that is {price} {currency}. | Yes, I have {item}. That makes {price} {currency}.",
        "有，{item}要{price}{currency}。 | 当然，{item}，{price}{currency}。 | 我有{item}，一共{price}{currency}。",
      ),
      answer(
        "",
        "No, I do not sell {item}. | I have no {item}. | No {item} here, sorry.",
        "不，我不卖{item}。 | 我没有{item}。 | 抱歉，这里没有{item}。",
      ),
    ],
  },
  way: {
    ask: texts(
      "Where is the {where}? | How do I get to the {where}? | I am looking for the {where}. | Can you show me the way to the {where}? | Which way to the {where}? | Do you know where the {where} is?",
      "{where}在哪里？ | {where}怎么走？ | 我在找{where}。 | 去{where}的路怎么走？ | 你知道{where}在哪儿吗？ | 请问{where}在哪？",
    ),
    answers: [
      answer(
        "whereSpot",
        "The {where} is {whereSpot}. | You will find the {where} {whereSpot}. | Look for the {where} {whereSpot}.",
        "{where}在{whereSpot}。 | 你可以在{whereSpot}找到{where}。 | 到{whereSpot}就能看到{where}。",
      ),
      answer(
        "",
        "I do not know where the {where} is. | The {where}? Ask someone else.",
        "我不知道{where}在哪里。 | {where}？你问问别人吧。",
      ),
    ],
  },
  weather: {
    ask: texts(
      "How is the weather? | What is the weather like? | Will it rain today? | Nice weather, isn't it? | What do you think of the weather? | Is it cold today?",
      "天气怎么样？ | 今天天气如何？ | 今天会下雨吗？ | 天气不错吧？ | 你觉得天气怎么样？ | 今天冷吗？",
    ),
    answers: [
      answer(
        "weather advice",
        "Today {weather}. {advice}. | As you can see, {weather}. {advice}. | They say {weather} today. {advice}.",
        "今天{weather}，{advice}。 | 你看，{weather}，{advice}。 | 外面{weather}，{advice}。",
      ),
      answer(
        "",
        "I have not looked at the sky today. | The weather? Who can tell.",
        "我今天还没看过天。 | 天气？谁知道呢。",
      ),
    ],
  },
  rumour: {
    ask: texts(
      "Any rumours? | Any news? | What's new? | Have you heard anything? | What do people say? | Tell me a rumour. | Did anything happen here?",
      "有什么传闻吗？ | 有什么新闻吗？ | 最近有什么新鲜事？ | 你听说了什么吗？ | 大家都在说什么？ | 告诉我一个传闻。 | 这里出了什么事？",
    ),
    answers: [
      answer(
        "creature seen",
        "They say {creature} was seen {seen}. | I heard that {creature} was seen {seen}. | People whisper: {creature} was seen {seen}.",
        "听说有人在{seen}看见了{creature}。 | 大家说，在{seen}有人看见了{creature}。 | 有人在{seen}看见了{creature}。",
      ),
      answer("", "I have heard nothing new. | No news today.", "我没听到什么新鲜事。 | 今天没有新闻。"),
    ],
  },
  quest: {
    ask: texts(
      "Do you need help? | Can I help you? | Do you have work for me? | Do you have a quest for me? | What can I do for you? | Is something wrong? | Any task for me?",
      "你需要帮忙吗？ | 我能帮你吗？ | 有活给我干吗？ | 你有任务给我吗？ | 我能为你做什么？ | 出什么事了吗？ | 有什么任务？",
    ),
    answers: [
      answer(
        "lost reward",
        "I have lost my {lost}. Find it and I will pay you {reward} {currency}. | Please find my {lost}. I will give you {reward} {currency}. | I am looking for my {lost}. {reward} {currency} if you bring it back.",
        "我丢了{lost}，找到它我付你{reward}{currency}。 | 请帮我找{lost}，我给你{reward}{currency}。 | 我在找我的{lost}，找回来就给你{reward}{currency}。",
      ),
      answer(
        "",
        "No, I need nothing. Thank you. | All is well. I need no help.",
        "不用了，谢谢。 | 一切都好，我不需要帮忙。",
      ),
    ],
  },
  reward: {
    ask: texts(
      "What do I get for it? | What is the reward? | How much will you pay me? | And what do you pay?",
      "我能得到什么？ | 报酬是多少？ | 你付我多少钱？ | 有什么奖励？",
    ),
    answers: [
      answer(
        "lost reward",
        "I pay {reward} {currency} for my {lost}. | {reward} {currency} for my {lost}.",
        "找到{lost}，我付{reward}{currency}。 | {reward}{currency}，只要你找到{lost}。",
      ),
      answer("", "There is nothing to earn here.", "这里没有报酬可拿。"),
    ],
  },
  like: {
    ask: texts(
      "What do you like? | What do you love? | What makes you happy? | Is there something you like? | What do you enjoy?",
      "你喜欢什么？ | 你最喜欢什么？ | 什么让你开心？ | 你有喜欢的东西吗？ | 你爱什么？",
    ),
    answers: [
      answer(
        "like",
        "I like {like}. | I like {like} very much. | Nothing is better than {like}.",
        "我喜欢{like}。 | 我非常喜欢{like}。 | 没有什么比{like}更好了。",
      ),
      answer("", "I like a quiet day. | Oh, this and that.", "我喜欢安静的日子。 | 也没什么特别的。"),
    ],
  },
  dislike: {
    ask: texts(
      "What do you hate? | What do you dislike? | What don't you like? | Is there something you hate? | What makes you angry?",
      "你讨厌什么？ | 你不喜欢什么？ | 你最讨厌什么？ | 有什么你讨厌的吗？ | 什么让你生气？",
    ),
    answers: [
      answer(
        "dislike",
        "I hate {dislike}. | I do not like {dislike}. | Keep {dislike} away from me.",
        "我讨厌{dislike}。 | 我不喜欢{dislike}。 | 别跟我提{dislike}。",
      ),
      answer("", "I hate nothing. | I do not hate anyone.", "我什么都不讨厌。 | 我不讨厌谁。"),
    ],
  },
  feel: {
    ask: texts(
      "How are you? | How do you feel? | How are you today? | How is it going? | Are you well? | Are you happy?",
      "你好吗？ | 你感觉怎么样？ | 你今天怎么样？ | 最近好吗？ | 你还好吗？ | 你开心吗？",
    ),
    answers: [
      answer(
        "mood",
        "I am {mood} today. | I feel {mood}. | To be honest, I am {mood}.",
        "我今天很{mood}。 | 我觉得很{mood}。 | 说实话，我很{mood}。",
      ),
      answer("", "I am well, thank you. | Well enough.", "我很好，谢谢。 | 还不错。"),
    ],
  },
  home: {
    ask: texts(
      "Where are you from? | Where do you live? | Where do you come from? | Where is your home? | Are you from here?",
      "你从哪里来？ | 你住在哪里？ | 你是哪里人？ | 你的家在哪里？ | 你是本地人吗？",
    ),
    answers: [
      answer(
        "home",
        "I come from {home}. | My home is {home}. | I am from {home}.",
        "我来自{home}。 | 我的家在{home}。 | 我是{home}人。",
      ),
      answer("", "I live here, by the square. | I have always lived here.", "我就住在广场边。 | 我一直住在这里。"),
    ],
  },
  age: {
    ask: texts(
      "How old are you? | What is your age? | When were you born? | Are you old?",
      "你多大了？ | 你几岁？ | 你今年多少岁？ | 您多大年纪？",
    ),
    answers: [
      answer("age", "I am {age} years old. | I am {age}.", "我今年{age}岁。 | 我{age}岁了。"),
      answer("", "I do not count the years. | Old enough.", "我不数年头。 | 够大了。"),
    ],
  },
  friend: {
    ask: texts(
      "Do you know {other}? | Who is {other}? | Have you seen {other}? | What do you know about {other}? | Tell me about {other}.",
      "你认识{other}吗？ | {other}是谁？ | 你见过{other}吗？ | 你知道{other}吗？ | 说说{other}吧。",
    ),
    answers: [
      answer(
        "otherTrade",
        "{other} is my friend, the {otherTrade}. | Yes, {other} the {otherTrade} is my friend.",
        "{other}是我的朋友，是{otherTrade}。 | 认识，{otherTrade}{other}是我的朋友。",
      ),
      answer(
        "",
        "I do not know {other}. | {other}? I do not know anyone of that name.",
        "我不认识{other}。 | {other}？我不认识叫这个名字的人。",
      ),
    ],
  },
  friends: {
    ask: texts(
      "Who is your friend? | Do you have friends? | Who are your friends?",
      "你的朋友是谁？ | 你有朋友吗？ | 谁是你的朋友？",
    ),
    answers: [
      answer("friend friendTrade", "My friend is {friend}, the {friendTrade}.", "我的朋友是{friendTrade}{friend}。"),
      answer("", "I have few friends here.", "我在这里没什么朋友。"),
    ],
  },
  thanks: {
    ask: texts(
      "Thank you. | Thanks. | Thank you very much. | Thanks for your help. | Many thanks.",
      "谢谢。 | 谢谢你。 | 多谢。 | 非常感谢。 | 谢谢你的帮助。",
    ),
    answers: [
      answer("player", "You are welcome, {player}. | Any time, {player}.", "不客气，{player}。 | 不用谢，{player}。"),
      answer("", "You are welcome. | It was nothing. | Any time.", "不客气。 | 不用谢。 | 小事一桩。"),
    ],
  },
  bye: {
    ask: texts(
      "Goodbye. | Bye. | See you. | Farewell. | I must go. | Good night. | See you later.",
      "再见。 | 拜拜。 | 我走了。 | 回头见。 | 我得走了。 | 晚安。 | 下次见。",
    ),
    answers: [
      answer(
        "player",
        "Goodbye, {player}. | Farewell, {player}. | See you, {player}.",
        "再见，{player}。 | 慢走，{player}。 | 回头见，{player}。",
      ),
      answer("", "Goodbye. | Farewell. | Safe travels. | See you soon.", "再见。 | 慢走。 | 一路平安。 | 回头见。"),
    ],
  },
  insult: {
    ask: texts(
      "You are stupid. | You are ugly. | I hate you. | You fool! | Shut up. | You smell. | You are a liar. | Go away. | Idiot.",
      "你真笨。 | 你真丑。 | 我讨厌你。 | 笨蛋！ | 闭嘴。 | 你真臭。 | 你是骗子。 | 走开。 | 傻瓜。",
    ),
    answers: [
      answer(
        "",
        "That was not kind. | Mind your words. | I will not listen to that. | You should be ashamed.",
        "这话可不好听。 | 说话小心点。 | 我不想听这种话。 | 你应该感到羞耻。",
      ),
    ],
  },
  praise: {
    ask: texts(
      "You are kind. | I like you. | You are nice. | Well done. | You are great. | You look good.",
      "你真好。 | 我喜欢你。 | 你人真好。 | 干得好。 | 你真棒。 | 你真好看。",
    ),
    answers: [
      answer(
        "",
        "You are too kind. | How kind of you. | Thank you, that is nice to hear.",
        "你太客气了。 | 你真会说话。 | 谢谢，听到这话真高兴。",
      ),
    ],
  },
  unknown: {
    ask: texts(
      "What do you know about {unknown}? | Tell me about {unknown}. | Can you explain {unknown}? | Do you know anything about {unknown}? | What do you think of {unknown}? | How does {unknown} work? | Have you heard of {unknown}? | What is {unknown}? | Tell me a joke. | What is two plus two? | Can you sing? | What time is it? | Are you a robot? | Can you write a program? | Will you marry me? | What is the meaning of life? | Where can I find {unknown}?",
      "你知道{unknown}吗？ | 说说{unknown}。 | 你能解释一下{unknown}吗？ | 你觉得{unknown}怎么样？ | 什么是{unknown}？ | 你听说过{unknown}吗？ | {unknown}是怎么回事？ | 你了解{unknown}吗？ | 讲个笑话。 | 二加二等于几？ | 你会唱歌吗？ | 现在几点了？ | 你是机器人吗？ | 你会写程序吗？ | 你愿意嫁给我吗？ | 生命的意义是什么？ | 哪里能找到{unknown}？",
    ),
    answers: [
      answer(
        "",
        "I do not know about that. | I know nothing about that. | I don't know about that. | That is beyond me.",
        "我不知道这个。 | 我不懂这个。 | 这个我不知道。 | 这个我不清楚。",
      ),
    ],
  },
  tellName: {
    ask: texts(
      "I am {player}. | My name is {player}. | I'm {player}. | Call me {player}. | Hello, I am {player}. | Hi, my name is {player}.",
      "我是{player}。 | 我叫{player}。 | 我的名字是{player}。 | 叫我{player}吧。 | 你好，我是{player}。 | 你好，我叫{player}。",
    ),
    answers: [
      answer(
        "name",
        "Nice to meet you, {player}. I am {name}. | Welcome, {player}. | Good to meet you, {player}.",
        "很高兴认识你，{player}。我是{name}。 | 欢迎你，{player}。 | 幸会，{player}。",
      ),
      answer("", "Nice to meet you, {player}. | Welcome, {player}.", "很高兴认识你，{player}。 | 欢迎你，{player}。"),
    ],
  },
  askName: {
    ask: texts(
      "What is my name? | Do you remember my name? | Do you know who I am? | Who am I? | What's my name? | Do you remember me?",
      "我叫什么名字？ | 你记得我的名字吗？ | 你知道我是谁吗？ | 我是谁？ | 我叫什么？ | 你还记得我吗？",
    ),
    answers: [
      answer(
        "player",
        "You are {player}. | Your name is {player}. | Of course, you are {player}.",
        "你是{player}。 | 你叫{player}。 | 当然，你是{player}。",
      ),
      answer(
        "",
        "I do not know your name. | You have not told me your name.",
        "我不知道你的名字。 | 你还没告诉我你的名字。",
      ),
    ],
  },
  tellHome: {
    ask: texts(
      "I come from {playerHome}. | I am from {playerHome}. | My home is {playerHome}.",
      "我来自{playerHome}。 | 我从{playerHome}来。 | 我的家在{playerHome}。",
    ),
    answers: [
      answer(
        "",
        "{playerHome}? I have never been there. | So you come from {playerHome}.",
        "{playerHome}？我没去过那里。 | 原来你来自{playerHome}。",
      ),
    ],
  },
  askHome: {
    ask: texts(
      "Where am I from? | Where do I come from? | Do you know where I am from?",
      "我从哪里来？ | 我来自哪里？ | 你知道我是哪里人吗？",
    ),
    answers: [
      answer(
        "playerHome",
        "You come from {playerHome}. | You are from {playerHome}.",
        "你来自{playerHome}。 | 你从{playerHome}来。",
      ),
      answer("", "You have not told me where you are from.", "你还没告诉我你从哪里来。"),
    ],
  },
  tellLike: {
    ask: texts(
      "I like {playerLike}. | I love {playerLike}. | I really like {playerLike}.",
      "我喜欢{playerLike}。 | 我爱{playerLike}。 | 我很喜欢{playerLike}。",
    ),
    answers: [
      answer(
        "",
        "So you like {playerLike}. | {playerLike}? I will remember that.",
        "原来你喜欢{playerLike}。 | {playerLike}？我记住了。",
      ),
    ],
  },
  askLike: {
    ask: texts(
      "What do I like? | Do you know what I like? | Do you remember what I like?",
      "我喜欢什么？ | 你知道我喜欢什么吗？ | 你记得我喜欢什么吗？",
    ),
    answers: [
      answer("playerLike", "You like {playerLike}.", "你喜欢{playerLike}。"),
      answer("", "You have not told me what you like.", "你还没告诉我你喜欢什么。"),
    ],
  },
  askFear: {
    ask: texts(
      "What am I afraid of? | What do I fear? | Do you remember what I fear?",
      "我害怕什么？ | 我怕什么？ | 你记得我害怕什么吗？",
    ),
    answers: [
      answer("playerFear", "You are afraid of {playerFear}.", "你害怕{playerFear}。"),
      answer("", "You have not told me what you fear.", "你还没告诉我你害怕什么。"),
    ],
  },
  askGoal: {
    ask: texts(
      "What am I looking for? | What was I looking for? | Do you remember what I am looking for?",
      "我在找什么？ | 我要找什么？ | 你记得我在找什么吗？",
    ),
    answers: [
      answer("playerGoal", "You are looking for {playerGoal}.", "你在找{playerGoal}。"),
      answer("", "You have not told me what you are looking for.", "你还没告诉我你在找什么。"),
    ],
  },
} as const satisfies Readonly<Record<string, Topic>>;

export type TopicName = keyof typeof TOPICS;
