"""Keys are stable, content names the call, and every call has its row."""

from __future__ import annotations

from typing import get_args

import pytest

from ergos.base.errors import DivergedError, TooLargeError, ValueShapeError
from ergos.kernel.calls import Call, CallKind
from ergos.kernel.labels import USER
from ergos.kernel.syscalls import TABLE, Request, diverged, packed_call, recovery


def packed(request: Request, used: tuple[str, ...] = ()) -> Call:
    return packed_call(request, used, (), effect="pure", tool=None, label=USER).call


def test_every_call_has_a_row() -> None:
    assert set(TABLE) == set(get_args(CallKind))


def test_the_same_content_has_the_same_key_and_repetitions_are_numbered() -> None:
    first = packed(Request(kind="act", name="t", args={"a": 1, "b": 2}))
    same = packed(Request(kind="act", name="t", args={"b": 2, "a": 1}))
    assert (first.key, first.content) == (same.key, same.content)
    assert packed(Request(kind="act", name="t", args={"a": 1, "b": 2}), (first.key,)).key == f"{first.key}#2"
    assert packed(Request(kind="act", name="t", args={"a": 2, "b": 1})).content != first.content


def test_an_authors_key_is_used_once_and_has_a_length() -> None:
    assert packed(Request(kind="act", name="t", key="k")).key == "k"
    with pytest.raises(DivergedError):
        packed(Request(kind="act", name="t", key="k"), ("k",))
    for key in ("", "x" * 201):
        with pytest.raises(ValueShapeError):
            packed(Request(kind="act", name="t", key=key))
    with pytest.raises(TooLargeError):
        packed(Request(kind="act", name="x" * 101))


def test_recovery_follows_the_effect_and_divergence_shows_both_sides() -> None:
    assert recovery("irreversible") == "doubt"
    assert recovery("reconcilable") == "probe"
    assert recovery("pure") == recovery("idempotent") == "repeat"
    asked = packed(Request(kind="act", name="asked"))
    assert "ended here" in str(diverged(None, asked))
    assert "asked" in str(diverged(asked, asked))
