"""Choosing items by what they are about, or how many are wanted: 'AI chips', 'the top 5', '前十名', '挑七个菜'.

Rules: the order of the items stays; of so many the first ones are meant, because whoever made the list put the best
first; words that say only how many say nothing of what about. Where nothing is said at all, somebody else must choose.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any, Final

from ergos.base.errors import NoModelError
from ergos.drivers.system1 import segment
from ergos.drivers.system1.numerals import hanzi_value
from ergos.verify.standard_texts import text_of

_HANZI: Final = "一二两三四五六七八九十"
_COUNT: Final = re.compile(
    r"\b(?:top|first|best|latest|newest|the)\s+(?P<top>\d{1,4}|one|two|three|four|five|six|seven|eight|nine|ten)\b"
    r"|(?<![\d.])(?P<number>\d{1,4})\s+(?:items?|articles?|stories|headlines?|entries|documents?|results?|rows?|posts?)\b"
    rf"|(?:前|头)\s?(?P<front>\d{{1,4}}|[{_HANZI}]{{1,3}})\s?[名个条篇则项份只家位款首部]?"
    rf"|(?P<counted>\d{{1,4}}|[{_HANZI}]{{1,3}})\s?[名个条篇则项份只家位款首部](?!月|星期|小时|百分)",
    re.IGNORECASE,
)
_WORDS: Final = dict(zip("one two three four five six seven eight nine ten".split(), range(1, 11), strict=True))
_EMPTY: Final = frozenset(
    (
        "item article story headline entry document result row post best top first latest newest most important "
        "interesting relevant 头条 重要 最 挑 选 挑选 选出 筛选 最新 最重要"
    ).split()
)
"""Words that say of every item the same."""


def chosen(items: Sequence[Any], about: str) -> list[Any]:
    """The items that are meant. Raises: NoModelError where nothing is said that could choose."""
    count = count_asked(about)
    rest = _COUNT.sub(" ", about)
    words = tuple(dict.fromkeys(word for word in segment.content_words(rest) if word not in _EMPTY))
    if count is None and not words:
        raise NoModelError(f"{about[:60]!r} has no words by which System 1 could choose")
    kept = [item for item in items if _uses(item, words)] if words else list(items)
    if count is None:
        return kept
    return (kept or list(items))[:count]


def count_asked(about: str) -> int | None:
    """How many are wanted; None: it does not say."""
    found = _COUNT.search(about)
    if found is None:
        return None
    text = next(one for one in found.groups() if one is not None).lower()
    if text.isdigit():
        return int(text) or None
    if text in _WORDS:
        return _WORDS[text]
    value = hanzi_value(text.replace("两", "二"))
    return None if value is None else int(value)


def _uses(item: Any, words: Sequence[str]) -> bool:  # noqa: ANN401 - whatever a step passes on
    """Whether an item uses half of the words; a Chinese word counts where its characters stand together."""
    text = text_of(item)
    bag, folded = frozenset(segment.content_words(text)), text.casefold()
    hits = sum(word in bag or (not word.isascii() and word in folded) for word in words)
    return hits >= max(1, math.ceil(len(words) / 2))
