"""Differing figures that a document itself tells of: "counts differ by source", "another count puts it at …".

Rules: a document is taken at its word that two figures are about the same; both must agree in kind and unit and
differ by more than their rounding. A side that another document gives in its own words is cited from there, because
two witnesses convince more than one who repeats the other. Must not know: briefs.

Source of the idea: discourse markers of contrast and of attribution; the lists are our own.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Final

from ergos.base.documents import Figure, Finding
from ergos.drivers.system1 import anaphora
from ergos.drivers.system1.claims import COMPARED_KINDS, decimal, in_document
from ergos.drivers.system1.passages import Passage, cite, headline, widened

LOOK_BACK_SENTENCES: Final = 4  # sentences before a differing count in which the other one is looked for
RATIO_MAX: Final = 20  # times one figure may be the other; beyond it they count different things
WITNESS_WORDS_MIN: Final = 2  # content words another document must share to stand for a side
COUNTED_MIN: Final = 10  # the least plain number taken for a count

_SOURCE: Final = (
    r"(?:counts?|tall(?:y|ies)|estimates?|figures?|thread|threads|stud(?:y|ies)|surveys?|reports?|analys[ie]s|sources?|polls?"
    r"|researchers|groups?|agenc(?:y|ies)|officials?|authorities|witnesses|media|outlets?|projects?|trackers?|papers?|versions?|accounts?|institutes?)"
)
_GIVES: Final = (
    r"(?:counts?|counted|puts?|gives?|gave|estimates?|estimated|measures?|measured|finds?|found|speaks? of|spoke of|says?|said|reports?|reported|claims?|claimed"
    r"|totals?|totalled|lists?|listed|arrives? at|arrived at|comes? to|came to|cites?|cited|shows?|showed)"
)
_DIFFER: Final = re.compile(
    r"\b(?:counts?|figures?|numbers?|estimates?|tall(?:y|ies)|totals?|accounts?|reports?|sources?|claims?|versions?)\b[^.;]{0,60}\b(?:differ|differs|differed|vary|varies|varied|disagree"
    r"|disagreed|conflict|contradict(?:s|ed)?|diverge[ds]?|range[ds]?)\b|\b(?:differ|vary|disagree)s? (?:by|between|among|across|depending on) (?:source|sources|the source|reports?|who)\b"
    r"|(?:数字|数据|统计|说法|口径|报道|来源|估计)[^，。；]{0,10}(?:不一|不同|不一致|相互矛盾|各异|有出入|从[^，。]{0,20}到[^，。]{0,12}不等)",
    re.IGNORECASE,
)  # fmt: skip
_ANOTHER: Final = re.compile(
    rf"\b(?:another|other|others|earlier|later|previous|rival|separate|different|independent|official|competing|some)\b (?:\w+ ){{0,2}}?{_SOURCE}\b[^.;]{{0,50}}?\b{_GIVES}\b"
    rf"|\b{_SOURCE} (?:in|by|from|of) (?:other|another|the other|rival|some|different)\b[^.;]{{0,40}}?\b{_GIVES}\b"
    r"|\b(?:disagree[sd]?|dispute[sd]?|contradict(?:s|ed)?)\b|\bothers (?:count|put|give|estimate|speak of|say)\b"
    r"|(?:不同意|不认同|反驳|质疑)|(?:另[一有]?|其他|其它|此前|早前|早先|后来|较晚|更早|不同)(?:[一-鿿]{0,6})(?:统计|说法|报告|报道|来源|估计|调查|帖子|数据|研究|文件|消息|媒体|机构)[^，。；]{0,12}(?:称|为|是|给出|显示|计|达|测得|认为|列出)",
    re.IGNORECASE,
)  # fmt: skip
_TITLED: Final = re.compile(r" (?:or|versus|vs\.?|against) |还是|对比", re.IGNORECASE)


def is_reported(text: str) -> bool:
    """Whether a sentence itself says that counts differ."""
    return bool(_DIFFER.search(text))


def discrepancies(passages: Sequence[Passage]) -> tuple[Finding, ...]:
    """Pairs of figures a document says differ, one a document; linear in the passages of each document."""
    by_document: defaultdict[str, list[Passage]] = defaultdict(list)
    stated: defaultdict[tuple[str, str, str], list[Passage]] = defaultdict(list)
    for passage in passages:
        by_document[passage.document.id].append(passage)
        for figure in passage.figures:
            stated[_key(figure)].append(passage)
    findings: list[Finding] = []
    for name in sorted(by_document):
        rows = sorted(by_document[name], key=lambda passage: passage.position)
        found = next(
            (one for at, row in enumerate(rows) if (one := _alone(row) or _with_earlier(rows[:at], row, stated))), None
        )
        if found is None:
            found = _titled(rows, stated)
        if found is not None:
            findings.append(found)
    return tuple(findings)


def _key(figure: Figure) -> tuple[str, str, str]:
    return figure.kind, figure.value, figure.unit


def _compared(passage: Passage) -> list[Figure]:
    found: list[Figure] = []
    for figure in passage.figures:
        value = decimal(figure)
        is_count = figure.kind != "number" or bool(figure.unit) or (value is not None and value >= COUNTED_MIN)
        if figure.kind in COMPARED_KINDS and value is not None and value > 0 and is_count:
            found.append(figure)
    return found


def _differ(one: Figure, two: Figure) -> bool:
    left, right = decimal(one), decimal(two)
    if (one.kind, one.unit) != (two.kind, two.unit) or left is None or right is None:
        return False
    low, high = sorted((left, right))
    return low < high <= low * RATIO_MAX


def _alone(passage: Passage) -> Finding | None:
    """One sentence that says that counts differ, and gives two."""
    if not is_reported(passage.text):
        return None
    pair = next(((one, two) for one, two in combinations(_compared(passage), 2) if _differ(one, two)), None)
    if pair is None:
        return None
    return Finding(
        kind="disagreement",
        subject=passage.text[:90],
        citations=(cite(passage),),
        figures=tuple(in_document(figure, passage) for figure in pair),
        score=round(3 + passage.quality, 6),
    )


def _with_earlier(
    earlier: Sequence[Passage], passage: Passage, stated: Mapping[tuple[str, str, str], Sequence[Passage]]
) -> Finding | None:
    """A sentence that gives another's count, and the nearest one before it that gives the first."""
    if not _ANOTHER.search(passage.text):
        return None
    for before in reversed(earlier):
        if passage.position - before.position > LOOK_BACK_SENTENCES:
            break
        for one in _compared(before):
            for two in _compared(passage):
                if _differ(one, two):
                    return _sides((before, one), (passage, two), stated)
    return None


def _titled(rows: Sequence[Passage], stated: Mapping[tuple[str, str, str], Sequence[Passage]]) -> Finding | None:
    """A title that sets two figures against each other, and the sentences that give them."""
    title = headline(rows[0].document) if rows else None
    if title is None or not _TITLED.search(title.text):
        return None
    for one, two in combinations(_compared(title), 2):
        if not _differ(one, two):
            continue
        first, second = _giving(rows, one), _giving(rows, two)
        if first and second and first[0] != second[0]:
            return _sides(first, second, stated)
    return None


def _giving(rows: Sequence[Passage], wanted: Figure) -> tuple[Passage, Figure] | None:
    """The first sentence that gives a figure, and the figure as it stands there."""
    return next(((row, figure) for row in rows for figure in row.figures if _key(figure) == _key(wanted)), None)


def _sides(
    first: tuple[Passage, Figure],
    second: tuple[Passage, Figure],
    stated: Mapping[tuple[str, str, str], Sequence[Passage]],
) -> Finding:
    """The two sides, each from a document of its own where another document gives one."""
    sides = [first, second]
    for at, (passage, figure) in enumerate(sides):
        if sides[0][0].document.id != sides[1][0].document.id:
            break
        witness = next((one for one in stated[_key(figure)] if _is_witness(one, passage, sides[1 - at][1])), None)
        if witness is not None:
            sides[at] = witness, next(own for own in witness.figures if _key(own) == _key(figure))
    cited = [_whole(passage, figure) for passage, figure in sides]
    return Finding(
        kind="disagreement",
        subject=sides[0][0].text[:90],
        citations=tuple(cite(passage) for passage, _ in cited),
        figures=tuple(in_document(figure, passage) for passage, figure in cited),
        score=round(3 + (sides[0][0].quality + sides[1][0].quality) / 2, 6),
    )


def _is_witness(one: Passage, passage: Passage, rival: Figure) -> bool:
    """Whether a sentence of another document gives the figure of `passage` in like words, and not its rival."""
    if one.document.id == passage.document.id or one.document.language != passage.document.language:
        return False
    if _key(rival) in {_key(figure) for figure in one.figures}:
        return False
    return len(one.words & passage.words) >= WITNESS_WORDS_MIN


def _whole(passage: Passage, figure: Figure) -> tuple[Passage, Figure]:
    """The passage with the sentence it leans on, and the figure in it."""
    wide = widened(passage) if anaphora.leans(passage.text, passage.document.language) else None
    if wide is None:
        return passage, figure
    shift = passage.span.start - wide.span.start
    own = next(
        (one for one in wide.figures if one.span.start == figure.span.start + shift and _key(one) == _key(figure)), None
    )
    return (passage, figure) if own is None else (wide, own)
