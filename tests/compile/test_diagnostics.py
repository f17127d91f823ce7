"""Diagnostics: each code says one thing, in two languages, harmlessly."""

from __future__ import annotations

import string

import pytest

from ergos.compile.diagnostics import OURS, QUOTED_CHARS, RANK, SAYINGS, Diagnostic, blocks, ordered

NAMES = {
    code: {name for _, name, _, _ in string.Formatter().parse(one.en + one.en_remedy) if name}
    for code, one in SAYINGS.items()
}


@pytest.mark.parametrize("code", sorted(SAYINGS))
def test_both_languages_are_filled_from_the_same_values(code: str):
    one = SAYINGS[code]
    chinese = {name for _, name, _, _ in string.Formatter().parse(one.zh + one.zh_remedy) if name}
    assert chinese == NAMES[code]
    assert one.severity in RANK
    assert one.en_remedy
    assert one.zh_remedy


def test_what_is_quoted_is_cut_and_cannot_steer():
    found = Diagnostic(code="C303", values={"what": "\u202e" + "x" * 500})
    assert "\u202e" not in found.what("en")
    assert len(found.what("en")) < QUOTED_CHARS + 80
    assert "near" in OURS


def test_the_gravest_come_first_and_each_once():
    note, error = Diagnostic(code="C326"), Diagnostic(code="C301")
    assert ordered([note, error, note]) == (error, note)
    assert blocks([note, error])
    assert not blocks([note])
