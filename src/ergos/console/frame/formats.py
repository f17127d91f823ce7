"""How amounts, instants, spans and texts of strangers look on a page, in English and Chinese.

Rules: pure; whatever comes from a stranger shows what it holds: characters that hide, reorder or steer stand as their
number. It must not know a request or a template.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final, Protocol

from markupsafe import Markup, escape

from ergos.base.canonical import Plain
from ergos.base.clock import DAY, SECOND
from ergos.base.money import format_money
from ergos.kernel.permission.wording import Language
from ergos.lib.visible import is_visible, one_line, visible

SHORT_CHARS: Final = 120  # characters of a text on one line
TEXT_CHARS_MAX: Final = 100_000  # characters of a text shown whole; a longer one says how much is missing
NS_MAX: Final = 253_370_764_800 * SECOND  # nanoseconds; later instants have no date
_HOLE: Final = "\x00"

_AGO: Final[dict[Language, tuple[tuple[int, str], ...]]] = {
    "en": ((86_400, "{n} d ago"), (3_600, "{n} h ago"), (60, "{n} min ago"), (1, "{n} s ago")),
    "zh": ((86_400, "{n} 天前"), (3_600, "{n} 小时前"), (60, "{n} 分钟前"), (1, "{n} 秒前")),
}
_IN: Final[dict[Language, tuple[tuple[int, str], ...]]] = {
    "en": ((86_400, "in {n} d"), (3_600, "in {n} h"), (60, "in {n} min"), (1, "in {n} s")),
    "zh": ((86_400, "{n} 天后"), (3_600, "{n} 小时后"), (60, "{n} 分钟后"), (1, "{n} 秒后")),
}
_NOW: Final[dict[Language, str]] = {"en": "now", "zh": "刚刚"}
_SPANS: Final[dict[Language, tuple[tuple[int, str], ...]]] = {
    "en": ((86_400, "d"), (3_600, "h"), (60, "min")),
    "zh": ((86_400, "天"), (3_600, "小时"), (60, "分钟")),
}


def money(microusd: int) -> str:
    """'$1.50'; six decimals where cents would hide something."""
    return format_money(microusd)


def count(number: int) -> str:
    """'12,345'."""
    return f"{number:,}"


def iso(at_ns: int) -> str:
    """An instant as ISO 8601, UTC, to the second."""
    return datetime.fromtimestamp(min(max(at_ns, 0), NS_MAX) // SECOND, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def moment(at_ns: int | None) -> Markup:
    """'2026-12-25 08:00', UTC, as a <time>; '—' for none."""
    if at_ns is None or at_ns >= NS_MAX:
        return Markup("—")
    said = iso(at_ns)
    return Markup('<time datetime="{}" title="{} UTC">{}</time>').format(
        said, said[:19].replace("T", " "), said[:16].replace("T", " ")
    )


def ago(at_ns: int | None, now_ns: int, language: Language) -> Markup:
    """'3 min ago' or 'in 2 h' as a <time> whose title is the instant; '—' for none."""
    if at_ns is None or at_ns >= NS_MAX:
        return Markup("—")
    past = now_ns >= at_ns
    away = abs(now_ns - at_ns) // SECOND
    said = _NOW[language]
    for seconds, words in (_AGO if past else _IN)[language]:
        if away >= seconds:
            said = words.format(n=f"{away // seconds:,}")
            break
    at = iso(at_ns)
    return Markup('<time datetime="{}" title="{} UTC">{}</time>').format(at, at[:19].replace("T", " "), said)


def span(ns: int | None, language: Language) -> str:
    """'320 ms', '4.2 s', '3 min', '2 h', '5 d'; '—' for none."""
    if ns is None:
        return "—"
    ns = max(ns, 0)
    if ns < SECOND:
        return f"{ns // 1_000_000} " + ("ms" if language == "en" else "毫秒")
    for seconds, unit in _SPANS[language]:
        if ns >= seconds * SECOND:
            return f"{ns // (seconds * SECOND):,} {unit}"
    return f"{ns / SECOND:.1f} " + ("s" if language == "en" else "秒")


def day_of(at_ns: int) -> int:
    """Days since 1970, UTC."""
    return at_ns // DAY


def short(value: object, most: int = SHORT_CHARS) -> str:
    """Anything on one line, cut, without what hides or steers."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return one_line(text, most)


def written(value: object) -> str:
    """Plain data as text a person reads: a text itself, else JSON with indentation."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=2, default=str)


def shown(value: object) -> str:
    """A stranger's text, whole up to a bound; what does not show stands as its number, `[U+202E]`."""
    text = written(value)
    rest = len(text) - TEXT_CHARS_MAX
    text = text[:TEXT_CHARS_MAX]
    if not is_visible(text):
        holes = visible(text.replace(_HOLE, "\x01"), _HOLE)
        text = "".join(
            f"[U+{ord(real):04X}]" if hole == _HOLE else real for real, hole in zip(text, holes, strict=True)
        )
    return f"{text}\n… +{rest:,}" if rest > 0 else text


def bars(values: Sequence[int], titles: Sequence[str] = (), *, label: str = "", height: int = 36) -> Markup:
    """Small bars as inline SVG, each with its title; `label`: what they show, for who cannot see them."""
    most = max((*values, 1))
    step, width = 10, 10 * max(len(values), 1)
    parts: list[Markup] = []
    for number, value in enumerate(values):
        tall = 0 if value <= 0 else max(1, math.ceil(value * (height - 2) / most))
        title = Markup("<title>{}</title>").format(titles[number]) if number < len(titles) else Markup()
        parts.append(
            Markup('<rect class="bar" x="{}" y="{}" width="8" height="{}">{}</rect>').format(
                number * step + 1, height - tall, tall, title
            )
        )
    return Markup(
        '<svg class="bars" viewBox="0 0 {w} {h}" width="{w}" height="{h}" role="img" aria-label="{label}">'
        '<line class="axis" x1="0" x2="{w}" y1="{b}" y2="{b}"/>{inner}</svg>'
    ).format(w=width, h=height, b=height, label=label, inner=Markup().join(parts))


def spark(values: Sequence[int], *, label: str = "", width: int = 120, height: int = 24) -> Markup:
    """A line of numbers as inline SVG."""
    if not values:
        return Markup()
    most, last = max((*values, 1)), max(len(values) - 1, 1)
    points = " ".join(
        f"{round(number * width / last, 1)},{round(height - 1 - value * (height - 2) / most, 1)}"
        for number, value in enumerate(values)
    )
    return Markup(
        '<svg class="spark" viewBox="0 0 {w} {h}" width="{w}" height="{h}" role="img" aria-label="{label}">'
        '<polyline points="{points}"/></svg>'
    ).format(w=width, h=height, label=label, points=points)


def meter(share: float, label: str, *, width: int = 96, height: int = 8) -> Markup:
    """A share of a whole as a bar; over 80 % and over 100 % it looks so. `label` says it in words."""
    kind = "over" if share >= 1 else "near" if share >= 0.8 else "fine"
    filled = round(min(max(share, 0.0), 1.0) * width, 1)
    return Markup(
        '<svg class="meter {kind}" viewBox="0 0 {w} {h}" width="{w}" height="{h}" role="img" aria-label="{label}">'
        '<rect class="whole" width="{w}" height="{h}" rx="4"/>'
        '<rect class="part" width="{f}" height="{h}" rx="4"/></svg>'
    ).format(kind=kind, w=width, h=height, f=filled, label=label)


def plain_rows(value: Plain) -> list[tuple[str, Plain]]:
    """A mapping as rows; anything else as one row without a name."""
    return list(value.items()) if isinstance(value, dict) else [("", value)]


def text(value: object) -> Markup:
    """A stranger's text as it may stand in a page."""
    return escape(shown(value))


class Dated(Protocol):
    """Money of a day."""

    @property
    def day(self) -> str:
        """YYYY-MM-DD."""
        ...

    @property
    def microusd(self) -> int:
        """Micro-dollars."""
        ...


def bar_titles(days: Sequence[Dated]) -> list[str]:
    """What each bar of a day says."""
    return [f"{one.day}: {format_money(one.microusd)}" for one in days]
