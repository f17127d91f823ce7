"""Word lists of System 1, as data: function words, common words, abbreviations, surnames, names in two languages.

Rules: lower case, our own selection, closed word classes first. A list here may only be used to *leave out*
or to *tolerate*; nothing is ever claimed because a word stands in a list.

Must not know: what the words are used for.
"""

from __future__ import annotations

from typing import Final


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


STOP_EN: Final = _set("""
a about above across after again against ago all almost along already also although always am among an and another any
anyone anything are aren't around as at away be became because become becomes been before began behind being below
between both but by came can can't cannot come could couldn't did didn't do does doesn't doing don't done down during each
either else enough even ever every everyone everything few first for from further get gets getting give given gives go
goes going gone got had hadn't has hasn't have haven't having he her here hers herself him himself his how however i if
in instead into is isn't it its itself just keep kept last later least less let like likely made make makes making many
may me might mine more most much must my myself near neither never next no nobody none nor not nothing now of off often
on once one only onto or other others our ours out over own per perhaps put puts quite rather really said same say saying says
see seen several shall she should shouldn't since so some someone something soon still such than that that's the their
theirs them themselves then there there's these they this those though through thus till to together too toward towards
under until up upon us use used uses using very via was wasn't way we well went were weren't what when whenever where
whether which while who whoever whole whom whose why will with within without won't would wouldn't yes yet you your
yours yourself
""")

STOP_ZH: Final = _set("""
的 了 和 是 在 有 与 及 或 也 都 就 而 并 把 被 让 使 对 向 从 到 于 以 为 之 其 这 那 这个 那个 这些 那些 此 该 各 每 个 一个 一种
一些 我 你 他 她 它 我们 你们 他们 她们 它们 自己 不 没 没有 未 无 很 更 最 太 还 再 又 已 已经 正在 将 会 能 能够 可以 可能 要 应 应该 必须
需要 因为 所以 因此 由于 但 但是 然而 不过 虽然 如果 即使 只要 只有 而且 并且 以及 还是 或者 等 等等 们 着 过 吗 呢 吧 啊 地 得 所 上 下 中
里 内 外 前 后 时 时候 当 通过 根据 按照 关于 对于 随着 作为 进行 表示 认为 指出 称 说 据 由 给 跟 比 像 如 如何 什么 怎么 为什么 哪 谁 多
少 几 目前 现在 今天 昨天 明天 其中 同时 之后 之前 以后 以前 来 去 做 出 起 开始 成为 这样 那样 这里 那里 一 二 是否 只 才 却 便 则 仍 仍然
""")

COMMON_EN: Final = STOP_EN | _set("""
ability academic access according account accounts action actions activity adoption agencies agency agent agents agreement
analysis analysts announced answer answers application applications approach area areas article asked attack attacks audit author
authors average bank banks based benchmark benchmarks best better big bigger billion bills board boost both brief broad
budget build building built business businesses called capacity capital car cars case cases cash central chance change
changed changes chief chip chips citizens city cities claims cloud code coding companies company compared competition
competitors computing concern concerns consumer consumers consumption content context contract contracts control cost costs
countries country court courts created critics crucially current currently customers cut cuts daily data date day days deal
deals debt decades decision deep default demand design despite details developer developers development dialogue different
digital doctors documents dozens due early earlier earnings economic economists economy education effort efforts eight
electricity emissions employees employers energy engineer engineers entire error errors estimated europeans evening event
events evidence example examples executive executives existing expected experts exports extra factories factory failure
families fast faster fees fewer figures final finally finance financial firms five follow following food foreign former
found founder founders four free full fund funding funds future gas general generally global goal goals good goods
government governments great group groups growing growth half hardware headline health heavy help here high higher
historically history home hospitals hours house household households human hundreds idea immediate impact imports
important improved incidents include included including income increase increased indeed independent index industry
inflation information infrastructure initial initially innovation insight inside intelligence interest international
internet investigators investment investments investors issue issues items job jobs journalists judges key labour labor language
languages large larger largest late latest law laws lawmakers lawyers lead leaders leading learning legal lessons level
levels life little loan loans local locals long longer look looking losses lot low lower machine machines main mainly
maintainers major management manager managers manufacturers market markets meanwhile measured media medical meeting
meetings members memory men messages middle million millions mobile model models modern money month months moreover morning
music nation national natural nearly network networks new news newsletter night nine non normally notably note notes nuclear
number numbers oil old older online open operating operators opponents opposition order orders organisations
organizations original output overall owners page pages paper papers parents part partly past patients paying pay people
percent performance period personal place plan plans platform platforms play please plus point police policy politicians
poor popular population power present president press pressure previous previously price prices pricing prior private
problem problems process processes product production products profit profits program programme programs progress project
projects proof proper public publishers quality quarter quarterly question questions raw read readers reading real reason
recent recently record records regarding regional regulation regulators release released releases remaining report
reported reportedly reporters reports request requirements research researchers residents result results retail revenue
revenues reviewers right rising risk risks rules safety sales scale schools science scientists second section sector security
self senior separately service services set seven shareholders shares short show showing side similar simple simply single
site six skills small smaller social society software solar solver source sources space speaking speech spending stage stages start
started startups state states step steps stock stocks stories story strategy strong students studies study subsidies
subscribers successful sudden summary supply support supporters surveys survey system systems tasks task tax taxes teachers team
teams tech technical technology ten term terms test tests text theme themes third thousands three time times title today together token tokens tomorrow
tonight tool tools top total trade traders trading traffic training treatment trend trends trillion two type unions
university update updates users usually value various version versions video videos visitors voters votes wages want war
warning water weak web website week weekly weeks welcome west western whatever women wonder work workers working works world
worldwide worse writers writing wrote year years yesterday yet young zero hello thanks dear sorry
""")

ABBREVIATIONS_OPEN: Final = _set("""
dr mr mrs ms prof gen sen rep rev hon gov capt lt col sgt st mt fig figs eq no nos vol vols pp ed eds cf vs viz e.g i.e eg ie
al approx ca resp sec ch art ref refs dept messrs
""")
"""Abbreviations that something must follow: a period after one never ends a sentence."""

ABBREVIATIONS: Final = _set("""
inc corp ltd co llc plc bros jr sr etc a.m p.m u.s u.k u.n e.u d.c u.s.a ph.d m.d b.a m.a jan feb mar apr jun jul aug sep
sept oct nov dec mon tue wed thu fri sat sun est ave blvd mph tel univ assn intl govt cie s.a l.p b.v n.v g.m.b.h
""")
"""Abbreviations that may also end a sentence: the period does so only before a word that opens sentences."""

SURNAMES_ZH: Final = frozenset(
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石姚"
    "谭廖邹熊金陆郝孔崔康毛邱秦史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚庞樊殷施翁洪吉涂"
)

ALIASES: Final[tuple[tuple[str, ...], ...]] = tuple(
    tuple(name.replace("_", " ") for name in row.split())
    for row in """
china chinese 中国 中方
us u.s united_states american america usa 美国 美方
eu european_union 欧盟
europe european 欧洲
uk britain british united_kingdom 英国
germany german 德国
france french 法国
japan japanese 日本
korea korean south_korea 韩国
india indian 印度
russia russian 俄罗斯
singapore 新加坡
taiwan 台湾
hong_kong 香港
beijing 北京
shanghai 上海
shenzhen 深圳
hangzhou 杭州
english 英文 英语
alibaba alibaba_group 阿里巴巴 阿里
alibaba_cloud 阿里云
apsara_conference apsara 云栖大会
qwen tongyi_qianwen 千问 通义千问
tencent 腾讯
baidu 百度
huawei 华为
bytedance 字节跳动
xiaomi 小米
meituan 美团
zhipu 智谱
deepseek 深度求索
moonshot moonshot_ai 月之暗面
google 谷歌
microsoft 微软
apple 苹果
amazon 亚马逊
nvidia 英伟达
intel 英特尔
siemens 西门子
samsung 三星
tesla 特斯拉
sequoia sequoia_capital 红杉
tsinghua tsinghua_university 清华 清华大学
peking_university 北京大学 北大
eddie_wu wu_yongming 吴泳铭
joseph_tsai 蔡崇信
jack_ma 马云
agi 通用人工智能
asi 超级人工智能
ai 人工智能
llm 大模型
linux_foundation linux_基金会
weibo 微博
""".strip().splitlines()
)
"""Names that mean the same in English and Chinese; lower case. A name is carried where one of its row stands."""
