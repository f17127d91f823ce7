"""Deny by default; a consequential argument has an origin; free text does not leave by itself."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ergos.base.canonical import encode
from ergos.base.ids import Pid
from ergos.kernel.labels import TRUSTED, UNTRUSTED, USER, Label
from ergos.kernel.permission.grants import Grant, Matcher, Permit, matches, permits
from ergos.kernel.permission.grounding import Said
from ergos.kernel.permission.naming import Named
from ergos.kernel.permission.policy import (
    WITHOUT_GRANT,
    Allowed,
    Ask,
    Denied,
    Proposal,
    approval_digest,
    decide,
    leaves_text,
)
from tests.kernel.plain import KINDS, PLAIN, nested

MATCHERS = st.builds(
    Matcher,
    KINDS,
    st.lists(st.text(max_size=5) | st.integers() | st.floats(-1e9, 1e9) | st.booleans(), max_size=3).map(tuple),
)
NAMES = st.sampled_from(["mail.send", "mail.read", "mail.*", "*", ".*", "", "mail", "a"])
ARGUMENTS = st.sampled_from(["to", "path", "body"])
GRANTS = st.builds(
    Grant,
    agent=st.sampled_from(["a", "b", "*"]),
    verb=st.sampled_from(["act", "think", "send", "spawn"]),
    name=NAMES,
    args=st.none() | st.dictionaries(ARGUMENTS, MATCHERS),
    ask=st.booleans(),
    expires_ns=st.none() | st.integers(-5, 5),
    times=st.none() | st.integers(0, 2),
)
PERMITS = st.lists(GRANTS, max_size=4).map(permits)
LABELS = st.builds(
    Label,
    st.sampled_from(["user", "trusted", "untrusted"]),
    st.none() | st.lists(st.sampled_from(["eve@x.com", "bob@x.com"]), max_size=2).map(tuple),
)
PROPOSALS = st.builds(
    Proposal,
    agent=st.sampled_from(["a", "b", ""]),
    verb=st.sampled_from(["act", "think", "send", "spawn", "recall", "hire", ""]),
    name=NAMES,
    args=st.dictionaries(ARGUMENTS, PLAIN | st.sampled_from(["bob@x.com", ["bob@x.com"], "/srv", 5])),
    label=LABELS,
    reach=st.sampled_from(["read", "own", "others", "money", "code"]),
    roles=st.dictionaries(ARGUMENTS, st.sampled_from(["recipient", "target", "text", "plain"])),
    modelled=st.booleans(),
    wrote=st.booleans(),
)
HEARINGS = st.lists(
    st.tuples(PLAIN | st.just("mail bob@x.com /srv 5"), st.sampled_from(["user", "trusted", "untrusted"])), max_size=3
)
WORSE = {Allowed: 0, Ask: 1, Denied: 2}
RANK = {"user": 0, "trusted": 1, "untrusted": 2}


def heard(*hearings) -> Said:
    said = Said()
    for value, integrity in hearings:
        said.hear(value, integrity)
    return said


def badness(decision) -> int:
    return WORSE[type(decision)]


# Properties


@given(PROPOSALS, PERMITS, HEARINGS, st.integers())
def test_the_decision_is_total_and_nothing_passes_without_a_live_permit(proposal, permits, hearings, now) -> None:
    said = heard(*hearings)
    found = decide(proposal, permits, said, now)
    assert isinstance(found, (Allowed, Ask, Denied))
    encode(msgspec.to_builtins(found))
    assert isinstance(leaves_text(proposal, said), bool)
    if isinstance(found, Denied) or proposal.verb in WITHOUT_GRANT:
        assert getattr(found, "why", "x")
        return
    grants = [permit.grant for permit in permits if permit.id == found.grant and permit.left != 0]
    assert any(covers(grant, proposal, said, now) for grant in grants)
    if isinstance(found, Allowed):
        assert any(not grant.ask for grant in grants)


def covers(grant: Grant, proposal: Proposal, said: Said, now: int) -> bool:
    """A grant as the documentation has it, written a second time."""
    name = proposal.name
    if grant.verb != proposal.verb or grant.agent not in {proposal.agent, "*"}:
        return False
    if grant.name != name and not (grant.name[-2:] == ".*" and name[: len(grant.name) - 1] == grant.name[:-1]):
        return False
    if grant.expires_ns is not None and grant.expires_ns <= now:
        return False
    if grant.args is None:
        return True
    wanted = {key for key, matcher in grant.args.items() if matcher.kind != "any"}
    return wanted <= proposal.args.keys() <= grant.args.keys() and all(
        said.integrity(value, key) != "untrusted"
        if grant.args[key].kind == "grounded"
        else matches(grant.args[key], value)
        for key, value in proposal.args.items()
    )


@given(PROPOSALS, PERMITS, HEARINGS, st.integers(-9, 9), st.data())
def test_revoking_expiring_and_using_up_only_take_away(proposal, permits, hearings, now, data) -> None:
    said = heard(*hearings)
    before = decide(proposal, permits, said, now)
    if not permits:
        return
    at = data.draw(st.integers(0, len(permits) - 1))
    gone = permits[:at] + permits[at + 1 :]
    used = (*permits[:at], Permit(permits[at].id, permits[at].grant, 0), *permits[at + 1 :])
    old = msgspec.structs.replace(permits[at].grant, expires_ns=now)
    expired = (*permits[:at], Permit(permits[at].id, old, permits[at].left), *permits[at + 1 :])
    for fewer in (gone, used, expired):
        assert badness(decide(proposal, fewer, said, now)) >= badness(before)
    assert badness(decide(proposal, permits, said, now + 10)) >= badness(before)


@given(PROPOSALS, PERMITS, GRANTS, HEARINGS, st.integers(-9, 9), st.booleans())
def test_one_more_permit_makes_nothing_worse(proposal, held, grant, hearings, now, first) -> None:
    said, more = heard(*hearings), permits([grant])
    before = decide(proposal, held, said, now)
    assert badness(decide(proposal, more + held if first else held + more, said, now)) <= badness(before)


@given(PROPOSALS, PERMITS, HEARINGS, PLAIN, st.integers(-9, 9))
def test_what_others_say_changes_no_decision(proposal, permits, hearings, value, now) -> None:
    before = decide(proposal, permits, heard(*hearings), now)
    assert decide(proposal, permits, heard(*hearings, (value, "untrusted")), now) == before
    assert badness(decide(proposal, permits, heard(*hearings, (value, "user")), now)) <= badness(before)


@given(PROPOSALS, PERMITS, HEARINGS, LABELS, st.integers(-9, 9))
def test_a_worse_label_makes_nothing_better(proposal, permits, hearings, label, now) -> None:
    said, own = heard(*hearings), proposal.label
    readers = own.readers if label.readers is None else label.readers
    if own.readers is not None and label.readers is not None:
        readers = tuple(reader for reader in label.readers if reader in own.readers)
    worse = Label(max(own.integrity, label.integrity, key=RANK.__getitem__), readers)
    after = decide(msgspec.structs.replace(proposal, label=worse), permits, said, now)
    assert badness(after) >= badness(decide(proposal, permits, said, now))


@given(PROPOSALS, PERMITS, HEARINGS, st.integers(-9, 9))
def test_a_model_in_the_turn_and_a_text_written_make_nothing_better(proposal, permits, hearings, now) -> None:
    said = heard(*hearings)
    calm = msgspec.structs.replace(proposal, modelled=False, wrote=False)
    before = badness(decide(calm, permits, said, now))
    for stirred in (msgspec.structs.replace(calm, modelled=True), msgspec.structs.replace(calm, wrote=True)):
        assert badness(decide(stirred, permits, said, now)) >= before


# Grants


def act(name: str, args: dict, *grants: Grant, now: int = 0, agent: str = "a", verb: str = "act"):
    return decide(Proposal(agent=agent, verb=verb, name=name, args=args, label=USER), permits(grants), Said(), now)


def test_what_no_grant_names_is_denied() -> None:
    grant = Grant(agent="a", verb="act", name="x")
    assert act("x", {}) == Denied("grants", "a may not act x: no grant names it")
    assert isinstance(act("x", {}, grant), Allowed)
    for denied in (
        act("xy", {}, grant),
        act("X", {}, grant),
        act("x", {}, grant, agent="b"),
        act("x", {}, grant, verb="send"),
        act("x", {}, Grant(agent="a", verb="act", name="*")),
    ):
        assert isinstance(denied, Denied)
    assert isinstance(act("x", {}, Grant(agent="*", verb="act", name="x"), agent="b"), Allowed)


def test_a_prefix_covers_what_is_below_it_only() -> None:
    grant = Grant(agent="a", verb="act", name="mail.*")
    assert isinstance(act("mail.send", {}, grant), Allowed)
    assert isinstance(act("mail", {}, grant), Denied)
    assert isinstance(act("mailbox.send", {}, grant), Denied)


def test_an_expired_grant_is_no_grant() -> None:
    grant = Grant(agent="a", verb="act", name="x", expires_ns=10)
    assert isinstance(act("x", {}, grant, now=9), Allowed)
    assert act("x", {}, grant, now=10) == Denied("grants", "a may not act x: its grant has expired")


def test_a_grant_that_was_used_up_is_no_grant() -> None:
    grant = Grant(agent="a", verb="act", name="x", times=2)
    (permit,) = permits([grant])
    proposal = Proposal(agent="a", verb="act", name="x", args={}, label=USER)
    assert decide(proposal, [permit], Said(), 0) == Allowed(permit.id)
    denied = decide(proposal, permits([grant], {permit.id: 2}), Said(), 0)
    assert denied == Denied("grants", "a may not act x: its grant allowed 2 calls, and they were made")


@pytest.mark.parametrize(
    ("args", "why"),
    [
        ({"n": 3}, ""),
        ({"n": 3, "free": "x"}, ""),
        ({"n": 4}, "n 4 is not between 1 and 3"),
        ({"n": 3, "m": 1}, "its grant does not mention the argument m"),
        ({}, "its grant wants the argument n, which is not given"),
        ({"n": None}, "n None is not between 1 and 3"),
    ],
)
def test_every_argument_is_within_the_grant(args: dict, why: str) -> None:
    matchers = {"n": Matcher("range", (1, 3)), "free": Matcher("any")}
    found = act("x", args, Grant(agent="a", verb="act", name="x", args=matchers))
    assert found == Denied("grants", f"a may not act x: {why}") if why else isinstance(found, Allowed)


def test_a_grant_that_asks_yields_to_one_that_does_not() -> None:
    asks, free = Grant(agent="a", verb="act", name="x", ask=True), Grant(agent="a", verb="act", name="x")
    found = act("x", {}, asks)
    assert isinstance(found, Ask)
    assert (found.rule, found.why) == ("grant", "you approve every x")
    assert isinstance(act("x", {}, asks, free), Allowed)


def test_calls_that_reach_nobody_need_no_grant() -> None:
    for verb in WITHOUT_GRANT:
        assert isinstance(act("x", {}, verb=verb), Allowed)


# Rules 2 and 3

ROLES = {"to": "recipient", "path": "target", "amount": "target", "body": "text", "note": "plain"}


def judged(
    args: dict,
    *,
    words: str = "mail bob@x.com 5 times about the plan",
    label: Label = UNTRUSTED,
    reach: str = "others",
    matchers: dict[str, Matcher] | None = None,
    roles: dict = ROLES,
    **more,
):
    grant = Grant(agent="a", verb="act", name="x", args=matchers)
    proposal = Proposal(agent="a", verb="act", name="x", args=args, label=label, reach=reach, roles=roles, **more)
    return decide(proposal, permits([grant]), heard((words, "user")), 0)


def rule(*args, **more) -> str:
    found = judged(*args, **more)
    return found.rule if isinstance(found, Ask) else type(found).__name__.lower()


def test_an_argument_that_nobody_trusted_said_asks() -> None:
    found = judged({"to": "eve@x.com", "body": "the plan"})
    assert isinstance(found, Ask)
    assert found.rule == "grounding"
    assert found.why == (
        "to eve@x.com comes neither from you nor from a source you trust, after text was read that nobody vouches for"
    )
    assert rule({"to": "bob@x.com", "body": "the plan"}) == "allowed"
    assert rule({"amount": 6}) == "grounding"
    assert rule({"amount": 5}) == "allowed"
    assert rule({"to": ["bob@x.com", "eve@x.com"]}) == "grounding"


def test_a_program_that_read_nothing_and_asked_no_model_is_taken_at_its_word() -> None:
    for label in (USER, TRUSTED):
        assert rule({"to": "eve@x.com", "body": "hello"}, label=label) == "allowed"
        assert rule({"to": "eve@x.com", "body": "hello"}, label=label, modelled=True) == "grounding"
        assert rule({"to": "bob@x.com", "body": "hello"}, label=label, modelled=True) == "allowed"


def test_what_lies_within_the_owners_own_bounds_is_the_owners_word() -> None:
    anything = {"to": Matcher("any"), "body": Matcher("any")}
    for matcher in (
        Matcher("domain", ("x.com",)),
        Matcher("equals", ("eve@x.com",)),
        Matcher("one_of", ("eve@x.com",)),
    ):
        assert rule({"to": "eve@x.com", "body": "the plan"}, matchers={**anything, "to": matcher}) == "allowed"
    assert rule({"to": "eve@x.com", "body": "the plan"}, matchers=anything) == "grounding"
    assert rule({"to": "eve@x.com", "body": "the plan"}, matchers={**anything, "to": Matcher("grounded")}) == "denied"
    assert rule({"to": "bob@x.com", "body": "the plan"}, matchers={**anything, "to": Matcher("grounded")}) == "allowed"
    assert (
        rule({"to": "bob@x.com", "body": "free"}, matchers={**anything, "body": Matcher("equals", ("free",))})
        == "allowed"
    )


@pytest.mark.parametrize("reach", ["others", "money"])
def test_free_text_that_leaves_asks_once_untrusted_text_was_read(reach: str) -> None:
    args = {"to": "bob@x.com", "body": "the password is hunter2"}
    found = judged(args, reach=reach)
    assert isinstance(found, Ask)
    assert found.rule == "content"
    assert found.why.startswith("body the password is hunter2 would leave for another reader")
    assert rule(args, reach=reach, label=TRUSTED) == "allowed"
    assert rule({**args, "body": "the plan: 5"}, reach=reach) == "allowed"
    assert rule({**args, "body": "2024-05-06"}, reach=reach) == "allowed"


def test_what_has_no_other_reader_needs_no_rule_about_its_content() -> None:
    for reach in ("own", "read", "code"):
        assert rule({"body": "the password is hunter2"}, reach=reach) == "allowed"
        assert rule({"body": "the password is hunter2", "to": []}, reach=reach) == "allowed"
        assert rule({"body": "the password is hunter2", "to": ["bob@x.com"]}, reach=reach) == "content"


def test_what_was_written_without_a_question_does_not_leave_without_one() -> None:
    said = heard(("share plan.txt with bob@x.com", "user"))
    write = Proposal(
        agent="a",
        verb="act",
        name="x",
        args={"path": "plan.txt", "body": "secrets"},
        label=UNTRUSTED,
        reach="own",
        roles=ROLES,
    )
    assert leaves_text(write, said)
    for quiet in (
        msgspec.structs.replace(write, label=USER),
        msgspec.structs.replace(write, reach="read"),
        msgspec.structs.replace(write, args={"path": "plan.txt", "body": "plan.txt"}),
    ):
        assert not leaves_text(quiet, said)
    share = {"path": "plan.txt", "to": "bob@x.com"}
    assert rule(share, words="share plan.txt with bob@x.com") == "allowed"
    found = judged(share, words="share plan.txt with bob@x.com", wrote=True)
    assert isinstance(found, Ask)
    assert found.rule == "content"
    assert "path plan.txt" in found.why
    assert rule({"to": "bob@x.com", "amount": 5}, words="pay bob@x.com 5", wrote=True, reach="money") == "allowed"
    assert rule({"to": "bob@x.com", "path": 5}, wrote=True) == "content"


def test_what_was_read_for_certain_readers_stays_with_them() -> None:
    for integrity in ("user", "trusted", "untrusted"):
        label = Label(integrity, ("bob@x.com",))
        assert rule({"to": "bob@x.com", "body": "the plan"}, label=label) == "allowed"
        words = "mail bob@x.com and eve@x.com the plan"
        assert rule({"to": "eve@x.com", "body": "the plan"}, label=label, words=words) == "readers"
        assert rule({"to": ["bob@x.com", "eve@x.com"]}, label=label, words=words) == "readers"
        assert rule({"body": "the plan"}, label=label) == "readers"
        assert rule({"body": "the plan"}, label=label, reach="own") == "allowed"


def test_an_argument_without_a_role_is_consequential_where_something_changes() -> None:
    assert rule({"whatever": "eve"}, roles={}) == "grounding"
    assert rule({"whatever": "eve"}, roles={}, reach="own") == "grounding"
    assert rule({"whatever": "eve"}, roles={}, reach="read") == "allowed"
    assert rule({"url": "evil.net"}, roles={"url": "target"}, reach="read") == "grounding"
    for address in ("https://evil.net/", "HTTP://evil.net", ["ftp://evil.net"], {"at": "x://y"}):
        assert rule({"at": address}, roles={}, reach="read") == "grounding"
        assert rule({"at": address}, roles={"at": "plain"}, reach="read") == "allowed"
    assert rule({"at": "https://x.com/a"}, roles={}, reach="read", words="read https://x.com/a") == "allowed"


def test_an_id_follows_from_the_name_the_owner_gave() -> None:
    said = heard(("move the 'Dinner with Ann' to 2024-05-06 19:00", "user"))
    events = [{"id": "5", "title": "Dinner with Ann"}, {"id": "6", "title": "Dinner with Eve"}]
    said.hear(events, "untrusted", (Named("id", by=("title",), fits=("event",)),))
    held = permits([Grant(agent="a", verb="act", name="x")])
    base = Proposal(
        agent="a",
        verb="act",
        name="x",
        args={},
        label=UNTRUSTED,
        reach="own",
        roles={"event": "target", "at": "target"},
    )
    for event, expected in (("5", Allowed), ("6", Ask)):
        proposal = msgspec.structs.replace(base, args={"event": event, "at": "2024-05-06 19:00"})
        assert isinstance(decide(proposal, held, said, 0), expected)


def test_every_question_and_refusal_is_one_readable_sentence() -> None:
    for value in (
        "\ud800",
        "a\nb",
        "x" * 10_000,
        nested(50_000),
        {"a": "\u202e"},
        float("nan"),
        10**5_000,
        ["a"] * 5_000,
    ):
        for found in (
            judged({"to": value}),
            judged({"body": value}),
            judged({"to": value}, matchers={"to": Matcher("equals", ("b",))}),
            judged({"to": "bob@x.com", "path": value}, label=Label("user", ())),
        ):
            if isinstance(found, Allowed):
                continue
            assert found.why.isprintable()
            assert len(found.why) < 500
            encode(found.why)


def test_an_approval_is_bound_to_everything_about_the_call() -> None:
    bound = {"tool": None, "content": "c", "grant": "g", "pid": Pid(1), "turn": 1, "key": "k", "label": USER}
    first = approval_digest(**bound)
    assert first == approval_digest(**bound)
    for key, other in [
        ("content", "d"),
        ("grant", "h"),
        ("pid", Pid(2)),
        ("turn", 2),
        ("key", "l"),
        ("label", TRUSTED),
    ]:
        assert approval_digest(**{**bound, key: other}) != first
