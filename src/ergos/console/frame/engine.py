"""The template engine of the console: Jinja2 with escaping always on and nothing undefined.

In every template: `visit` (who looks, in which language), `w(key, **more)` (a text), `asset(name)` (the address of a
file shipped with the console), `now_ns`; filters money, count, ago, moment, span, short, shown; functions bars, spark,
meter.
Macros are imported with context: `{% import "macros.html" as m with context %}`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

from ergos.console.frame import formats
from ergos.console.frame.assets import asset, has
from ergos.console.frame.wording import known

if TYPE_CHECKING:
    from jinja2 import Environment
    from jinja2.runtime import Context

FOLDER: Final = Path(__file__).resolve().parent.parent / "templates"


@cache
def engine() -> Environment:
    """The one environment; templates are read once, and again when they changed."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context

    made = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    filters: dict[str, Callable[..., object]] = {
        "money": formats.money,
        "count": formats.count,
        "moment": formats.moment,
        "ago": pass_context(_ago),
        "span": pass_context(_span),
        "short": formats.short,
        "shown": formats.shown,
        "written": formats.written,
    }
    cast("dict[str, object]", made.filters).update(filters)
    functions: dict[str, Callable[..., object]] = {
        "asset": asset,
        "has_asset": has,
        "bars": formats.bars,
        "bar_titles": formats.bar_titles,
        "spark": formats.spark,
        "meter": formats.meter,
        "rows_of": formats.plain_rows,
        "known": known,
    }
    cast("dict[str, object]", made.globals).update(functions)
    return made


def rendered(name: str, context: dict[str, Any]) -> str:
    """A template with this context."""
    return engine().get_template(name).render(context)


def _ago(context: Context, at_ns: int | None) -> object:
    return formats.ago(at_ns, cast("int", context["now_ns"]), context["visit"].language)


def _span(context: Context, ns: int | None) -> str:
    return formats.span(ns, context["visit"].language)
