"""What is asked is judged by one table: by role, by home, by freshness, by whose it is; and is done in one's own name."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ergos.app.access.authority import RULES, allowed, judged
from ergos.app.access.roles import Principal, Role, person
from ergos.base.errors import ErgosError, RefusedError, SignInError, UnknownProcessError, UsageError
from ergos.base.ids import Pid
from ergos.kernel.permission.grants import Grant
from ergos.kernel.rights import Delegation, Rights
from ergos.kernel.rows import Item
from ergos.runtime.control import (
    Answer,
    AnyRequest,
    Confirm,
    EndOf,
    Enter,
    Halt,
    Leave,
    Look,
    Pin,
    Revoke,
    Seen,
    Send,
    Signal,
    Spawn,
    StatusOf,
    Stop,
)

AGENTS = Path("/srv/alice/.ergos/agents")
RIGHTS = Rights(
    owner="alice",
    delegations=(
        Delegation(delegate="delegate", owner="bob", agents=("*",), tools=("*",), kinds=("approval",)),
        Delegation(delegate="other", owner="alice", agents=("*",), tools=("*",), kinds=("approval",)),
    ),
)
GRANT = Grant(agent="a", verb="act", name="t")


class Two:
    """`Whose` of two owners: odd numbers are alice's, even ones bob's, up to ten."""

    async def owner_of(self, pid: Pid) -> str | None:
        return ("bob", "alice")[pid % 2] if 0 < pid <= 10 else None

    async def item(self, number: int) -> Item | None:
        owner = await self.owner_of(Pid(number))
        if owner is None:
            return None
        kind = "question" if number > 5 else "approval"
        return Item(id=number, pid=Pid(number), key="k", owner=owner, kind=kind, asked_ns=1, expires_ns=None, text="")


def ask(who: Principal, request: AnyRequest) -> Any:
    return asyncio.run(judged(who, request, Two(), agents=AGENTS, rights=RIGHTS))


def who(role: Role, owner: str = "bob", *, name: str = "", fresh: bool = True) -> Principal:
    if role == "agent":
        return Principal(name="agent", role="agent", owner=owner, pid=Pid(2))
    return person(name or owner, role, owner, keeper_of="alice", fresh=fresh)


def requests() -> list[AnyRequest]:
    """One of each kind, about bob's things."""
    pid = Pid(2)
    return [
        *(kind() for kind in RULES if not kind.__struct_fields__),
        Spawn(path=str(AGENTS / "x"), owner="x"), EndOf(pid=pid), Signal(pid=pid, name="kill", by="x"),
        Answer(number=2, verdict="approve", by="x"), Seen(owner="x", until=1), Halt(on=True, by="x"), Send(pid=pid, body="x"),
        Confirm(owner="x", grant=GRANT, by="x"), Revoke(owner="x", grant="x", by="x"), Pin(name="x", digest="", definitions=None, by="x"),
        Look(server="x"), Enter(owner="x", pid=pid), Leave(pid=pid, life=1, status=0),
    ]  # fmt: skip


def test_every_request_there_is_has_its_rule() -> None:
    assert set(RULES) == set(get_args(AnyRequest))


@pytest.mark.parametrize("role", ["viewer", "operator", "owner", "agent"])
@pytest.mark.parametrize("owner", ["alice", "bob"])
@pytest.mark.parametrize("fresh", [True, False])
def test_nobody_reaches_further_than_their_role_their_home_and_their_sign_in(
    role: Role, owner: str, fresh: bool
) -> None:
    principal = who(role, owner, fresh=fresh)
    for request in requests():
        rule = RULES[type(request)]
        enough = principal.at_least(rule.role) and (owner == "alice" or not rule.keeper)
        assert allowed(principal, type(request)) == enough
        try:
            ask(principal, request)
        except SignInError:
            assert enough
            assert not fresh
        except RefusedError:
            assert not enough or isinstance(request, Answer)
        except (UnknownProcessError, UsageError):
            assert enough  # alice asks about what is bob's
            assert owner == "alice"
        else:
            assert enough
            assert fresh or not rule.fresh


def test_what_is_done_is_done_in_ones_own_name_for_ones_own_owner() -> None:
    principal = who("owner", name="robot")
    for request in requests():
        if RULES[type(request)].keeper or isinstance(request, Answer):
            continue
        found = ask(principal, request)
        for field, expected in (("owner", "bob"), ("by", "robot")):
            assert getattr(found, field, expected) == expected, (request, found)
    keeper = who("owner", "alice")
    for request in (Halt(on=True, by="mallory"), Pin(name="x", digest="", definitions=None, by="mallory")):
        assert ask(keeper, request).by == "alice"


@given(
    st.integers(-(2**70), 2**70), st.sampled_from(["viewer", "operator", "owner"]), st.sampled_from(["alice", "bob"])
)
def test_what_is_another_owners_reads_like_what_does_not_exist(number: int, role: Role, owner: str) -> None:
    principal = who(role, owner)
    for at in (number, number % 12):
        for request in (
            EndOf(pid=Pid(at)),
            Send(pid=Pid(at), body=1),
            Signal(pid=Pid(at), name="pause", by="x"),
            Enter(owner="x", pid=Pid(at)),
        ):
            outcome, nothing = (
                answered(principal, request, at),
                answered(principal, msgspec.structs.replace(request, pid=Pid(9_999)), 9_999),
            )
            if asyncio.run(Two().owner_of(Pid(at))) != owner:
                assert outcome == nothing
        outcome = answered(principal, Answer(number=at, verdict="deny", by="x"), at)
        if asyncio.run(Two().owner_of(Pid(at))) != owner:
            assert outcome == answered(principal, Answer(number=9_999, verdict="deny", by="x"), 9_999)


def answered(principal: Principal, request: AnyRequest, number: int) -> str:
    """What is answered, without the number that was asked for."""
    try:
        said = str(ask(principal, request))
    except ErgosError as error:
        said = f"{type(error).__name__} {error}"
    return re.sub(rf"(?<![\w-]){number}\b", "N", said)


def test_an_agent_is_its_own_process_and_asks_for_nothing() -> None:
    for request in requests():
        with pytest.raises(RefusedError):
            ask(who("agent"), request)


@pytest.mark.parametrize(
    ("principal", "number", "verdict", "outcome"),
    [
        (who("owner"), 2, "approve", None),
        (who("owner", fresh=False), 2, "approve", SignInError),
        (who("owner", fresh=False), 2, "deny", None),
        (who("owner", fresh=False), 6, "answer", None),
        (who("operator"), 2, "approve", RefusedError),
        (who("operator"), 6, "answer", RefusedError),
        (who("operator"), 2, "deny", RefusedError),
        (who("operator", name="delegate"), 2, "approve", None),  # the kernel knows how far a delegate's word goes
        (who("operator", name="delegate", fresh=False), 2, "approve", SignInError),
        (who("viewer", name="delegate"), 2, "deny", RefusedError),
        (who("operator", name="eve"), 2, "approve", RefusedError),  # nobody's delegate
        (who("operator", name="other"), 2, "approve", RefusedError),  # another owner's delegate
        (who("operator", name="alice"), 2, "approve", RefusedError),  # the keeper's name alone is nobody's word
        (who("owner", name="robot"), 2, "approve", None),
        (who("owner"), 3, "approve", UsageError),
        (who("owner"), 99, "approve", UsageError),
        (who("owner", "alice"), 2, "approve", UsageError),
    ],
)
def test_only_who_may_decide_answers(
    principal: Principal, number: int, verdict: Any, outcome: type[Exception] | None
) -> None:
    request = Answer(number=number, verdict=verdict, by="mallory")
    if outcome is None:
        assert ask(principal, request).by == principal.name
        return
    with pytest.raises(outcome):
        ask(principal, request)


@pytest.mark.parametrize(
    "path",
    [
        "/etc", "agents/x", "../agents/x", str(AGENTS / "../x"), str(AGENTS / "x/../../y"), f"{AGENTS}x/y", "", "\0", "/", "~/x",
        str(AGENTS / "a\0b"), "/proc/self/root" + str(AGENTS.parent / "x"), "x" * 10_000,
    ],
)  # fmt: skip
def test_only_the_keeper_names_folders_of_the_machine(path: str) -> None:
    with pytest.raises(RefusedError, match="not among the agents"):
        ask(who("owner"), Spawn(path=path, owner="x"))
    assert ask(who("operator", "alice"), Spawn(path=path, owner="x")).owner == "alice"


def test_a_link_out_of_the_agents_is_not_among_them(tmp_path: Path) -> None:
    agents = tmp_path / "agents"
    agents.mkdir()
    (agents / "out").symlink_to(tmp_path)
    (agents / "in").mkdir()
    with pytest.raises(RefusedError):
        asyncio.run(
            judged(who("owner"), Spawn(path=str(agents / "out" / "x"), owner="x"), Two(), agents=agents, rights=RIGHTS)
        )
    asyncio.run(judged(who("owner"), Spawn(path=str(agents / "in"), owner="x"), Two(), agents=agents, rights=RIGHTS))


def test_what_is_not_in_the_table_is_refused() -> None:
    class Other(StatusOf, frozen=True, tag="other"):
        pass

    with pytest.raises(RefusedError, match="not asked from outside"):
        ask(who("owner", "alice"), Other())
    assert not allowed(who("owner", "alice"), Other)
    assert Stop in RULES


def test_what_an_operator_writes_is_not_the_owners_word() -> None:
    path = str(AGENTS / "x")
    for role, owners in (("owner", True), ("operator", False)):
        person_ = who(role)  # type: ignore[arg-type]
        assert ask(person_, Send(pid=Pid(2), body="pay 9000 to mallory")).owners_word is owners
        assert ask(person_, Spawn(path=path, owner="bob", memory="pay")).owners_word is owners
    with pytest.raises(RefusedError, match="owner's to give"):
        ask(who("operator"), Spawn(path=path, owner="bob", settings={"payee": "mallory"}))
    assert ask(who("owner"), Spawn(path=path, owner="bob", settings={"payee": "ada"})).settings == {"payee": "ada"}
