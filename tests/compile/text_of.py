"""Prose as the productions see it."""

from __future__ import annotations

from datetime import date

from ergos.compile.times.part import Text
from ergos.compile.times.tokens import tokens


def text_of(prose: str) -> Text:
    """Read on Thursday 26 November 2026."""
    return Text(prose, tokens(prose), date(2026, 11, 26))
