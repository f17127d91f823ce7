"""The few words a published brief adds of its own, in the reader's language.

Rules: every label exists in every language; `und` reads English. Times are UTC and written out, so that no
reader takes a day for a month. It must not know how a brief is laid out.
"""

from __future__ import annotations

import datetime
from typing import Final

import msgspec

from ergos.base.documents import Brief, Document, Language
from ergos.base.errors import ValueShapeError
from ergos.drivers.press.untrusted import plain

_NS_PER_S: Final = 1_000_000_000
_MONTHS: Final = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


class Wording(msgspec.Struct, frozen=True, kw_only=True):
    """Labels of one language."""

    tag: str
    """BCP 47 tag of the page."""
    kicker: str
    sources: str
    contents: str
    skip: str
    comparison: str
    note: str
    nothing: str
    undated: str
    back: str
    source_n: str
    """With `{n}`: how a citation is read aloud."""
    colon: str
    quote_open: str
    quote_close: str
    promise: str
    """The line under the sources that says what the numbers mean."""


_ENGLISH: Final = Wording(
    tag="en",
    kicker="Brief",
    sources="Sources",
    contents="In this brief",
    skip="Skip to the brief",
    comparison="Side by side",
    note="Note",
    nothing="There is nothing to report.",
    undated="undated",
    back="Back to the sentence",
    source_n="Source {n}",
    colon=":",
    quote_open="“",
    quote_close="”",
    promise="Every sentence carries the number of its source; under each source stand the words it rests on.",
)
_CHINESE: Final = Wording(
    tag="zh-Hans",
    kicker="简报",
    sources="来源",
    contents="本期内容",
    skip="跳到正文",
    comparison="对照",
    note="说明",
    nothing="本期没有可报道的内容。",
    undated="日期不详",
    back="回到正文",
    source_n="来源 {n}",
    colon="：",
    quote_open="“",
    quote_close="”",
    promise="每句话都标有来源编号；每个来源之下，是这句话所依据的原文。",
)


def wording(language: Language) -> Wording:
    """The labels for a brief in this language; undetermined reads English."""
    return _CHINESE if language == "zh" else _ENGLISH


def made_at(brief: Brief) -> datetime.datetime:
    """When the brief was written, UTC, to the second. Raises `ValueShapeError` outside the years 1 to 9999."""
    moment = _instant(brief.made_at_ns)
    if moment is None:
        raise ValueShapeError(f"the brief says it was made at {brief.made_at_ns} ns, which is no date")
    return moment


def moment_words(moment: datetime.datetime, language: Language) -> str:
    """Day and time written out: "24 November 2026, 20:15 UTC"."""
    if language == "zh":
        return f"{_day_words(moment, language)} {moment:%H:%M}（UTC）"
    return f"{_day_words(moment, language)}, {moment:%H:%M} UTC"


def published_day(document: Document) -> str | None:
    """ISO 8601 day on which a source appeared, or None where it does not say."""
    moment = _published(document)
    return None if moment is None else moment.date().isoformat()


def published_words(document: Document, language: Language) -> str:
    """The day a source appeared, written out, or that it is undated."""
    moment = _published(document)
    return wording(language).undated if moment is None else _day_words(moment, language)


def solver_words(solver: str, language: Language) -> str:
    """Who wrote the brief; of System 1, that it quotes and has no language model."""
    name = plain(solver)
    if name.startswith("system1"):
        if language == "zh":
            return "由系统一（System 1）撰写：摘录原文，未使用语言模型"
        return "Written by System 1: extraction, no language model"
    return f"由 {name} 撰写" if language == "zh" else f"Written by {name}"


def count_words(brief: Brief) -> str:
    """How many documents were read from how many sources, and how many are cited."""
    read, sources, cited = brief.document_count, brief.source_count, len(brief.documents)
    if brief.language == "zh":
        origin = f"阅读 {sources} 个来源" if read is None else f"阅读 {sources} 个来源的 {read} 篇文档"
        return f"{origin}，引用 {cited} 篇"
    origin = f"{sources} {'source' if sources == 1 else 'sources'}"
    if read is not None:
        origin = f"{read} {'document' if read == 1 else 'documents'} from {origin}"
    return f"{origin} read, {cited} cited"


def _day_words(moment: datetime.datetime, language: Language) -> str:
    if language == "zh":
        return f"{moment.year}年{moment.month}月{moment.day}日"
    return f"{moment.day} {_MONTHS[moment.month - 1]} {moment.year}"


def _published(document: Document) -> datetime.datetime | None:
    # A feed may claim any date; one that no calendar holds is as good as none.
    return None if document.published_ns is None else _instant(document.published_ns)


def _instant(instant_ns: int) -> datetime.datetime | None:
    try:
        return datetime.datetime.fromtimestamp(instant_ns // _NS_PER_S, tz=datetime.UTC)
    except (OverflowError, ValueError, OSError):
        return None
