"""Triggers are plain data that is read back as it was written."""

from __future__ import annotations

from typing import get_args

import msgspec
import pytest

from ergos.kernel.triggers import (
    AnyTrigger,
    Condition,
    Feed,
    Files,
    Happening,
    Mailbox,
    Outcome,
    Page,
    Schedule,
    Topic,
    Webhook,
)

EXAMPLES: tuple[AnyTrigger, ...] = (
    Schedule(name="a", rule="FREQ=DAILY;BYHOUR=8;BYMINUTE=0", timezone="Asia/Shanghai", misfire="skip"),
    Files(name="b", folder="invoices:/", pattern="*.pdf", events=("created", "changed")),
    Feed(name="c", url="https://example.org/feed.xml"),
    Page(name="d", url="https://example.org/", contains="in stock"),
    Webhook(name="e", secret="hook", style="github"),
    Mailbox(name="f", account="work", sender="@example.org"),
    Topic(name="g", topic="shop/+/orders", broker="home"),
    Outcome(name="h", agent="newsroom", states=("failed",)),
    Condition(name="i", figure="spend.today", compare=">", value=0.8, share=True),
)


def test_there_is_an_example_of_every_kind() -> None:
    assert {type(one) for one in EXAMPLES} == set(get_args(AnyTrigger))


@pytest.mark.parametrize("trigger", EXAMPLES, ids=lambda one: type(one).__name__)
def test_a_trigger_is_read_back_as_it_was_written(trigger: AnyTrigger) -> None:
    assert msgspec.json.decode(msgspec.json.encode(trigger), type=AnyTrigger) == trigger


def test_what_no_trigger_says_is_refused() -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(b'{"on":"telepathy","name":"x"}', type=AnyTrigger)


def test_nobody_vouches_for_a_happening_unless_its_driver_says_so() -> None:
    assert Happening(key="1", value=None).label.integrity == "untrusted"
