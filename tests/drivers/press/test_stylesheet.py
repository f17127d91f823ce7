from __future__ import annotations

import itertools
import re

import pytest

from ergos.drivers.press.stylesheet import DARK, LIGHT, SHEET


def luminance(colour: str) -> float:
    """Relative luminance, 0 to 1. Source: WCAG 2.2, "relative luminance"."""
    channels = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    red, green, blue = (one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("palette", [LIGHT, DARK])
@pytest.mark.parametrize(
    ("front", "back"), list(itertools.product(("ink", "soft", "accent"), ("paper", "raised", "tint")))
)
def test_every_text_colour_is_readable_on_every_background(palette: dict[str, str], front: str, back: str) -> None:
    lighter, darker = sorted((luminance(palette[front]), luminance(palette[back])), reverse=True)
    assert (lighter + 0.05) / (darker + 0.05) >= 4.5


def test_every_colour_role_used_is_defined_in_both_palettes() -> None:
    assert LIGHT.keys() == DARK.keys()
    assert set(re.findall(r"var\(--([a-z]+)\)", SHEET)) == LIGHT.keys() | {"serif", "sans"}


def test_the_sheet_fetches_nothing_and_serves_dark_phone_print_and_still_readers() -> None:
    assert not re.search(r"url\(|@import|expression|</", SHEET)
    for condition in ("prefers-color-scheme:dark", "prefers-reduced-motion", "max-width:34rem", "@media print"):
        assert condition in SHEET


def test_braces_balance() -> None:
    assert SHEET.count("{") == SHEET.count("}")
