"""An owner's words to an agent that is there: orders in two languages, and how it stands."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ergos.base.canonical import Plain
from ergos.lib.steps_memory import Again, Past
from ergos.lib.steps_owner import ABOUT_CHARS_MAX, ORDER_CHARS_MAX, about, help_text, moment, order_of, status


@pytest.mark.parametrize(
    ("body", "order", "said"),
    [("run", "run", ""), (" Run now! ", "run", ""), ("现在运行", "run", ""), ("执行。", "run", ""), ("status?", "status", ""),
     ("怎么样了", "status", ""), ("STOP", "stop", ""), ("停止", "stop", ""), ({"order": "run"}, "run", ""),
     ("plan: read more", "plan", "read more"), ("计划：多读", "plan", "多读"), ("Goal: win", "goal", "win"), ("目标：赢", "goal", "赢"),
     ("run away with the money", "unknown", "run away with the money"), (5, "unknown", ""), (None, "unknown", ""),
     ({"trigger": "x"}, "unknown", ""), ("", "unknown", "")],
)  # fmt: skip
def test_an_order_is_the_whole_message_or_what_it_begins_with(body: Plain, order: str, said: str) -> None:
    assert order_of(body) == (order, said)


def test_how_it_stands_is_told_in_both_languages() -> None:
    past = Past(
        runs=4, declined=1, failures=2, failed=1, last_ns=1_767_225_600 * 10**9, last_failure="no net",
        milestones={"half": 1}, again=[Again(event=None, tries=1, due_ns=0)],
    )  # fmt: skip
    assert status(past, "en") == (
        "4 runs came to their end; 1 ended with your no; 2 failed; the last one ended "
        "2026-01-01 00:00 UTC; the last failure was: no net; 1 to be tried again; milestones reached: half."
    )
    assert "已运行 4 次" in status(past, "zh")
    assert "2026-01-01 00:00 UTC" in status(past, "zh")
    assert status(Past(), "en") == "0 runs came to their end."
    assert (moment(0), bool(help_text("en")), bool(help_text("zh"))) == ("1970-01-01 00:00 UTC", True, True)


@given(st.text())
def test_no_message_is_too_odd(text: str) -> None:
    assert len(order_of(text)[1]) <= ORDER_CHARS_MAX


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"trigger": "f", "value": {"path": "in:/a.pdf", "name": "a.pdf"}}, "in:/a.pdf"),
        ({"path": "in:/a.pdf"}, "in:/a.pdf"),
        ({"value": {"subject": "an offer\nsecond line\u202e"}}, None),
        ({"value": {"title": "", "url": "https://example.org"}}, "https://example.org"),
        ({"value": [1]}, ""),
        ("text", ""),
        (None, ""),
        ({"value": {"path": 5, "title": "x" * 10_000}}, None),
    ],
)
def test_a_happening_is_named_on_one_harmless_line(told: Plain, said: str | None) -> None:
    named = about(told)
    assert said is None or named == said
    assert len(named) <= ABOUT_CHARS_MAX
    assert "\n" not in named
    assert "\u202e" not in named
