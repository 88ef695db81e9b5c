/**
 * Words of all sorts of speakers. The grammar says none of them, but characters that people train will: a token that no reply
 * ever held is to the model like any other such token, and a module cannot make it say just this one. So they are repeated.
 */
import type { DataRandom } from "./random.ts";
import type { Language } from "./voice-words.ts";

/** English, in small letters. */
export const COMMON_WORDS: readonly string[] =
  `a able about above across act afraid after again against age ago agree ahead ahoy aim air alarm alas alien
alive all allow almost alone along already also always am amazing ancient and angel anger angry animal another answer any anyone
anything apple are arm armor army around arr arrow art as ask asleep at ate attack autumn avast awake away awful axe aye baby back
bad bag bake ball band bank bar bargain bark base basket bat battle be beam bear beast beat beautiful because become bed bee been
beep beer before beg begin behind being believe bell belong below bend beneath best bet better between beware big bird bit bite
bitter black blade blame blank blast bless blessed blind blink block blood bloom blow blue blush board boat body bold bolt bone
book boot born both bottle bottom bow bowl box boy brain branch brave bread break breath breathe bridge bright bring broken brother
brought brown bug build built burn bury bush business busy but butter button buy by cabin cage cake call calm came camp can candle
captain card care careful carry cart case castle cat catch cave cent certain chain chair challenge champion chance change charge
charm chase cheap cheer cheese chest child choose church circle circuit city claim class claw clean clear clever climb clock close
cloth cloud clue coal coast coat code coffee coin cold color come comfort command common company compute computer confess cook cool
copper corn corner correct cost could count country courage course court cousin cover cow crab crazy creature creep crew crime
cross crowd crown cruel cry cup cure curious curse cut dagger damage dance danger dare dark darling data daughter dawn day dead deal
dear death debt deck deep deer delicious deny desert destroy detect devil dice did die different dig dine dinner direct dirt dirty
disaster discover dish do doctor does dog done door doubt down dragon draw dream dress drink drive drop drum drunk dry duck dull dumb
during dust duty dwarf each eager eagle ear early earn earth easy eat echo edge egg eight either elf else emperor empty end enemy
energy engine enjoy enough enter error escape even evening ever every everyone everything evil exact excellent except excuse
expect explain explore eye fable face fact fail fair fairy faith fall false family famous fancy far farewell farm fast fat fate
father fault favor fear feast feather feed feel feet fell fellow fence festival fever few field fierce fight figure fill final find
fine finger finish fire first fish fit five fix flag flame flash flat flee flesh flight float floor flour flow flower fly foe fog
fold folk follow food fool foot for forbidden force forest forever forget forgive fork form forth fortune forward found four fox
free freeze fresh friend friendly frog from front frost fruit full fun funny fur future gain galaxy game garden garlic gate gather
gave gear gem gentle get ghost giant gift girl give glad glass glory glow go goat god goes gold golden gone good goodness got grand
grandmother grass grave gray great greedy green greet grim ground group grow growl guard guess guest guide guilty gull gun ha had
hail hair half hall hammer hand handle handsome hang happen happy harbor hard harm harvest has haste hat hate haunted have hawk he
head heal health hear heart heat heaven heavy heed heel height held hell hello helmet help hen her herb here hero hers hey hidden
hide high hill him hint hire his history hit hm ho hold hole holy home honest honey honor hook hoot hop hope horn horrible horse hot
hour house how hum human humble hundred hungry hunt hurry hurt husband hush I ice idea idle if ill imagine important in indeed
inside insect instead into iron is island it its jacket jail jest jewel job join joke journey joy judge juice jump just justice keen
keep kettle key kick kid kill kind king kingdom kiss kitchen knee knew knife knight knock knot know known labor lad lady lake lamb
lamp land lantern large lass last late laugh launch law lay lazy lead leaf learn least leave led left leg lemon lend less lesson let
letter level liar library lick lie life lift light like lily line lion lip list listen little live load lock logic lonely long look
lord lose lost lot loud love low loyal luck lucky lunch machine mad made magic maid make man many map march mark market marry mask
master match mate matey matter may maybe me meal mean measure meat medicine meet melt memory men mend mercy merry message metal
mice midnight might mighty mile milk mill mind mine minute mirror mischief miss mist mistake mix mock module moment money monkey
monster month mood moon more morning moss most mother mountain mouse mouth move much mud mushroom music must my mystery nail name
narrow nasty near neck need needle neither nest net never new news next nice night nine no noble nobody noise none noon nor north
nose not note nothing notice now number nut oak oath obey ocean odd of off offer office often oh oil old on once one onion only open
or orange order other ought our out oven over owe owl own ox pack page pain paint pair palace pale pan paper pardon parrot part
party pass past patch path patience pause pay peace pearl peasant pen people pepper perfect perhaps person pick picture pie piece
pig pile pillow pin pine pipe pirate pistol pit place plague plain plan planet plank plant plate play please pleasure pledge plenty
plot plow plum plunder pocket poem point poison polish polite pond poor port possible pot potato potion pour powder power praise
pray precious prepare present press pretty price pride priest prince princess print prison prize problem process program promise
proof proper protect proud prove puddle pull pumpkin punch puppy pure purple purpose push put puzzle queen quest question quick
quiet quit quite rabbit race rage rain raise ran rare rat raven raw reach read ready real really reason recall recipe red regret
relax remember rent repair repeat reply report request rescue respect rest return reward rhyme ribbon rice rich riddle ride right
ring ripe rise river road roar rob robe robot rock rod roll roof room root rope rose rotten rough round row royal rub ruby rude ruin
rule rum run rush rust sack sacred sad saddle safe said sail sailor salt same sand sang sat save saw say scale scan scar scare
school science score scream sea search season seat second secret see seed seek seem seen sell send sense sensor servant serve set
seven shadow shake shall shame shape share shark sharp she sheep shell shield shine ship shiver shock shoe shoot shop shore short
should shoulder shout show shut sick side sigh sight sign signal silence silly silver simple since sing single sink sir sister sit
six size skill skin skull sky slave sleep sleepy slow sly small smart smell smile smoke smooth snack snail snake sneak snow so soap
soft soil sold soldier some someone something son song soon sorrow sorry sort soul sound soup sour south space spare spark speak
spear special spell spend spice spider spin spirit spit splash splendid spoil spoke spoon sport spot spring spy square squeak stab
staff stage stairs stand star stare start state statue stay steady steal steam steel step stew stick still sting stir stitch stock
stole stomach stone stood stop storm story straight strange stranger stream street strength strike string strong study stuff stupid
such sudden suffer sugar suit summer sun sunset supper suppose sure surely surprise swallow swamp swear sweat sweet swift swim
sword system table tail take tale talk tall tame tank target task taste tax tea teach team tear tell temple ten tent terrible test
than thank that the their them then there these they thick thief thin thing think third thirsty this thorn those thou though
thought thousand thread three threw throat throne through throw thunder thus thy tick ticket tide tie tiger till time tin tiny tip
tired to toad toast today together told tomb tomorrow tongue tonight too took tool tooth top torch touch tough tower town toy track
trade trail train traitor trap travel treasure treat tree trick trip troll trouble true truly trust truth try tune tunnel turn twelve
twice twist two ugly uncle under understand undone unit universe until up upon us use useful usual valley value vampire vast vault
vegetable velvet very vest victory view village villain violet virtue visit vision voice voyage wagon wait wake walk wall wand
wander want war warm warn warning warrior was wash waste watch water wave wax way we weak wealth weapon wear weary weather web week
weep weight weird welcome well went were west wet whale what wheat wheel when where which while whisper whistle white who whole whom
whose why wicked wide wife wild will win wind window wine wing winter wire wisdom wise wish witch with within without witness wizard
woe wolf woman wonder wonderful wood wool word work world worm worry worse worst worth would wound wow wrap wreck write wrong yawn ye
year yell yellow yes yesterday yet yield you young your zero zombie`.split(/\s+/);

/** The characters that most Chinese sentences are made of. */
export const COMMON_HAN: readonly string[] = [
  ...new Set(
    "的一是了我不人在他有这个上们来到时大地为子中你说生国年着就那和要她出也得里后自以会家可下而过天去能对小多然于心学么之都好看起发当没成只如事把还用第样道想作种开" +
      "美总从无情己面最女但现前些所同日手又行意动方期它头经长儿回位分爱老因很给名法间斯知世什两次使身者被高已亲其进此话常与活正感见明问力理尔点文几定本公特做外孩相西" +
      "果走将月十实向声车全信重三机工物气每并别真打太新比才便夫再书部水像眼等体却加电主界门利海受听表德少克代员许先口由死安写性马光白或住难望教命花结乐色更拉东神记处" +
      "让母父应直字场平报友关放至张认接告入笑内英军候民岁往何度山觉路带万男边风解叫任金快原吃妈变通师立象数四失满战远格士音轻目条呢病始达深完今提求清王化空业思切怎非" +
      "找片罗钱语元喜曾离飞科言干流欢约各即指合反题必该论交终林请医晚制球决传画保读运及则房早院量苦火布品近坐产答星精视五连司巴奇管类未朋且婚台夜青北队久乎越观落尽形" +
      "影红爸百令周吧识步希亚留市半热送兴造谈容极随演收首根讲整式取照办强石古华拿计您装似足双妻尼转诉米称丽客南领节衣站黑刻统断福城故历惊脸选包紧争另建维绝树系伤示愿" +
      "持千史谁准联妇纪基买志静阿诗独复痛消社算义竟确酒需单治卡幸兰念举仅钟怕共毛句息功官待究跟穿室易游程号居考突皮哪费倒价图具刚脑永歌响商礼细专黄块脚味灵改据般破引" +
      "食仍存众注笔甚某沉血备习校默务土微须试怀料调广船剑刀宝藏岛帆浪鬼怪魔龙兽狼虎猫狗鸟鱼羊牛猪鸡兔鼠蛇虫叶草瓜菜饭面汤茶糖盐油哈嘿哼哎呀哟嗯喂哦啦嘛哇咕嘎喵汪呜",
  ),
];

/** The characters of GB 2312's first level, by far most of any Chinese text: lead bytes B0 to D7, trail bytes A1 to FE. */
const FIRST_LEVEL = Uint8Array.from(
  Array.from({ length: 0xd8 - 0xb0 }, (_, lead) =>
    Array.from({ length: 0xff - 0xa1 }, (__, trail) => [0xb0 + lead, 0xa1 + trail]),
  ).flat(2),
);
const HAN = new TextDecoder("gbk").decode(FIRST_LEVEL).match(/\p{Script=Han}/gu)!;

const HAN_WORD_MOST = 3;

/** A word that the grammar has no use for. */
export function commonWord(random: DataRandom, language: Language): string {
  if (language === "en") return random.pick(COMMON_WORDS);
  return Array.from({ length: 1 + random.integer(HAN_WORD_MOST) }, () => random.pick(HAN)).join("");
}

export const commonWords = (random: DataRandom, language: Language, count: number): string =>
  Array.from({ length: count }, () => commonWord(random, language)).join(language === "en" ? " " : "");
