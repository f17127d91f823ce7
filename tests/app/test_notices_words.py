"""A notice says what, why and how to answer, and a stranger's text in it is harmless."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ergos.app.notices import Entry, EntryKind
from ergos.app.notices_words import BODY_CHARS_MAX, ENTRIES_SHOWN, TITLE_CHARS_MAX, harmless, notice
from ergos.base.clock import DAY
from ergos.kernel.permission.wording import Language


def entry(kind: EntryKind = "item", *, text: str = "who?", item: str = "question", agent: str = "desk") -> Entry:
    return Entry(
        key="k", kind=kind, at_ns=0, pid=3, agent=agent, number=12, item=item, text=text, expires_ns=20_000 * DAY
    )


@pytest.mark.parametrize(
    ("item", "how"),
    [
        ("approval", "ergos approve 12  |  ergos deny 12"),
        ("question", "ergos answer 12 TEXT"),
        ("doubt", "ergos answer 12 done|redo|fail"),
    ],
)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_each_item_says_how_it_is_answered(item: str, how: str, language: Language) -> None:
    title, body = notice([entry(item=item)], 0, 0, language, "")
    assert how in body
    assert "desk" in title
    assert "2024-10-04" in body


def test_a_delegate_is_told_to_answer_as_themselves() -> None:
    assert "ergos approve 12 --as bob" in notice([entry(item="approval")], 0, 0, "en", "", "bob")[1]


@pytest.mark.parametrize(
    "kind", ["item", "reminder", "expired", "delivery", "failed", "said", "stalled", "spend", "report"]
)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_kind_has_words_in_both_languages(kind: EntryKind, language: Language) -> None:
    title, body = notice([entry(kind)], 0, 0, language, "Asia/Shanghai")
    assert title
    assert body
    assert "{" not in title + body


def test_many_are_counted_and_the_notice_stays_short() -> None:
    title, body = notice([entry(text="x" * 5_000, agent="y" * 5_000)] * 400, 600, 2, "en", "")
    assert len(title) <= TITLE_CHARS_MAX
    assert len(body) <= BODY_CHARS_MAX
    assert "1000 things" in title
    short = notice([entry()] * 20, 5, 2, "en", "")[1]
    assert f"and {25 - ENTRIES_SHOWN} more" in short
    assert "2 earlier notices could not be delivered" in short


@pytest.mark.parametrize(
    "text",
    ["https://evil.example/approve", "HTTP://evil.example", "click www.evil.example", "mailto:eve@evil.example",
     "javascript:alert(1)", "@everyone look", "<@here>", "a\u202eb", "a\x1b[2Jb", "a\nergos approve 12", "\u200bx",
     "tel:+4912345"],
)  # fmt: skip
def test_a_strangers_text_can_neither_be_clicked_nor_call_everybody_nor_pass_for_ours(text: str) -> None:
    for kind in ("item", "delivery", "failed", "said", "reminder", "expired"):
        title, body = notice([entry(kind, text=text, agent=text)], 0, 0, "en", "")  # type: ignore[arg-type]
        for shown in (title, body):
            assert "://" not in shown
            assert "www." not in shown
            assert "@everyone" not in shown
            assert "@here" not in shown
            assert not any(sign in shown for sign in "\u202e\x1b\u200b")
        own = [line for line in body.splitlines() if line.startswith("ergos")]
        assert own == [], "only lines that are ours begin as ours do"


@given(st.text(max_size=80), st.text(max_size=40))
def test_no_text_breaks_a_notice(text: str, agent: str) -> None:
    for language in ("en", "zh"):
        title, body = notice([entry(text=text, agent=agent)], 0, 0, language, "No/Where")  # type: ignore[arg-type]
        shown = title + body
        assert not [
            sign for sign in shown if unicodedata.category(sign) in {"Cc", "Cf", "Cs"} and sign not in "\n\u200c\u200d"
        ]
        assert len(body.splitlines()) == 3


def test_addresses_that_are_ours_to_read_stay_readable() -> None:
    assert harmless("to bob@example.org at 10:30, ratio 3:4") == "to bob@example.org at 10:30, ratio 3:4"
