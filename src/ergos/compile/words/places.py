"""What is read and where things go: the addresses of a clause, and sources that are only described or counted.

Rules: pure; an address keeps the spelling of its owner. Must not know: verbs.
"""

from __future__ import annotations

import re
from typing import Final

from ergos.compile.intent import SourceMention, Span
from ergos.compile.words.draft import Draft
from ergos.compile.words.money import number_of

_COUNT: Final = (
    r"(?P<count>two|three|four|five|six|seven|eight|nine|ten|\d{1,2}|[两二三四五六七八九十]{1,2}|几|several|few)"
)
_COUNTED: Final = re.compile(
    rf"\b(?:these|those|the|following|my|our"
    rf"|all)\s+(?:following\s+)?{_COUNT.replace('count', 'en')}\s+(?:\w+\s+)?(?:sources?|pages?|sites?"
    rf"|websites?|feeds?|blogs?|links?|urls?|addresses|newspapers?|portals?|channels?|files|documents"
    rf"|accounts?|papers?)\b"
    rf"|(?:这|那|以下|下面|下列|如下)(?:的)?{_COUNT.replace('count', 'zh')}\s*(?:个|家|篇|份|条"
    rf"|处)?(?:信息|新闻|数据|rss)?\s*(?:源|来源|信息源|网站|网页|页面|网址|链接|博客|公众号|订阅|文件"
    rf"|文档|媒体|站点|地址)"
    r"|\b(?:these|those|the following)\s+(?:sources|pages|sites|websites|feeds|blogs|links"
    r"|newspapers)\b|(?:这些|那些|以下|下列)(?:的)?(?:来源|网站|网页|页面|网址|链接|博客|公众号|文件"
    r"|源)",
    re.IGNORECASE,
)
_OWN_MAIL: Final = re.compile(
    r"\b(?:(?:my|our|unread|new|incoming|today's|yesterday's|last \w+'s|this week's)\s+)+(?:unread "
    r"|new |incoming |e-?mail )?(?:inbox|e-?mails?|mail|mailbox|messages|post box)\b(?! address)|\bmy "
    r"(?:\w+ )?(?:inbox|mails?|e-?mails?)\b"
    r"|(?:我的?|今天的?|昨天的?|本周的?|这周的?|上周的?|当天的?|未读的?|新的?|所有|全部)+(?:邮件|邮箱"
    r"|收件箱|来信|电邮)|收件箱|邮箱|(?:看|读|查|检查|查看|整理|总结|汇总|处理)(?:一下"
    r"|一遍)?\s*(?:邮件|mail|电邮)(?!列表|服务)",
    re.IGNORECASE,
)
_DESCRIBED: Final = re.compile(
    r"\b(?:hacker news|reddit|twitter|the (?:\w+ ){0,2}news\b(?!letter)(?: (?:about|on|from) [\w "
    r"]{1,40})?|the (?:latest |local |daily )?(?:headlines|weather(?: forecast)?|papers|newspapers"
    r"|press|stock market|markets?)|(?:my|our) (?:\w+ ){0,2}(?:competitors?'?s?|rivals?'?"
    r"|suppliers?'?|customers?'?|calendar|feeds?|bookmarks|subscriptions|accounts?|bank "
    r"statements?)(?: (?:pages?|sites?|websites?|blogs?|prices?|reviews?|news))?"
    r"|our competitors' (?:pages|sites|blogs|prices)|(?:industry|local|tech|financial|sports|world|ai"
    r"|today's|yesterday's|this week's|company|breaking) news\b)"
    r"|(?:行业|科技|财经|国际|国内|本地|体育|娱乐|今日|今天的?|昨天的?|最新的?|每日|热点|时事|AI"
    r"|人工智能)?(?:新闻|资讯|头条|热搜|动态)(?!稿|源|社|发布会|网)|微博热搜|微博|知乎热榜|知乎"
    r"|公众号的?文章|天气预报|竞争对手的?(?:网页|网站|动态|价格|主页)|竞品(?:动态|网站|价格)?|朋友圈"
    r"|股市行情|行情",
    re.IGNORECASE,
)


def read_described(draft: Draft, start: int, end: int) -> bool:
    """Sources of a stretch that have no address; whether there were any."""
    text = draft.copy.text
    found = False
    for match in _COUNTED.finditer(text, start, end):
        said = match["en"] or match["zh"] or ""
        count = number_of(said) if said else None
        draft.source(SourceMention(count=int(count) if count else 1, described="" if count else match[0]), match.span())
        found = True
    if found:
        return True
    addressed = next(draft.copy.within(start, end, "url", "path"), None) is not None
    mail = _OWN_MAIL.search(draft.copy.prose, start, end)
    if mail is not None:
        draft.source(SourceMention(described=draft.copy.said(*mail.span())), mail.span())
        return True
    described = None if addressed else _DESCRIBED.search(draft.copy.prose, start, end)
    if described is not None:
        draft.source(SourceMention(described=draft.copy.said(*described.span())), described.span())
        return True
    return False


def is_own_mail(mention: SourceMention) -> bool:
    """Whether a described source is the owner's mail, which the home can read."""
    return bool(
        mention.described
        and (
            _OWN_MAIL.search(mention.described) or re.search(r"mail|inbox|邮|收件箱", mention.described, re.IGNORECASE)
        )
    )


def settle_sources(draft: Draft) -> None:
    """Ask for addresses that were not said; what was counted and then listed needs none."""
    addressed = [one for one in draft.sources if one.value.at]
    kept = []
    for one in draft.sources:
        mention = one.value
        counted = bool(_COUNTED.fullmatch(draft.copy.text[one.span[0] : one.span[1]]))
        if (
            not mention.at
            and counted
            and (len(addressed) >= mention.count or (mention.count == 1 and addressed))
            and addressed
        ):
            continue
        if not mention.at and not is_own_mail(mention):
            draft.say("C202", one.span)
        kept.append(one)
    draft.sources = kept


def address_span(draft: Draft, at: int, text: str) -> Span:
    """Where an address stands."""
    atom = draft.copy.atoms.get(at)
    return (atom.start, atom.end) if atom else (at, at + len(text))
