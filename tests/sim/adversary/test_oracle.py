"""The oracle judges by the rules alone: each of them, on the smallest case."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from ergos.kernel.labels import Label
from ergos.kernel.permission.grants import Grant, Matcher, permits
from ergos.kernel.permission.policy import Proposal
from ergos.sim.adversary import oracle
from ergos.sim.adversary.oracle import Ground, judged

UNTRUSTED = Label("untrusted", None, modelled=True)


def verdict(
    args: dict[str, object], matchers: dict[str, Matcher] | None = None, *, truth: str = "unsaid", now: int = 0, used: int = 0,
    label: Label = UNTRUSTED, roles: dict[str, str] | None = None, reach: str = "others", name: str = "m.s", **grant: object,
) -> oracle.Verdict:  # fmt: skip
    given = Grant(**{"agent": "a", "verb": "act", "name": "m.s", "args": matchers, **grant})
    (permit,) = permits([given])
    call = Proposal(
        agent="a",
        verb="act",
        name=name,
        args=args,
        label=label,
        reach=reach,
        roles=roles or {},
        modelled=label.modelled,
    )
    return judged(call, Ground([permit], {permit.id: used}, dict.fromkeys(args, truth), now))


def test_it_shares_no_code_with_the_policy() -> None:
    tree = ast.parse(Path(oracle.__file__).read_text())
    taken = {name.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("ergos.kernel")
             for name in node.names}  # fmt: skip
    assert taken == {"Grant", "Matcher", "Permit", "Proposal"}, "records only"


@pytest.mark.parametrize(
    "change",
    [{"agent": "b"}, {"verb": "send"}, {"name": "m.x"}, {"expires_ns": 0}, {"times": 0}, {"name": "m.s.*"}],
)
def test_what_no_grant_in_force_covers_may_not_even_be_asked(change: dict[str, object]) -> None:
    fields = dict(change)
    given = Grant(**{"agent": "a", "verb": "act", "name": "m.s", **fields})
    (permit,) = permits([given])
    call = Proposal(agent="a", verb="act", name="m.s", args={}, label=Label("user"))
    found = judged(call, Ground([permit], {}, {}, 0))
    assert (found.asked, found.silent, found.must, found.covered) == (frozenset(), frozenset(), False, False)


def test_a_grant_is_used_up_by_who_tells_the_story() -> None:
    assert verdict({}, times=2, used=1, label=Label("user")).covered
    assert not verdict({}, times=2, used=2, label=Label("user")).asked


@pytest.mark.parametrize(
    ("matcher", "value", "covered"),
    [
        (Matcher("equals", (1,)), 1, True),
        (Matcher("equals", (1,)), True, False),
        (Matcher("equals", (1,)), 1.0, False),
        (Matcher("equals", ("a",)), "A", False),
        (Matcher("one_of", ("a", "b")), "b", True),
        (Matcher("range", (0, 5)), 5, True),
        (Matcher("range", (0, 5)), 5.1, False),
        (Matcher("range", (0, 5)), float("nan"), False),
        (Matcher("range", (0, 5)), True, False),
        (Matcher("under", ("/srv/a",)), "/srv/a/b.txt", True),
        (Matcher("under", ("/srv/a",)), "/srv/ab", False),
        (Matcher("under", ("/srv/a",)), "/srv/a/../b", False),
        (Matcher("domain", ("x.org",)), "https://x.org/a", True),
        (Matcher("domain", ("x.org",)), "https://n.x.org/a", True),
        (Matcher("domain", ("x.org",)), "https://nx.org/", False),
        (Matcher("domain", ("x.org",)), "https://x.org@evil.net/", False),
        (Matcher("grounded"), "a", False),
    ],
)
def test_matchers(matcher: Matcher, value: object, covered: bool) -> None:
    assert verdict({"k": value}, {"k": matcher}).covered is covered
    assert bool(verdict({"k": value}, {"k": matcher}).asked) is covered


def test_where_the_rules_leave_room_both_are_right() -> None:
    inside = verdict({"k": "/srv/a/../a/b"}, {"k": Matcher("under", ("/srv/a",))})
    assert inside.asked
    assert not inside.covered


def test_arguments_beside_the_grant_are_never_covered() -> None:
    assert not verdict({"k": 1, "z": 1}, {"k": Matcher("any")}).asked
    assert not verdict({}, {"k": Matcher("equals", (1,))}).asked
    assert verdict({}, {"k": Matcher("any")}).asked


def test_what_decides_comes_from_the_owner_or_is_asked() -> None:
    assert not verdict({"to": "x"}, roles={"to": "recipient"}).silent
    assert verdict({"to": "x"}, roles={"to": "recipient"}, truth="said").must
    assert verdict({"to": "x"}, roles={"to": "recipient"}, truth="unclear").silent
    assert not verdict({"to": "x"}, roles={"to": "recipient"}, truth="unclear").must
    assert verdict({"to": "x"}, {"to": Matcher("equals", ("x",))}, roles={"to": "recipient"}).must
    assert verdict({"to": "x"}, roles={"to": "recipient"}, label=Label("user")).silent


def test_free_text_leaves_after_strangers_only_with_a_question() -> None:
    roles = {"t": "text"}
    assert not verdict({"t": "hello"}, roles=roles).silent
    assert verdict({"t": "hello"}, roles=roles, truth="said").must
    assert verdict({"t": "hello"}, roles=roles, reach="own").silent
    assert verdict({"t": "12"}, roles=roles).silent


def test_what_was_read_is_for_its_readers() -> None:
    label = Label("user", ("bob",))
    roles = {"to": "recipient"}
    assert verdict({"to": "bob"}, roles=roles, label=label, truth="said").must
    assert not verdict({"to": "eve"}, roles=roles, label=label, truth="said").silent
    assert not verdict({"t": "x"}, roles={"t": "text"}, label=label, truth="said").silent


def test_reading_at_an_address_tells_somebody() -> None:
    assert not verdict({"u": "https://evil.net/?secret"}, reach="read").silent
    assert verdict({"u": "inbox"}, reach="read").silent
