"""What is reserved is its owner's alone; what is delegated goes no further than was said."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ergos.kernel.permission.grants import Grant, permits
from ergos.kernel.rights import Case, Delegation, Rights, asked_of_owner, may_decide, names, objection, reserves

BOB = Delegation(
    delegate="bob",
    owner="alice",
    agents=("shop.*", "payer"),
    tools=("pay",),
    kinds=("approval", "doubt"),
    amounts={"amount": (0, 500)},
    until_ns=100,
)
RIGHTS = Rights(owner="alice", reserved=("mail.send", "press.*"), delegations=(BOB,))
CASE = Case(owner="alice", agent="payer", kind="approval", tool="pay", arguments={"amount": 400})


@pytest.mark.parametrize(
    ("pattern", "name", "means"),
    [
        ("mail.send", "mail.send", True), ("mail.send", "mail.sender", False), ("mail.*", "mail.send", True),
        ("mail.*", "mail", False), ("mail.*", "mailx.send", False), ("*", "anything", True), ("*", "", False),
        ("", "", False), ("mail.send", "MAIL.SEND", False), ("mail.*.x", "mail.a.x", False),
    ],
)  # fmt: skip
def test_a_pattern_means_a_name_or_what_is_below_it(pattern: str, name: str, means: bool) -> None:
    assert names(pattern, name) is means
    assert reserves((pattern,), name) is means


def test_every_permit_of_a_reserved_tool_asks_under_its_own_name() -> None:
    free = Grant(agent="a", verb="act", name="mail.*")
    asks = Grant(agent="a", verb="act", name="mail.send", ask=True)
    given_ = permits((free, asks))
    read = asked_of_owner(given_)
    assert [one.id for one in read] == [one.id for one in given_]
    assert all(one.grant.ask for one in read)


def test_owners_decide_what_is_theirs_even_what_is_reserved() -> None:
    case = msgspec.structs.replace(CASE, reserved=True, owner="carol")
    assert objection(RIGHTS, case, "carol", 0) == ""
    assert objection(RIGHTS, case, "alice", 0) == "", "who owns the home decides at the machine itself"


@pytest.mark.parametrize("by", ["bob", "mcp", "process 7", "", "payer", "Alice", "alice ", "eve"])
def test_nobody_else_decides_what_is_reserved(by: str) -> None:
    assert "only alice decides" in objection(RIGHTS, msgspec.structs.replace(CASE, reserved=True), by, 0)


def test_a_delegate_decides_what_was_delegated() -> None:
    assert objection(RIGHTS, CASE, "bob", 0) == ""
    assert may_decide(RIGHTS, CASE, 0) == ("bob",)
    assert objection(RIGHTS, msgspec.structs.replace(CASE, agent="shop.berlin"), "bob", 0) == ""


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"owner": "carol"}, "alice's decisions"),
        ({"agent": "writer"}, "none of the agents"),
        ({"agent": ""}, "none of the agents"),
        ({"tool": "refund"}, "none of the tools"),
        ({"tool": ""}, "none of the tools"),
        ({"kind": "question"}, "only approval and doubt"),
        ({"arguments": {"amount": 501}}, "amount is not between"),
        ({"arguments": {"amount": -1}}, "amount is not between"),
        ({"arguments": {"amount": "400"}}, "amount is not between"),
        ({"arguments": {"amount": True}}, "amount is not between"),
        ({"arguments": {"amount": float("nan")}}, "amount is not between"),
        ({"arguments": {"amount": [400]}}, "amount is not between"),
        ({"arguments": {}}, "amount is not between"),
        ({"arguments": {"Amount": 400}}, "amount is not between"),
    ],
)
def test_a_delegate_decides_nothing_beyond_it(change: dict[str, object], why: str) -> None:
    case = msgspec.structs.replace(CASE, **change)
    assert why in objection(Rights(delegations=(BOB,)), case, "bob", 0)
    assert may_decide(RIGHTS, case, 0) == ()


def test_a_delegation_ends() -> None:
    assert objection(RIGHTS, CASE, "bob", 99) == ""
    assert "has ended" in objection(RIGHTS, CASE, "bob", 100)


def test_a_client_that_acts_for_the_owner_decides_what_is_not_reserved() -> None:
    assert objection(RIGHTS, CASE, "mcp", 0) == ""


@given(
    by=st.sampled_from(["bob", "mcp", "eve", "process 1"]),
    agent=st.text(max_size=8),
    tool=st.text(max_size=8),
    amount=st.one_of(st.integers(), st.floats(), st.text(max_size=3), st.none()),
    now_ns=st.integers(0, 200),
)
def test_no_case_that_is_reserved_is_decided_by_anybody_but_its_owner(
    by: str, agent: str, tool: str, amount: object, now_ns: int
) -> None:
    case = Case(owner="alice", agent=agent, kind="approval", tool=tool, arguments={"amount": amount}, reserved=True)  # type: ignore[dict-item]
    assert objection(RIGHTS, case, by, now_ns)
    assert may_decide(RIGHTS, case, now_ns) == ()
