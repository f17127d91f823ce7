"""Verbs an owner tells an agent to do, in English and Chinese, and where one stands in a text.

A verb is found at a place, longest first. English ones that are nouns, too ("list", "report", "mail"), count as verbs
within a sentence only before a determiner, a pronoun or something set apart; Chinese ones that are nouns, too (总结,
通知), not behind a measure word or another verb.

Rules: data and lookup alone. Must not know: what becomes of a verb.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from ergos.compile.intent import ActionVerb
from ergos.compile.words.atoms import ANY

_STRONG: Final[dict[ActionVerb, str]] = {
    "read": "read|fetch|grab|retrieve|collect|gather|look at|look through|look over|look into|go through|go "
    "over|browse|crawl|scrape|pull in|pull"
    "|skim|study|inspect|visit|open|consult|take in|check out|keep up with|follow|examine|have a "
    "look at|take a look at|parse|load|get|aggregate|poll|track|take|peek at|glance at|have a peek at"
    "|take a peek at|comb through|trawl through|trawl|sift through|run through|work through|read through"
    "|swing by|pick up",
    "search": "search the web for|search the internet for|search online for|search for|look up|look for|google"
    "|research|web-search|find out",
    "extract": "extract|pull out|pick out|take out|read out|identify|capture|get out|note down|work out|lift"
    "|pluck|dig out|fish out|tease out",
    "summarise": "summarise|summarize|sum up|condense|recap|boil down|distil|distill|give me the gist of|outline"
    "|shorten",
    "brief": "write up|compile|prepare|compose|produce|put together|draw up|generate|assemble|write|draft"
    "|create|make|build|turn",
    "translate": "translate|render",
    "classify": "classify|categorise|categorize|prioritise|prioritize|triage|sort into|bucket|assign|grade|sort",
    "filter": "filter out|filter|keep only|select|pick|choose|ignore|skip|discard|exclude|drop|narrow down"
    "|leave out|weed out|single out|only keep|keep|throw out|shortlist|find",
    "compare": "compare|diff|contrast|set side by side|reconcile|cross-check|check against|hold against",
    "compute": "compute|calculate|add up|sum|tally|work out the total of|average|total up|tot up|figure out",
    "append": "append|tack it onto|tack them onto|tack on|fill in|fill|enter|add a line|add a row|add one row"
    "|add one line|jot down|log|record"
    "|write down|add|put a line|put a row|put an entry|put one line|keep a log of|keep a record of"
    "|keep a running log of|keep a running list of|keep a list of|keep a tally of|keep track of|make a note of"
    "|make an entry|add an entry|tack",
    "write": "save|store|convert|export|dump|put|overwrite|keep a copy|write out|download",
    "move": "move|rename|relocate|archive|file away|transfer",
    "copy": "duplicate|back up|mirror|copy",
    "delete": "delete|remove|erase|trash|wipe|purge|clean up|clear out|get rid of|throw away",
    "send": "send|relay|shoot|dispatch|cc|forward|reply to|reply|e-mail|deliver|answer|respond to|respond"
    "|pass on|hand over"
    "|write back|drop a line to|fire off|pass along|loop in",
    "notify": "notify|inform|alert|remind|let|tell|warn|ping|show|give|bring|hand|be told|be notified|be "
    "informed|be reminded|be alerted|be warned|nudge|buzz|holler at|give a shout to",
    "publish": "publish|release|put online|make public|put up|go up on|goes up on|go live on",
    "post": "upload|announce|tweet|toot|share|push",
    "schedule": "schedule|set up a meeting|put into the calendar",
    "run": "run|execute|launch|trigger|invoke|start|kick off",
    "ask": "ask",
}
_WEAK: Final[dict[ActionVerb, str]] = {
    "read": "check|review|scan|monitor|watch|observe",
    "search": "search",
    "extract": "note|list out",
    "summarise": "digest",
    "brief": "brief|report on|report|list|rank",
    "classify": "code|sort|group|tag|label|score|rate|mark",
    "filter": "flag",
    "compare": "match",
    "compute": "total|count",
    "append": "register",
    "copy": "backup",
    "write": "document",
    "move": "file",
    "send": "mail|email|message|text",
    "notify": "message|update|report to|call|text|email|mail",
    "post": "post",
    "run": "call",
    "schedule": "book a|book an|book the|book me",
}
_HAN: Final[dict[ActionVerb, str]] = {
    "read": "读取|请求|阅读|读一遍|读一下|读|查看|查阅|看一下|看一看|看看|浏览|检查|收集|采集|抓取|获取|汇集"
    "|搜集|拉取|访问|打开|扫描|过一遍|翻阅|翻看|翻一遍|翻一翻|翻一下|通读|爬取|抓|查收|监控|监测"
    "|跟踪|追踪|关注|盯着|盯住|盯|看|瞄一眼|瞄一下|瞅一眼|瞅瞅|扫一眼|看一眼|看两眼|瞧瞧|瞧一眼|过一下|捋一遍|巡一遍",
    "search": "搜索|检索|搜一下|搜一搜|搜寻|查询|查找|上网搜|上网查|查一下|搜|查",
    "extract": "提取|抽取|摘取|摘录|摘出|识别出|识别|解析出|解析|取出|读出|找出里面的|抓出|录出|抽出|提炼出"
    "|提出来|摘出来|抠出来|扒出来|挖出来|抄出来|挑出里面的",
    "summarise": "总结成|总结|压缩成|压缩|浓缩成|精简成|概括成|概括|汇总成|汇总|归纳|概述|摘要|提炼|捋一捋|捋出"
    "|理出|理一理|改写成|改写为|缩写成|缩成|压成|讲清楚|说清楚|整理成摘要"
    "|做个摘要|做摘要|写摘要|小结"
    "|综述|浓缩",
    "brief": "撰写|编写|写成|写出|写|生成|制作|做成|做|起草|拟写|拟|编制|编|产出|输出|形成|整理出|整理成|整理"
    "|梳理|出一份|出一个|出|列出|列成|列|准备|给出",
    "translate": "翻译成|翻译为|翻成|翻为|翻译|译作|译成|译为|译",
    "classify": "分类|归类|归为|归成|分成|分为|打标签|贴标签|标注|分组|标记|排优先级|排序|分拣|打上|评级|打分"
    "|打个分|评分|评个级|分个类|分分类|归归类|分好类|归个类|批改|批阅",
    "filter": "筛选出|筛选|筛出|过滤掉|过滤出|过滤|挑选出|挑选|挑出|选出|只要|只保留|只留下|只留|保留|剔除"
    "|去掉|排除|只看|忽略|跳过|去重|只挑|选|挑|找出|略过|拣出|拎出|筛一遍|筛一下|滤掉|留下|留住",
    "compare": "比较|对比|比对|对照|核对|比一比|对一对|对一下|对一遍|对账|比一下|核一遍|核一下",
    "compute": "计算出|计算|算出|算一下|算|统计出|统计|求和|加起来|累计|核算|合计|加总|求出|清点|算个|算算"
    "|加一加|合起来|算上一遍|求个",
    "append": "追加|添加|加到|加进|加入|记到|记入|记进|记在|录入|登记|附加|填入|填到|填进|增加一行|加一行"
    "|记一笔|记一行|写一行|记一条|记录|记账|记下|补到|接到|续写到|写进|抄到|抄进|抄入|抄录|誊到|誊进|添到|添进"
    "|添一行|添一条|补进|补一行|记上|记一下|摘到|录进|录到|摘进|摘录到|摘录进"
    "|整理进|整理到|汇总到|汇总进|收进|归进|登到|登进|落到|填上|存一行",
    "write": (
        "更新|转换成|转换为|转成|转为|保存|存到|存为|存成|存入|存进|存放|写到|写入|导出|另存|存下|存档"
        "|输出到|存|放到|放进|下载|放在|放入|留一份|留个底|存一份"
    ),
    "move": "移动|移到|移入|移至|归档|挪到|转移|重命名|改名|挪进|搬到|搬进|搬去|归到",
    "copy": "复制|拷贝|备份",
    "delete": "删除|删掉|删去|清空|清除|移除|清理|删|扔掉|丢掉|清掉|删光",
    "send": "发送给|发送到|发送至|发送|发给|寄给|寄到|发邮件|发到|发至|转发给|转发到|转发|回复|抄送给|抄送"
    "|发一封|发往|交给|邮寄|寄|发|回|转给|转交|转交给|抄一份给|捎给|报给|呈给|递给|传给",
    "notify": "通知|告诉|提醒|告知|知会|推送|汇报|打电话给|打电话|警告|跟我说|和我说|说一声|喊|叫|提示|报警"
    "|告警|讲给|说给|念给|提个醒|报个信|喊一声|叫一声|吱一声|招呼一声|打个招呼"
    "|知会一声|捎个信|跟我讲|和我讲|同我说|跟我提|知道|得知|晓得",
    "publish": "发布|发表|刊登|刊发|公开|上线|推出|登出|挂到|挂上|挂出",
    "post": "上传到|上传至|上传|发帖|贴到|推到|同步到|推|甩到|丢到群里",
    "schedule": "安排|预约|预定|排进|排入|添加日程|建日程|约",
    "run": "运行|执行|跑一下|跑一遍|跑|启动|调用|触发",
    "ask": "问问|问一下|问|询问|请示",
}
_HAN_PROTECTED: Final = (
    "算了|就算|打算|总算|不算|不知道|知道的|没人知道|机器翻译|回答|什么都不做|什么也不做|啥也不做|热搜|写着"
    "|写道|只读|发来|寄来|传来|做点事|做到|通知期|做点什么"
    "|做些事|发票号码|发票号|发票"
    "|发件人|发件|发现|发生|发货|发言|发明|发展|开发|出发|发行|首发|发起|发薪|报告期|读者|读数|已读"
    "|未读|阅读量|邮件列表|写作|出现|出处|出版|出口|输出格式|出版社|列表|列名|出错|出问题|出货"
    "|看板|看法|查询结果|搜索结果|搜索引擎|推荐|推特|推文|推广|做法|编号|编辑|编码|编程|存储|库存"
    "|存货|存款|现存|挑战|选择题|选项|选手|运行状况|运行情况|执行情况|执行董事|跑步|跑车|跑路|算法"
    "|预算|运算|计算机|计算器|统计局|统计数据"
    "|合计金额|汇总表|总结会|通知单|提醒事项|告诉过|记录里|分类号|分类账|对比度|翻译稿|译文|译者|译本|译稿|译法"
    "|排序算法|移动端|移动互联网|移动通信|回复率|回执|回来|回到|每回|上回|一回|几回|公开信|公开数据"
    "|公开招标|公开课|上线时间|约定|大约|合约|约会"
    "|签约|违约|节约|约束|删减|发布会|发布日期|发布时间|发表时间|发布者|新发布的|刚发布的|检查表"
    "|检查项|检查结果|关注度|关注者|关注点|监控器|监控画面|打开率|访问量|做好|做完|选举|选股|存折"
    "|保存期|保留期|叫做|名叫|叫作|启动会"
    "|寄件人|收集者|问题|疑问|提问|访问者|出来|起来|拿出|退出|支出|超出|突出|杰出|产出物|写字楼|读书"
    "|看书|查重|调查|审查|备查|检查站|查账|标记为|跟踪号|盯盘|列车|系列|排列|前列|行列|序列|一列"
    "|每列|这列|新列|生成器|制作人|做市"
    "|起草人|准备金|总结性|汇总金额|记录下来|登记号|登记日|报警器|提示词|提示语|公开|安排表|记账日|注销"
)

NOUN_TOO: Final = frozenset(
    "总结 概括 汇总 摘要 小结 综述 通知 提醒 翻译 报告 分类 统计 对比 比较 记录 检查 更新 备份 合计 "
    "警告 提示 安排 归档 排序 标记 推送 回复 查询 搜索 输出".split()
)
_BEFORE_NOUN: Final = re.compile(
    r"(?:[的份篇个条张封段]|每日|每周|每月|当日|写|做|出|发|发送|生成|一[份篇个条]|中文|英文|月度"
    r"|周度|年度|新闻|价格|销售|财务|工作|会议|错误)\Z"
)


def _spread(table: dict[ActionVerb, str]) -> dict[str, ActionVerb]:
    return {form: verb for verb, forms in table.items() for form in forms.split("|")}


EN_STRONG: Final[dict[str, ActionVerb]] = _spread(_STRONG)
EN_WEAK: Final[dict[str, ActionVerb]] = _spread(_WEAK)
HAN: Final[dict[str, ActionVerb]] = _spread(_HAN)

_IRREGULAR: Final = {
    "writing": "write",
    "putting": "put",
    "running": "run",
    "getting": "get",
    "dropping": "drop",
    "skipping": "skip",
    "summing": "sum",
    "tagging": "tag",
    "flagging": "flag",
    "replying to": "reply to",
    "booking": "book",
    "letting": "let",
    "e-mailing": "e-mail",
    "cancelling": "cancel",
    "logging": "log",
    "scanning": "scan",
    "wrote": "write",
    "written": "write",
    "sent": "send",
    "read": "read",
    "ran": "run",
    "put": "put",
    "made": "make",
    "labelling": "label",
    "totalling": "total",
    "scrapping": "drop",
}


def _thirds(form: str) -> str:
    head, _, rest = form.partition(" ")
    if head.endswith(("s", "x", "ch", "sh", "z", "go")):
        third = head + "es"
    elif head.endswith("y") and head[-2:-1] not in "aeiou":
        third = head[:-1] + "ies"
    else:
        third = head + "s"
    return f"{third} {rest}".strip()


def _ings(form: str) -> str:
    head, _, rest = form.partition(" ")
    doubled = {"put", "run", "get", "drop", "skip", "sum", "tag", "flag", "let", "log", "scan"}
    if head in doubled:
        head = head + head[-1] + "ing"
    elif head.endswith("e") and not head.endswith("ee"):
        head = head[:-1] + "ing"
    else:
        head += "ing"
    return f"{head} {rest}".strip()


def _pasts(form: str) -> str:
    head, _, rest = form.partition(" ")
    special = {
        "send": "sent",
        "write": "written",
        "put": "put",
        "run": "run",
        "read": "read",
        "make": "made",
        "tell": "told",
        "let": "let",
        "get": "got",
        "build": "built",
        "keep": "kept",
        "choose": "chosen",
        "find": "found",
        "draw": "drawn",
        "give": "given",
        "take": "taken",
    }
    head = special.get(head) or (
        head + "d"
        if head.endswith("e")
        else head[:-1] + "ied"
        if head.endswith("y") and head[-2:-1] not in "aeiou"
        else head + "ed"
    )
    return f"{head} {rest}".strip()


_ALL_EN: Final[dict[str, ActionVerb]] = {**EN_WEAK, **EN_STRONG}
EN_FORMS: Final[dict[str, str]] = (
    {_thirds(form): form for form in _ALL_EN}
    | {_ings(form): form for form in _ALL_EN}
    | {form: form for form in _ALL_EN}
)
"""Every inflected form in use, and the form it is of."""
EN_PASTS: Final[dict[str, str]] = {_pasts(form): form for form in _ALL_EN}


def _pattern(forms: set[str]) -> str:
    return "|".join(re.escape(form).replace(r"\ ", r"\s+") for form in sorted(forms, key=len, reverse=True))


_EN_BASE: Final = re.compile(
    rf"(?<![\w'-])(?:{_pattern(set(_ALL_EN) | {_thirds(form) for form in _ALL_EN})})(?![\w-]|'(?!s\b))", re.IGNORECASE
)
_EN_ANY: Final = re.compile(rf"(?<![\w'-])(?:{_pattern(set(EN_FORMS))})(?![\w-])", re.IGNORECASE)
_EN_PAST: Final = re.compile(rf"(?<![\w'-])(?:{_pattern(set(EN_PASTS))})(?![\w-])", re.IGNORECASE)
_HAN_ANY: Final = re.compile(rf"(?P<noun>{_pattern(set(_HAN_PROTECTED.split('|')))})|(?P<verb>{_pattern(set(HAN))})")
_RESULTING: Final = re.compile(r"(?<=出)来|出来|下来|起来|一下|一遍|一次|完(?!成)|好(?=[，。,；])")
AFTER_WEAK: Final = re.compile(
    rf"\s*(?:{ANY}|[\u3400-\u9fff])|\s+(?:the|a|an|it|its|them|this|that|these|those|my|your|our|their"
    rf"|his|her|me|us|him|all|any|every|each|everything|new|only"
    r"|to|with|into|in|on|from|by|for|which|what|whatever|how|whether|back|both|one|two|three|four"
    r"|five|ten|\d+|#|people|who)(?![a-z])|\s*#",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class VerbAt:
    """A verb where it stands."""

    verb: ActionVerb
    form: str
    """As it stands in the tables."""
    start: int
    end: int
    han: bool = False


_COMPOUND: Final = re.compile(
    (
        r"(?:message|mail|text|e-?mail|file|backup|report|search)\s+(?:queue|broker|topic|box|server"
        r"|agent|job|engine|list)\b"
    ),
    re.IGNORECASE,
)
_SEPARABLE: Final = re.compile(
    r"(?P<head>boil|sum|back|look|clean|throw|weed|pass|jot|write|put|add|filter|note|file|pull"
    r"|pick)\s+(?:it|them|this|that|these|those|everything|the \w{1,20}|each|all of (?:it|them"
    r"|these))\s+(?P<tail>down|up|together|out|away|on|off|online)(?![a-z])",
    re.IGNORECASE,
)
"""Verbs whose particle stands behind a pronoun: 'boil them down'."""


def english_at(text: str, at: int, end: int, *, opening: bool = False) -> VerbAt | None:
    """The English verb that begins here; `opening`: nothing stands before it, so that any will do."""
    apart = _SEPARABLE.match(text, at, end)
    whole = f"{apart['head']} {apart['tail']}".lower() if apart else ""
    if apart and whole in _ALL_EN:
        return VerbAt(_ALL_EN[whole], whole, apart.start(), apart.end())
    match = _EN_BASE.match(text, at, end)
    gerund = _EN_ANY.match(text, at, end) if match is None and opening else None
    if (
        gerund is not None
        and AFTER_WEAK.match(text, gerund.end(), end)
        and gerund[0].split()[0].lower().endswith("ing")
    ):
        form = EN_FORMS[" ".join(gerund[0].lower().split())]
        return VerbAt(_ALL_EN[form], form, *gerund.span())
    if match is None or _COMPOUND.match(text, match.start(), end):
        return None
    said = " ".join(match[0].lower().split())
    form = EN_FORMS[said]
    weak = form in EN_WEAK and form not in EN_STRONG
    plural = said not in _ALL_EN
    if (weak or plural) and not (opening and not plural) and not AFTER_WEAK.match(text, match.end(), end):
        return None
    return VerbAt(_ALL_EN[form], form, match.start(), match.end())


def any_english(text: str, at: int, end: int) -> VerbAt | None:
    """The first English verb of a stretch, in any form: 'publishing', 'published', 'publishes'."""
    found = _EN_ANY.search(text, at, end)
    past = _EN_PAST.search(text, at, end)
    if past and (found is None or past.start() < found.start()):
        form = EN_PASTS[" ".join(past[0].lower().split())]
        return VerbAt(_ALL_EN[form], form, *past.span())
    if found is None:
        return None
    form = EN_FORMS[" ".join(found[0].lower().split())]
    return VerbAt(_ALL_EN[form], form, *found.span())


def han_verbs(text: str, at: int, end: int) -> list[VerbAt]:
    """The Chinese verbs of a stretch, in order, nouns of the same letters left out."""
    found: list[VerbAt] = []
    for match in _HAN_ANY.finditer(text, at, end):
        form = match["verb"]
        if form is None or (
            form == "列"
            and match.start() > at
            and text[match.start() - 1] >= "\ue001"
            and text[match.start() - 1] <= "\ue008"
        ):
            continue
        noun = (
            form in NOUN_TOO
            and match.start() > at
            and _BEFORE_NOUN.search(text[max(at, match.start() - 4) : match.start()])
            and text[match.end() : match.end() + 1] != "我"
        )
        if not noun:
            more = _RESULTING.match(text, match.end(), end)
            found.append(VerbAt(HAN[form], form, match.start(), more.end() if more else match.end(), han=True))
    return found
