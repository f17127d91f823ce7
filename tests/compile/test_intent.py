"""An intent is plain data; what was read points at its words."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from ergos.compile.intent import Action, ApprovalSaid, BudgetSaid, Found, Intent, Output, SourceMention
from ergos.kernel.triggers import Schedule

PROSE = "every day read ./notes and tell me"
INTENT = Intent(
    prose=PROSE,
    language="en",
    triggers=(Found(Schedule(name="s", rule="FREQ=DAILY"), (0, 9)),),
    sources=(Found(SourceMention(at="./notes"), (15, 22)),),
    actions=(Found(Action(verb="read", object="./notes"), (10, 22)), Found(Action(verb="notify"), (27, 34))),
    output=Found(Output(form="summary", pages=2), (10, 22)),
    budgets=(Found(BudgetSaid(amount=Decimal("5.00"), unit="USD", period="month"), (0, 9)),),
    approvals=(Found(ApprovalSaid(before="publish", when=(("total", ">", "1000 EUR"),)), (0, 9)),),
)


def test_an_intent_is_read_back_as_it_was_written() -> None:
    assert msgspec.json.decode(msgspec.json.encode(INTENT), type=Intent) == INTENT


def test_every_span_lies_within_the_prose() -> None:
    found = [*INTENT.triggers, *INTENT.sources, *INTENT.actions, *INTENT.budgets]
    assert all(0 <= one.span[0] < one.span[1] <= len(PROSE) for one in found)
    assert PROSE[slice(*INTENT.sources[0].span)] == INTENT.sources[0].value.at
