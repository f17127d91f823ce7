"""What the result is to look like: form, length, language, format, citations.

Rules: pure; only what was said; lengths are upper bounds. Must not know: actions.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from ergos.compile.intent import OutputForm, Span
from ergos.compile.words.atoms import ANY
from ergos.compile.words.money import number_of

Fact = tuple[str, "str | int | bool", Span]

_N: Final = (
    r"(?:\d{1,3}(?:,\d{3})+|\d{1,6}|half an?|an?|one|two|three|four|five|six|seven|eight|nine|ten"
    r"|eleven|twelve|fifteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|a hundred"
    r"|one hundred|two hundred|three hundred|four hundred|five hundred|a thousand|one thousand|two "
    r"thousand|a dozen|[零一二两三四五六七八九十百千半]{1,7})"
)
_PAGES: Final = re.compile(
    rf"(?:(?P<a>{_N})\s*(?:-|to|or|到|至)\s*)?(?P<n>(?<![A-Za-z\d.]){_N}|half)[ -]?(?:a )?(?:(?:A4"
    rf"|printed|full|single)[ -])?(?:pages?(?![A-Za-z])|pager(?![A-Za-z])|页)(?!\s*(?:of|from|at|on|在"
    rf"|里)\s*{ANY})",
    re.IGNORECASE,
)
_WORDS: Final = re.compile(
    rf"(?:(?P<a>{_N})\s*(?:-|to|or|到|至)\s*)?(?P<n>(?<![A-Za-z\d.]){_N})[ -]?(?:words?(?![A-Za-z])"
    rf"|characters?(?![A-Za-z])|(?<!一)个?字(?!段|幕|体|符串|母|典))",
    re.IGNORECASE,
)
_NOUNS: Final = (
    "items?|points?|bullet points?|bullets?|entries|headlines|stories|articles|posts|papers|results"
    "|things|topics|links|news|sentences|lines|tips|ideas|jobs|offers|customers|products|deals|books"
    "|recipes|questions|events|rows|clippings|pieces|quotes|names|photos|records"
)
_ITEMS: Final = (
    re.compile(
        rf"\b(?:no more than|not more than|at most|up to|max(?:imum)?)\s+(?P<n>{_N})(?=\s*(?:[,;]|\.(?:\s|$)|$))",
        re.IGNORECASE,
    ),
    re.compile(
        rf"最[^，。；,;\s]{{1,6}}的(?P<n>{_N})(?:条|个|篇|项|则|点|款|部|本|首|只|家|位|名|道|件|种|句|张)(?!月"
        rf"|小时|星期|季度|字)"
    ),
    re.compile(
        rf"(?:top|best|first|latest|newest|last)[ -](?P<n>{_N})(?![A-Za-z\d%])(?!\s*(?:days?|weeks?"
        rf"|months?|hours?|years?|minutes?|pages?|words?|of|lines? of))",
        re.IGNORECASE,
    ),
    re.compile(
        rf"(?P<n>(?<![A-Za-z\d.,:]){_N})[ -](?:of the )?(?:(?!interest|request|forest|harvest|invest"
        rf"|latest )[a-z]{(3,)}est|most|best|top|biggest|largest|key|main|hottest"
        rf"|newest|latest|cheapest|highest|lowest|important|bullet|leading|major|interesting)\b",
        re.IGNORECASE,
    ),
    re.compile(
        rf"(?:at most|no more than|up to|max(?:imum)?(?: of)?|only|just|not more than"
        rf"|in)\s+(?P<n>(?<![A-Za-z\d.,:]){_N})[ -](?:[a-z]+ )?(?:{_NOUNS})\b",
        re.IGNORECASE,
    ),
    re.compile(
        rf"(?P<n>(?<![A-Za-z\d.,:]){_N})[ -](?:item|point|bullet|entry|line|story|headline|bullet points?"
        rf"|items|bullets|headlines|articles|stories|key points|points)\b(?!\s*(?:of the day|per))",
        re.IGNORECASE,
    ),
    re.compile(
        rf"(?P<n>(?<![A-Za-z\d.,:$€£]){_N})(?:\s+(?:{_NOUNS}))?\s+(?:at (?:the )?(?:very )?most|max(?:imum)?|tops|or "
        rf"fewer|or less|tops)\b(?!\s*\d)",
        re.IGNORECASE,
    ),
    re.compile(rf"前(?P<n>{_N})(?:名|条|个|篇|位|大|家|款|项|件|部|本|首|只|行|则)?(?!天|年|月|周|日|小时|次)"),
    re.compile(
        rf"(?:最多|至多|顶多|不超过?|别超过?|限|挑出?|选出?|精选|列出?|给我|筛选?出?|推荐|找出?|取|写成?|总结成|整理成"
        rf"|归纳成|概括成|最(?:重要|新|热|热门|相关|有趣|有价值|值得看|便宜|高|低|贵|好)的?|出|发我?"
        rf"|推送?)\s*(?P<n>{_N})\s*(?:条|个|篇|项|则|点|款|部|本|首|只|家|位|名|道|件|种|行)(?!月|小时"
        rf"|星期|季度|字|工作日|文件夹|目录|源|网站|网页|页面|来源|网址|链接|月内|人)"
    ),
    re.compile(
        r"(?P<n>(?<![\d.])(?:\d{1,3}|[一二两三四五六七八九十]{1,3}))\s*(?:条|个|则|点)(?:以内|之内|以下"
        r"|要点|重点|头条|新闻|要闻)"
    ),
)
LANGUAGES: Final = {
    "english": "en",
    "chinese": "zh",
    "mandarin": "zh",
    "german": "de",
    "french": "fr",
    "spanish": "es",
    "italian": "it",
    "japanese": "ja",
    "korean": "ko",
    "portuguese": "pt",
    "russian": "ru",
    "dutch": "nl",
    "polish": "pl",
    "swedish": "sv",
    "arabic": "ar",
    "turkish": "tr",
    "danish": "da",
    "finnish": "fi",
    "norwegian": "no",
    "czech": "cs",
    "greek": "el",
    "hindi": "hi",
    "hebrew": "he",
    "ukrainian": "uk",
    "vietnamese": "vi",
    "thai": "th",
    "indonesian": "id",
    "hungarian": "hu",
    "romanian": "ro",
    "simplified chinese": "zh",
    "traditional chinese": "zh",
    "英文": "en",
    "英语": "en",
    "中文": "zh",
    "汉语": "zh",
    "简体中文": "zh",
    "繁体中文": "zh",
    "普通话": "zh",
    "德文": "de",
    "德语": "de",
    "法文": "fr",
    "法语": "fr",
    "西班牙文": "es",
    "西班牙语": "es",
    "西语": "es",
    "意大利文": "it",
    "意大利语": "it",
    "日文": "ja",
    "日语": "ja",
    "韩文": "ko",
    "韩语": "ko",
    "葡萄牙文": "pt",
    "葡萄牙语": "pt",
    "俄文": "ru",
    "俄语": "ru",
    "荷兰语": "nl",
    "阿拉伯语": "ar",
    "阿拉伯文": "ar",
    "泰语": "th",
    "泰文": "th",
    "越南语": "vi",
    "越南文": "vi",
    "印尼语": "id",
    "土耳其语": "tr",
    "波兰语": "pl",
    "瑞典语": "sv",
    "希腊语": "el",
    "印地语": "hi",
    "挪威语": "no",
    "丹麦语": "da",
    "芬兰语": "fi",
    "捷克语": "cs",
    "匈牙利语": "hu",
    "乌克兰语": "uk",
}
_NAMES_EN: Final = "|".join(sorted((name for name in LANGUAGES if name.isascii()), key=len, reverse=True))
_NAMES_ZH: Final = "|".join(sorted((name for name in LANGUAGES if not name.isascii()), key=len, reverse=True))
_LANGUAGE: Final = re.compile(
    rf"(?:\b(?:in|into|to|just|language(?: of the output)?(?: is|:)?|output(?: is| in|:)?)\s+(?:plain "
    rf"|simple |good |clear |easy |formal |both |fluent |british |american "
    rf")?(?P<en>{_NAMES_EN})\b(?!\s+(?:news|sources?|pages?|sites?|websites?|feeds?|articles?"
    rf"|papers?))"
    rf"|(?P<adjective>\b(?:{_NAMES_EN}))(?:[- ]language)?\s+(?:and\s+)?(?:[a-z-]+\s+){{0,2}}?(?:brief\w*|summar\w+"
    rf"|reports?|digests?"
    rf"|versions?|translations?|overview|newsletter|text|list|table|mail|e-?mail|post)\b"
    rf"|\bthe (?:result|output|summary|brief|report)s? (?:must|should|shall|has to) be (?:in )?(?P<be>{_NAMES_EN})\b"
    rf"|(?:译成|译为|翻成|翻译到|用|以|成|要|写|出|讲|说|输出(?:语言)?(?:为|是|用)?|语言(?:用|为|是|:"
    rf"|：)?)\s*(?P<to>{_NAMES_ZH})"
    rf"|\d+\s*个?字(?:以内|左右|内|上下)?的?(?P<sized>{_NAMES_ZH})"
    rf"|(?P<zh>{_NAMES_ZH})(?:的|版的?)?(?:一页|两页|三页|简短|简要|精简|[^，。；,;\s的]{{1,2}}(?=报告|介绍|简报"
    rf"|摘要))?(?:简报|介绍|说明|通知|公告|快讯|报告|摘要|总结|汇总"
    rf"|概述|综述|版本?|邮件|列表|清单|表格|周报|日报|月报|通讯|稿|文章|写|输出|分析|小结|概要|要点))",
    re.IGNORECASE,
)
_ALONE: Final = re.compile(
    rf"\W*(?:all )?(?:in )?(?P<en>{_NAMES_EN})(?: please| only)?\W*|\W*(?:全部?用?|都用?"
    rf"|请用?)?(?P<zh>{_NAMES_ZH})(?:即可|就行|就好)?\W*",
    re.IGNORECASE,
)
"""A language by itself, as behind "Language:"."""
_TO_LANGUAGE: Final = re.compile(r"\b(?:read|reads|sources?|feeds?)\s+in\s*\Z", re.IGNORECASE)
_FORMATS: Final = {
    "markdown": "markdown",
    "html": "html",
    "pdf": "pdf",
    "csv": "csv",
    "json": "json",
    "plain text": "txt",
    "text": "txt",
    "txt": "txt",
    "md": "markdown",
    "纯文本": "txt",
    "网页": "html",
    "文本": "txt",
}
_FORMAT: Final = re.compile(
    r"\b(?:as|in|to|into)\s+(?:an? |the )?(?P<as>markdown|html|pdf|csv|json|plain text"
    r"|txt)\b(?!\s*(?:files? in|folder|feed))(?!\s+(?:reports?|invoices?)\s+(?:from|in))"
    r"|\b(?P<noun>markdown|html|pdf|csv|json|plain[- ]text)(?:[- ](?:format|output|version|document"
    r"|page|table|report|brief|summary|list))\b|(?P<han>markdown|html|pdf|csv|json|txt|纯文本"
    r"|md)\s*(?:的)?(?:格式|版|排版|文件(?!夹)|文档|表格|页面)"
    r"|(?P<alone>纯文本)(?!文件)|\b(?P<please>json|csv|html|markdown) (?:please|only)\b"
    r"|(?:以|用|按|输出(?:成|为)?|写成|生成|导出(?:为|成)|转成|做成|保存(?:成"
    r"|为))\s*(?P<han2>markdown|html|pdf|csv|json|纯文本)(?!\s*文件夹)",
    re.IGNORECASE,
)
_CITED: Final = re.compile(
    r"\bcit(?:e|es|ed|ing|ations?)\b|\bwith (?:the )?(?:links?|sources?|references?|footnotes)\b"
    r"|\bquot(?:e|ing) (?:the |all |your )?sources?\b|\b(?:link|links|linking|refer"
    r"|references?)\s+(?:back )?to (?:the |each |every |all |its |their )?(?:original )?(?:sources?"
    r"|originals?|articles?)"
    r"|\b(?:name|naming|give|giving|mention|include|including|state|list|listing|add|note|noting"
    r"|linking|show)\s+(?:the |your |all |every |its |their )?(?:sources?|references?)(?: for| of| of "
    r"each|\b)|\bsources? (?:must be|should be|are|is)?\s*(?:named|cited|linked|given|listed)\b"
    r"|\bwith (?:a )?(?:source|link|reference)s? (?:for|to|in|after|at)\b|\bfootnotes?\b|\bevery "
    r"(?:claim|sentence|statement)\b[^.;]{0,20}\b(?:source|sourced|reference)"
    r"|引用(?:出处|来源|原文|文献|源)?|(?:注明|标注|附上?|给出|列出|标出|写明|写清|带上?|注上|标明"
    r"|加上|要有|说明|含|保留)(?:每条的?|各条的?|文章的?|新闻的?|信息的?|所有|全部"
    r"|原文)?(?:的)?(?:出处|来源|引用|链接|原文链接|参考文献|引文|信源|脚注)|有出处|有来源|带出处"
    r"|带引用|带来源",
    re.IGNORECASE,
)
_FORMS: Final[tuple[tuple[OutputForm, str], ...]] = (
    ("brief", r"\b(?:brief|briefs|briefing|briefings)\b(?! me)|简报|快报|简讯"),
    ("digest", r"\bdigests?\b|文摘|速览"),
    ("report", r"\breports?\b(?! (?:to|on) )|\breport (?:on|of|about)\b|报告|周报|日报|月报|季报|年报"),
    ("summary", r"\b(?:summary|summaries|overview|recap)\b|摘要|总结|汇总|概述|综述|小结|概要|概览"),
    ("table", r"\b(?:table|tables|spreadsheet)\b|表格|(?:做成|列成|成|一张|一个)表(?!达|示|现|明|述)"),
    ("list", r"\b(?:lists?|bulleted list|checklist|bullet points)\b|列表|清单"),
    ("mail", r"\b(?:e-?mail|mail|letter)\b|邮件"),
    ("page", r"\b(?:into|as|to) (?:an? )?(?:single |web ?|html )?page\b|\bweb ?page\b|(?:成|做|写|生成)(?:一个)?网页"),
)
_FORM: Final = {form: re.compile(pattern, re.IGNORECASE) for form, pattern in _FORMS}
_MADE: Final = (
    r"(?:\b(?:an?|as an?|into an?|in a|one|the|short|brief|weekly|daily|monthly|page|word|item|my|me"
    r"|of)\b[\w\s,'\ue001-\ue008-]{0,40}?|一份|一篇|一个|一张|一页|个|份|篇|张|成|为|的|写|做|出|生成"
    r"|列|发|给我|中文|英文|字|页|简短|每日|每周|每月|推送)"
)


def _count(text: str) -> int | None:
    if text.lower() in {"half", "half a", "half an", "半"}:
        return 1
    value = number_of(text)
    return int(value) if value is not None and 0 < value < 1_000_000 else None


def read_output(text: str, start: int, end: int) -> Iterator[Fact]:
    """Facts about the result that a stretch says; forms are left to `form_of`. Cost: linear."""
    taken: list[Span] = []
    for name, pattern in (("pages", _PAGES), ("words", _WORDS)):
        for match in pattern.finditer(text, start, end):
            count = _count(match["n"])
            if count is not None and not (name == "pages" and _is_which(text, match)):
                taken.append(match.span())
                yield name, count, match.span()
    for pattern in _ITEMS:
        match = pattern.search(text, start, end)
        if match and not any(a < match.end() and match.start() < b for a, b in taken):
            count = _count(match["n"])
            if count is not None and count > 1 and match["n"].lower() not in {"a", "an", "half"}:
                yield "items", count, match.span()
                break
    alone = _ALONE.fullmatch(text, start, end)
    if alone:
        yield "language", LANGUAGES[(alone["en"] or alone["zh"]).lower()], alone.span()
    for match in _LANGUAGE.finditer(text, start, end):
        said = next(found for found in match.groups() if found)
        if not _TO_LANGUAGE.search(text, start, match.start() + 3):
            yield "language", LANGUAGES[said.lower()], match.span()
    match = _FORMAT.search(text, start, end)
    if match:
        said = next(found for found in match.groups() if found)
        yield "format", _FORMATS[said.lower().replace("-", " ")], match.span()
    match = _CITED.search(text, start, end)
    if match and not re.search(
        r"\b(?:no|without|not|don't)\s+(?:\w+\s+)?\Z|(?:不用|不要|无需|不必)\Z", text[start : match.start()]
    ):
        yield "cited", True, match.span()


def _is_which(text: str, match: re.Match[str]) -> bool:
    """As in "these four pages", "a page" at an address: what is read, not how long the result is."""
    before = text[max(0, match.start() - 14) : match.start()].lower()
    if (
        re.search(r"(?:these|those|the|my|our|following|those|watch|这|那|以下|下面|几)\s*\Z", before)
        and match["n"].lower() != "half"
    ):
        return True
    return match["n"].lower() in {"a", "an"} and bool(
        re.match(rf"\s*(?:{ANY}|of (?:my|the)|changes|from|at\b)", text[match.end() : match.end() + 12])
    )


def form_of(text: str, start: int, end: int, *, made: bool = False) -> OutputForm:
    """The noun that a stretch uses for the result; `made`: only where it is something that is to be made ('a report').

    Where two stand, the first counts, but for a brief or report as which a list or table comes along.
    """
    best: tuple[int, OutputForm] | None = None
    for form, _ in _FORMS:
        for match in _FORM[form].finditer(text, start, end):
            if (
                made
                and form != "page"
                and not re.search(_MADE + r"\s*\Z", text[start : match.start()], re.IGNORECASE)
                and text[start : match.start()].strip()
            ):
                continue
            if best is None or match.start() < best[0]:
                best = match.start(), form
            break
    return best[1] if best else ""
