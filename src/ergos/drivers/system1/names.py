"""Proper names in English and Chinese text: people, organisations, places, products, titles, identifiers.

Classical rules, no dictionary of names: in English capital letters, discounted at the start of a sentence and in
titles set in capitals; in Chinese Latin tokens, book marks, quoted terms, the endings of organisations, and
surnames beside a title, a verb of saying, or a Latin name. Rules: precision before recall; a name's text is exactly
its span; no overlaps; text order.

Out of reach: Chinese names without any such sign; a single English name that is a common word at the start of a
sentence ("Apple fell"); what a name refers to.
"""

from __future__ import annotations

import bisect
import re
from collections.abc import Sequence
from typing import Final, NamedTuple

from ergos.base.documents import Span
from ergos.drivers.system1.figures import figures
from ergos.drivers.system1.identifiers import identifiers
from ergos.drivers.system1.lexicon import COMMON_EN, STOP_EN, STOP_ZH, SURNAMES_ZH
from ergos.drivers.system1.segment import sentences, stem
from ergos.drivers.system1.segment import words as words_of

NAME_WORDS_MAX: Final = 8  # words of one English name; a longer run of capitals is a heading


class Name(NamedTuple):
    """A proper name and where it stands."""

    text: str
    span: Span


_LATIN: Final = r"A-Za-z\u00c0-\u024f"
_WORD: Final = re.compile(rf"(?<![{_LATIN}\d_])[{_LATIN}][{_LATIN}\d]*(?:[.&'’-](?=[{_LATIN}\d])[{_LATIN}\d]+)*")
_JOINER: Final = re.compile(r"[ \u00a0](?:(?:de|van|von|der|den|da|di|al|bin|ibn|el|la|du|del)[ \u00a0]){0,2}|[ ]&[ ]")
_JOINER_CHARS_MAX: Final = 12  # characters between two words of one name
_CAMEL: Final = re.compile(r"[a-z]+[A-Z]|[A-Z][a-z]+[A-Z]|[A-Z]{2,}")
_POSSESSIVE: Final = re.compile(r"['’]s\Z")
_HONORIFIC: Final = frozenset(
    "mr mrs ms dr prof sir lord lady sen rep gov gen professor president chairman minister".split()
)
_CALENDAR: Final = frozenset(
    "monday tuesday wednesday thursday friday saturday sunday january february march april may june july august september "
    "october november december jan feb mar apr jun jul aug sep sept oct nov dec q1 q2 q3 q4 h1 h2 am pm".split()
)
_MONEY: Final = frozenset("usd eur gbp cny rmb jpy us$ hkd".split())
_COMMON_ENDING: Final = re.compile(
    r"[a-z]{2,}(?:ing|ings|ly|tion|tions|sion|sions|ment|ments|ness|ity|ities|ance|ence|able|ible|ful|less|ous|ism|ists?|ers|ors|ees|ical|ward|wards|"
    r"ized|ised|ated|ship|ships|hood|self|ever|ives?|ology|ences|ances)"
)  # fmt: skip
_HAN: Final = r"\u3400-\u4dbf\u4e00-\u9fff"
_TITLE_ZH: Final = re.compile(r"《([^《》\n]{1,60})》|〈([^〈〉\n]{1,40})〉|[「『]([^「」『』\n。！？，]{1,16})[」』]")
_ORGANISATION: Final = re.compile(
    r"(?:有限公司|公司|集团|大学|学院|研究院|研究所|实验室|银行|基金会|委员会|大会|峰会|论坛|证券|协会|联盟|法院|检察院|交易所|博物馆|出版社|日报|晚报|通讯社)"
)
_TITLE_WORD: Final = "总裁|主席|董事长|创始人|教授|博士|院士|先生|女士|总经理|部长|主任|总理|总统|首席执行官|首席科学家|首席|研究员|记者|校长|院长|省长|市长|CEO|CTO|CFO"
_SAID_ZH: Final = "表示|说|称|指出|认为|宣布|透露|介绍|强调|坦言|写道|回应|判断|预测|提出|预计|当选|出任|任"
_SURNAME: Final = "".join(sorted(SURNAMES_ZH))
_PERSON_ZH: Final = re.compile(
    rf"(?:(?:{_TITLE_WORD})|[A-Za-z]{{2}} ?[（(])(?P<titled>[{_SURNAME}][{_HAN}]{{1,2}}?)"
    rf"(?=(?:{_SAID_ZH})|[在于对将、，。）)与和等以也\s]|日前|\Z)"
    rf"|(?:(?<=[，。；：、“\s])|^)(?P<saying>[{_SURNAME}][{_HAN}]{{1,2}}?)(?=(?:{_SAID_ZH})|[（(][A-Za-z]|(?:{_TITLE_WORD}))",
    re.MULTILINE,
)
_HAN_RUN_BACK: Final = re.compile(rf"[{_HAN}]+\Z")
_ORGANISATION_CHARS_MAX: Final = 12  # characters looked back from an organisation's ending
_BEFORE_FIRST: Final = " \t\u00a0\"'“‘「『（([-*•·–—>#.…0123456789)）"
_CLOSING: Final = frozenset('.。!！?？;；,，"”’」')  # a heading ends without any of them
_QUOTES: Final = frozenset("\"“‘「『'")
_NOT_ORGANISATION: Final = frozenset(
    "所有 其他 多数 许多 部分 国内 国外 大型 中小 上市 科技 互联网 两家 多家 一家 这家 那家 该家 收购 投资 加入 创办 毕业 毕业于 就读 参加 出席 举行 举办 联合 宣布 来自 包括 "
    "成为 大模型 本届 今年 去年 明年 首届 全球 世界 中央 一所 一些 传统 初创 创业 母公司 分公司 子公司 旗下 美国 中国 日本 外国 知名 著名 前往 设立 成立 建立 创立 目前 我们 他们 担任 曾任 现任 任职 领先 头部".split()
)
_PARTICLES: Final = frozenset("de van von der den da di al bin ibn el la du del".split())


def names(text: str) -> tuple[Name, ...]:
    """The proper names of `text` in span order, not overlapping; linear."""
    found = [*identifiers(text), *_chinese(text), *_capitalised(text)]
    found.sort(key=lambda span: (span.start, -span.end))
    out: list[Name] = []
    end = 0
    for span in found:
        if span.start >= end:
            out.append(Name(text[span.start : span.end], span))
            end = span.end
    return tuple(out)


def _capitalised(text: str) -> list[Span]:
    """Runs of capitalised Latin words, without what only the start of a sentence or a heading makes capital."""
    words = [_trimmed(match) for match in _WORD.finditer(text)]
    openings, headings = _openings(text, words)
    counted = [figure.span for figure in figures(text)]
    out: list[Span] = []
    run: list[Span] = []
    at = 0
    for span in words:
        while at < len(counted) and counted[at].end <= span.start:
            at += 1
        is_counted = at < len(counted) and counted[at].start <= span.start
        if run and not _continues(text, run, span):
            out.extend(_closed(text, run))
            run = []
        word = text[span.start : span.end]
        is_capital = word[:1].isupper() or bool(_CAMEL.match(word))
        if (
            is_capital
            and not is_counted
            and _is_name(word, is_opening=span.start in openings, is_heading=span.start in headings)
        ):
            run.append(span)
        elif run and word not in _PARTICLES:
            out.extend(_closed(text, run))
            run = []
    out.extend(_closed(text, run))
    return out


def _trimmed(match: re.Match[str]) -> Span:
    """A word without possessive, and without the lower-case rest of a compound ("US-based", "AI-powered")."""
    word = _POSSESSIVE.sub("", match[0])
    rest = re.search(r"-[a-z]", word)
    if rest and word[:1].isupper() and not any(character.isdigit() for character in word):
        word = word[: rest.start()]
    return Span(match.start(), match.start() + len(word))


def _continues(text: str, run: list[Span], span: Span) -> bool:
    gap = span.start - run[-1].end
    if len(run) >= NAME_WORDS_MAX or gap > _JOINER_CHARS_MAX:
        return False
    initial = run[-1].end - run[-1].start == 1
    between = text[run[-1].end : span.start]
    return (
        bool(_JOINER.fullmatch(between)) or (initial and between == ". ") or text[span.start : span.end] in _PARTICLES
    )


def _closed(text: str, run: list[Span]) -> list[Span]:
    """The span of a finished run; a lone common word ("the Cloud", "Agent") is no name."""
    if not run:
        return []
    first, last = run[0], run[-1]
    word = text[first.start : last.end]
    low = word.lower()
    if len(run) == 1 and not _CAMEL.match(word) and (len(word) == 1 or low in COMMON_EN or stem(low) in COMMON_EN):
        return []
    return [Span(first.start, last.end)]


def _openings(text: str, words: Sequence[Span]) -> tuple[frozenset[int], frozenset[int]]:
    """Starts of the words that open a sentence or quotation, and of all words of sentences set in capitals."""
    openings: set[int] = set()
    headings: set[int] = set()
    starts = [span.start for span in words]
    for bound in sentences(text):
        inside = words[bisect.bisect_left(starts, bound.start) : bisect.bisect_left(starts, bound.end)]
        if not inside:
            continue
        if not text[bound.start : inside[0].start].strip(_BEFORE_FIRST):
            openings.add(inside[0].start)
        for span in inside:
            before = text[max(bound.start, span.start - 2) : span.start]
            if before[-1:] in _QUOTES or before in {": ", "— ", "; "} or before[-1:] in "：；":
                openings.add(span.start)
        long = [span for span in inside if span.end - span.start > len("the")]
        capital = sum(text[span.start].isupper() for span in long)
        is_closed = text[bound.end - 1] in _CLOSING
        if len(long) >= 4 and capital * 10 >= len(long) * 7 and not is_closed:
            headings.update(span.start for span in inside)
    return frozenset(openings), frozenset(headings)


def _is_name(word: str, *, is_opening: bool, is_heading: bool) -> bool:
    """Whether a capitalised word may be part of a name."""
    low = word.lower().replace("’", "'")
    if low in _CALENDAR or low in _MONEY or low in _HONORIFIC or low.startswith("i'") or word == "I":
        return False
    if _CAMEL.match(word):
        return not (is_heading and low in COMMON_EN and low != "us")
    if low in STOP_EN:
        return False
    if not is_opening and not is_heading:
        return True
    return low not in COMMON_EN and stem(low) not in COMMON_EN and not _COMMON_ENDING.fullmatch(low)


def _chinese(text: str) -> list[Span]:
    out: list[Span] = []
    for match in _TITLE_ZH.finditer(text):
        group = next(number for number in (1, 2, 3) if match[number])
        out.append(Span(match.start(group), match.end(group)))
    for match in _PERSON_ZH.finditer(text):
        group = "titled" if match["titled"] else "saying"
        out.append(Span(match.start(group), match.end(group)))
    ending = 0
    for match in _ORGANISATION.finditer(text):
        low = max(ending, match.start() - _ORGANISATION_CHARS_MAX)
        start = _organisation_start(text, low, match.start())
        if match.start() - start >= 2:
            out.append(Span(start, match.end()))
        ending = match.end()
    return out


def _organisation_start(text: str, low: int, ending: int) -> int:
    """Where the organisation begins whose ending stands at `ending`: at most two content words back.

    A word of one character, a function word or anything that is not Chinese stops the search.
    """
    run = _HAN_RUN_BACK.search(text, low, ending)
    if run is None:
        return ending
    start = ending
    for word in list(reversed(words_of(run[0])))[:2]:
        if len(word) < 2 or word in STOP_ZH or word in _NOT_ORGANISATION:
            break
        start -= len(word)
    return start
