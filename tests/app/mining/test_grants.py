"""Approvals suggest grants as narrow as what was approved; the line that is shown makes exactly that grant."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from ergos.app.home import home_at
from ergos.app.mining.costs import tools_of
from ergos.app.mining.decisions import Decision
from ergos.app.mining.grants import GrantHabit, grant_line, habits_of
from ergos.base.canonical import Plain
from ergos.base.clock import SECOND
from ergos.kernel.packages import ToolSpec
from ergos.kernel.permission.grants import Grant, Matcher
from ergos.lib.grant_words import arguments

DAY = 86_400 * SECOND


@pytest.fixture
def tools(tmp_path: Path) -> dict[str, ToolSpec]:
    return tools_of(home_at(tmp_path, {"HOME": str(tmp_path)}))


def asked(tool: str, several: list[dict[str, Plain]], *, approved: bool = True) -> list[Decision]:
    return [
        Decision(agent="a", tool=tool, args=args, approved=approved, at_ns=number * DAY)
        for number, args in enumerate(several)
    ]


def only(found: tuple[GrantHabit, ...]) -> dict[str, Matcher]:
    assert len(found) == 1
    return found[0].grant.args or {}


def test_fourteen_approvals_of_fourteen_are_a_grant_for_exactly_that_recipient(tools: dict[str, ToolSpec]) -> None:
    decisions = asked(
        "mail.send", [{"to": ["bob@example.com"], "subject": f"s{n}", "text": "t" * n} for n in range(14)]
    )
    grants, denials = habits_of(decisions, tools)
    assert not denials
    assert only(grants) == {
        "to": Matcher("equals", ("bob@example.com",)),
        "subject": Matcher("any"),
        "text": Matcher("any"),
    }
    assert grants[0].approved == grants[0].asked == 14
    assert grants[0].share_low > 0.75


def test_one_denial_or_too_few_approvals_suggest_nothing(tools: dict[str, ToolSpec]) -> None:
    args: dict[str, Plain] = {"to": "bob@example.com", "text": "x"}
    assert not habits_of([*asked("mail.send", [args] * 14), *asked("mail.send", [args], approved=False)], tools)[0]
    assert not habits_of(asked("mail.send", [args] * 8), tools)[0]


def test_what_is_denied_to_one_may_be_granted_for_another(tools: dict[str, ToolSpec]) -> None:
    decisions = asked("mail.send", [{"to": "bob@example.com", "text": f"x{n}"} for n in range(20)])
    decisions += asked("mail.send", [{"to": "eve@example.com", "text": "y"}] * 3, approved=False)
    assert only(habits_of(decisions, tools)[0])["to"] == Matcher("equals", ("bob@example.com",))


def test_recipients_that_change_every_time_are_never_opened(tools: dict[str, ToolSpec]) -> None:
    assert not habits_of(asked("mail.send", [{"to": f"p{n}@example.com", "text": "x"} for n in range(40)]), tools)[0]
    assert not habits_of(asked("files.write", [{"path": f"f{n}", "text": "x"} for n in range(40)]), tools)[0]


def test_what_runs_code_or_is_unknown_has_every_argument_bounded(tools: dict[str, ToolSpec]) -> None:
    assert not habits_of(asked("shell.run", [{"command": f"echo {n}"} for n in range(40)]), tools)[0]
    assert only(habits_of(asked("shell.run", [{"command": "make test"}] * 20), tools)[0]) == {
        "command": Matcher("equals", ("make test",))
    }
    assert not habits_of(asked("shop.buy", [{"item": f"i{n}"} for n in range(40)]), tools)[0]


def test_a_few_values_are_listed_and_numbers_are_a_range(tools: dict[str, ToolSpec]) -> None:
    decisions = asked("shop.pay", [{"to": ("ann", "bob")[n % 2], "amount": 10 + n, "memo": "m"} for n in range(20)])
    assert only(habits_of(decisions, tools)[0]) == {
        "to": Matcher("one_of", ("ann", "bob")),
        "amount": Matcher("range", (10, 29)),
        "memo": Matcher("equals", ("m",)),
    }


def test_what_is_always_denied_is_said(tools: dict[str, ToolSpec]) -> None:
    _, denials = habits_of(asked("mail.send", [{"to": "x"}] * 15, approved=False), tools)
    assert [(one.tool, one.denied) for one in denials] == [("mail.send", 15)]


@pytest.mark.parametrize(
    "args",
    [
        {"to": Matcher("equals", ("bob@example.com",)), "text": Matcher("any")},
        {"n": Matcher("range", (1, 9)), "f": Matcher("range", (-1.5, 2.5))},
        {"a": Matcher("equals", ("12",)), "b": Matcher("equals", (12,)), "c": Matcher("equals", ("any",))},
        {"a": Matcher("one_of", ("x", "y z"))},
        {"a": Matcher("equals", ("under:x",)), "b": Matcher("equals", ("1..2",)), "c": Matcher("equals", ("",))},
    ],
)  # fmt: skip
def test_the_line_makes_exactly_the_grant(args: dict[str, Matcher]) -> None:
    line = grant_line(Grant(agent="a", verb="act", name="t", args=args), "w")
    assert line is not None
    assert arguments(line[4 : line.index("--words")]) == args


def test_a_grant_that_no_line_can_say_is_not_proposed() -> None:
    assert grant_line(Grant(agent="a", verb="act", name="t", args={"a": Matcher("one_of", ("x,y", "z"))}), "w") is None


def test_at_most_one_random_series_of_decisions_in_a_hundred_makes_a_proposal(tools: dict[str, ToolSpec]) -> None:
    false = 0
    for seed in range(400):
        chance = random.Random(seed)
        decisions = [
            Decision(
                agent=chance.choice("ab"),
                tool=chance.choice(("mail.send", "http.send", "files.write")),
                args={"to": chance.choice(("x", "y", "z")), "n": chance.randrange(3)},
                approved=chance.random() < 0.5,
                at_ns=n,
            )
            for n in range(chance.randint(10, 300))
        ]
        grants, denials = habits_of(decisions, tools)
        false += bool(grants or denials)
    assert false <= 4
