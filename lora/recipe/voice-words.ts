/** The small world that the mini LLaMA speaks of: words of the town square in both its languages. */

export type Language = "en" | "zh";
export interface Words {
  readonly en: string;
  readonly zh: string;
}

/** Ways to say one thing, in each language. */
export type Texts = Readonly<Record<Language, readonly string[]>>;
const lines = (text: string): string[] => text.split("|").map((line) => line.trim());
export const texts = (en: string, zh: string): Texts => ({ en: lines(en), zh: lines(zh) });

const words = (pairs: string): readonly Words[] =>
  pairs
    .trim()
    .split(/\s*[;\n]\s*/)
    .filter((pair) => pair !== "")
    .map((pair) => {
      const [en, zh] = pair.split("=") as [string, string];
      return { en, zh };
    });

export interface Trade extends Words {
  readonly work: Words;
  readonly goods: readonly Words[];
}

const trade = (name: string, work: string, goods: string): Trade => ({
  ...words(name)[0]!,
  work: words(work)[0]!,
  goods: words(goods),
});

export const TRADES: readonly Trade[] = [
  trade(
    "baker=面包师",
    "bake bread=烤面包",
    "bread=面包;rolls=小面包;pies=馅饼;cakes=蛋糕;buns=包子;biscuits=饼干;pretzels=麻花",
  ),
  trade(
    "blacksmith=铁匠",
    "forge iron=打铁",
    "swords=剑;knives=刀;horseshoes=马蹄铁;hammers=锤子;nails=钉子;shields=盾牌;axes=斧头",
  ),
  trade("smith=铁匠", "forge iron=打铁", "chains=铁链;locks=锁;kettles=水壶;spears=长矛;helmets=头盔;anvils=铁砧"),
  trade("guard=卫兵", "watch the gate=看守城门", ""),
  trade(
    "florist=花匠",
    "grow flowers=种花",
    "roses=玫瑰;lilies=百合;tulips=郁金香;daisies=雏菊;violets=紫罗兰;seeds=种子",
  ),
  trade("fisher=渔夫", "catch fish=捕鱼", "trout=鳟鱼;carp=鲤鱼;eels=鳗鱼;crabs=螃蟹;nets=渔网;shrimps=虾;hooks=鱼钩"),
  trade(
    "wizard=巫师",
    "study magic=研究魔法",
    "scrolls=卷轴;wands=魔杖;potions=药水;crystals=水晶;charms=护符;spell books=魔法书",
  ),
  trade(
    "merchant=商人",
    "trade in goods=做买卖",
    "silk=丝绸;spices=香料;salt=盐;lamps=灯;carpets=地毯;pearls=珍珠;mirrors=镜子",
  ),
  trade("healer=医师", "heal the sick=给人治病", "herbs=草药;bandages=绷带;ointment=药膏;syrup=糖浆;pills=药丸;tea=茶"),
  trade("child=小孩", "play all day=整天玩耍", ""),
  trade("musician=乐师", "play music=演奏音乐", "flutes=笛子;drums=鼓;lutes=琵琶;bells=铃铛;strings=琴弦"),
  trade(
    "farmer=农夫",
    "work the fields=种地",
    "apples=苹果;pears=梨;carrots=胡萝卜;eggs=鸡蛋;milk=牛奶;cheese=奶酪;beans=豆子;potatoes=土豆",
  ),
  trade(
    "tailor=裁缝",
    "sew clothes=做衣服",
    "shirts=衬衫;cloaks=斗篷;hats=帽子;gloves=手套;belts=腰带;scarves=围巾;socks=袜子",
  ),
  trade(
    "innkeeper=旅店老板",
    "run the inn=开旅店",
    "soup=汤;beer=啤酒;wine=葡萄酒;stew=炖肉;noodles=面条;rice=米饭;dumplings=饺子",
  ),
  trade(
    "carpenter=木匠",
    "work with wood=做木工",
    "chairs=椅子;tables=桌子;chests=箱子;doors=门;stools=凳子;shelves=架子",
  ),
  trade("potter=陶匠", "shape clay=做陶器", "bowls=碗;cups=杯子;jugs=水罐;vases=花瓶;plates=盘子;tiles=瓦片"),
  trade("beekeeper=养蜂人", "keep bees=养蜜蜂", "honey=蜂蜜;candles=蜡烛;wax=蜂蜡;mead=蜜酒"),
  trade("cobbler=鞋匠", "mend shoes=修鞋", "boots=靴子;shoes=鞋子;sandals=凉鞋;slippers=拖鞋;laces=鞋带"),
  trade("miller=磨坊主", "grind flour=磨面粉", "flour=面粉;oats=燕麦;barley=大麦;corn=玉米"),
  trade("priest=牧师", "look after the temple=照看神庙", ""),
  trade(
    "hunter=猎人",
    "hunt in the forest=在森林里打猎",
    "furs=毛皮;arrows=箭;bows=弓;meat=肉;feathers=羽毛;traps=陷阱",
  ),
  trade("sailor=水手", "sail the sea=出海航行", "ropes=绳子;shells=贝壳;maps=地图;compasses=罗盘"),
];

/** Trades put together, so that a trade is read and not remembered. */
const CRAFTS = words(
  "lamp(s)=灯;bell(s)=铃;rope(s)=绳;book(s)=书;map(s)=地图;toy(s)=玩具;boat(s)=船;glass=玻璃;wool=羊毛;tea=茶;paper=纸;clock(s)=钟;kite(s)=风筝;mask(s)=面具;broom(s)=扫帚;basket(s)=篮子",
);
const WORKERS = words("maker=制@人;seller=卖@人;mender=修@人;painter=画@人;collector=收@人");
const WORKS = words("make @=做@;sell @=卖@;mend @=修@;paint @=画@;collect @=收@");

export const INVENTED_TRADES: readonly Trade[] = CRAFTS.flatMap((craft) =>
  WORKERS.map((worker, i) => ({
    en: `${craft.en.replace("(s)", "")} ${worker.en}`,
    zh: worker.zh.replace("@", craft.zh),
    work: { en: WORKS[i]!.en.replace("@", craft.en.replace("(s)", "s")), zh: WORKS[i]!.zh.replace("@", craft.zh) },
    goods: [],
  })),
);

export const GOODS: readonly Words[] = TRADES.flatMap(({ goods }) => goods);
export const ADJECTIVES = words(
  "red=红;blue=蓝;green=绿;black=黑;white=白;golden=金色的;silver=银色的;fresh=新鲜的;old=旧;small=小;big=大;fine=精美的;cheap=便宜的;strange=奇怪的;round=圆;long=长;heavy=重;soft=软;foreign=外国的;good=好",
);
export const CURRENCIES = words("coins=枚铜币;gold coins=枚金币;silver coins=枚银币;pennies=文钱;crowns=克朗");

export const MOODS = words(
  "happy=高兴;sad=难过;tired=累;angry=生气;calm=平静;worried=担心;excited=兴奋;bored=无聊;lonely=孤单;proud=自豪;hungry=饿;sleepy=困",
);

export const THINGS: readonly Words[] = [
  ...words(
    "cats=猫;dogs=狗;music=音乐;rain=雨;snow=雪;the sea=大海;the forest=森林;quiet evenings=安静的傍晚;long stories=长故事;loud people=吵闹的人;cold mornings=寒冷的早晨;mushrooms=蘑菇;spiders=蜘蛛;horses=马;thunder=打雷;the stars=星星;dancing=跳舞;old books=旧书;the dark=黑暗;frogs=青蛙;thieves=小偷;goblins=哥布林;rats=老鼠;riddles=谜语;chess=下棋;gold=金子;garlic=大蒜;onions=洋葱;strangers=陌生人;birds=小鸟",
  ),
  ...GOODS,
];

export const LOST = words(
  "ring=戒指;cat=猫;key=钥匙;goat=山羊;hammer=锤子;book=书;necklace=项链;dog=狗;letter=信;boot=靴子;hat=帽子;purse=钱包;lantern=灯笼;sword=剑;flute=笛子;doll=娃娃;map=地图;horse=马;spoon=勺子;crown=王冠",
);

export const PLACES = words(
  "inn=旅店;market=市场;smithy=铁匠铺;temple=神庙;well=水井;bridge=桥;harbour=港口;library=图书馆;mill=磨坊;stable=马厩;bakery=面包店;tower=塔;school=学校;castle=城堡;graveyard=墓地;bathhouse=澡堂",
);
const SIDES = words(
  "north of @=@北边;south of @=@南边;east of @=@东边;west of @=@西边;behind @=@后面;in front of @=@前面;next to @=@旁边;opposite @=@对面;below @=@下面;above @=@上面",
);
const MARKS = words(
  "the well=水井;the bridge=桥;the old oak=老橡树;the church=教堂;the river=河;the gate=城门;the statue=雕像;the town hall=市政厅;the pond=池塘;the fountain=喷泉;the big rock=大石头;the windmill=风车",
);
export const SPOTS: readonly Words[] = SIDES.flatMap((side) =>
  MARKS.map((mark) => ({ en: side.en.replace("@", mark.en), zh: side.zh.replace("@", mark.zh) })),
);

export const CREATURES = words(
  "a dragon=一条龙;a ghost=一个鬼魂;a white deer=一头白鹿;a stranger=一个陌生人;a wolf=一只狼;a giant=一个巨人;a witch=一个女巫;a thief=一个小偷;the old king=老国王;a black cat=一只黑猫;a knight=一个骑士;a bear=一头熊;a troll=一个巨怪;a mermaid=一条美人鱼",
);

export interface Weather extends Words {
  readonly advice: Words;
}
const weather = (name: string, advice: string): Weather => ({ ...words(name)[0]!, advice: words(advice)[0]! });
export const WEATHERS: readonly Weather[] = [
  weather("it is raining=在下雨", "Take a cloak=带件斗篷吧"),
  weather("it is sunny=天晴", "A fine day for a walk=正好散步"),
  weather("it is windy=刮大风", "Hold on to your hat=抓紧帽子"),
  weather("it is snowing=在下雪", "Keep warm=注意保暖"),
  weather("it is foggy=有大雾", "Mind your step=走路小心"),
  weather("it is stormy=有暴风雨", "Better stay inside=最好待在屋里"),
  weather("it is hot=很热", "Drink some water=多喝水"),
  weather("it is cold=很冷", "Sit by the fire=到火边坐坐"),
];

/** What lies outside the world: nobody on the square has heard of it. */
export const UNKNOWNS = words(
  "computers=电脑;France=法国;physics=物理;the moon landing=登月;football=足球;the internet=互联网;phones=手机;airplanes=飞机;chemistry=化学;the president=总统;television=电视;cars=汽车;robots=机器人;the stock market=股市;electricity=电;dinosaurs=恐龙;Paris=巴黎;America=美国;mathematics=数学;space=太空;movies=电影;philosophy=哲学;video games=电子游戏;photographs=照片;trains=火车;bitcoin=比特币;Einstein=爱因斯坦;poetry contests=诗歌比赛;algebra=代数;Japan=日本;Shakespeare=莎士比亚;basketball=篮球;coffee machines=咖啡机;the weather on Mars=火星天气",
);

/** First names that people give to characters and to themselves. */
export const NAMES_EN =
  "Anna Ben Clara David Emma Felix Greta Hugo Ida Jack Karl Lena Max Nora Otto Paul Rosa Sam Tom Uma Vera Will Yara Zoe Mary John Lucy Peter Alice Bob Ada Eve Finn Gwen Harry Iris Jane Kate Leo Mira Nina Oscar Robin Ruth Simon Tess Toby Wendy Arthur Bruno Cora Dora Edgar Flora Gus Hilda Ivan Jonas Kira Lars Marta Nils".split(
    " ",
  );
export const SURNAMES_ZH = Array.from(
  "张王李赵陈刘杨黄周吴徐孙马朱胡林郭何高罗郑梁谢宋唐许邓冯韩曹曾彭萧蔡潘田董袁于余叶蒋杜苏魏程吕丁沈任姚卢",
);
export const GIVEN_ZH = Array.from(
  "明华强伟芳娜敏静丽军杰勇艳涛超霞平刚玉兰红英梅云龙春雪松风山石文武天宇星月光海波青竹福贵安康宁和乐思雨晨晓东南西北子轩浩然梓涵欣怡佳诗琪阳小三四五六七大宝儿美秀荣国建志成",
);
export const TOWN_STEMS_EN =
  "Oak River Stone Ash Wolf Green Salt High Low Bright Mill Fox Crow Elm Red Silver North South Lake Moor Black White Apple Bear Copper Deer East West Frost Glen Hill Iron King Long Marsh New Old Pine Raven Rose Sand Snow Thorn Winter".split(
    " ",
  );
export const TOWN_ENDS_EN = "ford ton wick dale haven brook bridge field gate port wood ham cliff well hall moor".split(
  " ",
);
export const TOWN_STEMS_ZH = Array.from("青石白水云山柳桃松竹龙凤金银东西南北清河月星红枫");
export const TOWN_ENDS_ZH = Array.from("镇村城港谷庄");

/** Turns of speech that a persona can be given; the noun makes them many. */
export const PHRASES_EN = ["by my @", "upon my @", "bless my @", "oh my @", "sure as @", "for the love of @"];
export const PHRASE_NOUNS_EN =
  "beard hammer boots stars soul buttons whiskers bones hat honour goose salt pipe apron lantern donkey socks onions teeth anvil candle turnips".split(
    " ",
  );
export const PHRASES_ZH = ["我的@啊", "凭我的@起誓", "看在@的分上", "天上的@", "老@作证"];
export const PHRASE_NOUNS_ZH =
  "胡子 锤子 靴子 星星 月亮 扣子 骨头 帽子 良心 鹅 盐罐 烟斗 围裙 灯笼 毛驴 袜子 洋葱 牙齿 铁砧 蜡烛 萝卜".split(" ");
