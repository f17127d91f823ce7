"""An agent that can be turned against its owner is refused before it runs, and its owner is told by which grants."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ergos.kernel.packages import ToolSpec
from ergos.kernel.permission.exposure import TEXTS, Finding, exposures, refused
from ergos.kernel.permission.grants import Grant, Matcher, grant_id


def tool(name: str, *parameters: str, **fields: object) -> ToolSpec:
    schema = {
        "type": "object",
        "properties": {key: {"type": "string"} for key in parameters},
        "additionalProperties": False,
    }
    return ToolSpec(**{"name": name, "summary": "", "parameters": schema, "effect": "irreversible", **fields})


SPECS = {
    spec.name: spec
    for spec in (
        tool("web.fetch", "url", effect="pure", roles={"url": "target"}),
        tool("files.read", "path", effect="pure", trusted=True, readers=("owner",)),
        tool("files.write", "path", "text", reach="own"),
        tool("mail.send", "to", "body", reach="others", roles={"to": "recipient", "body": "text"}),
        tool("bank.pay", "iban", "amount", reach="money", roles={"iban": "recipient"}),
        tool("shell.run", "command", "network", reach="code"),
    )
}
BOB = {"to": Matcher("equals", ("bob@x.org",)), "body": Matcher("any")}


def act(name: str, args: dict[str, Matcher] | None = None, agent: str = "a", **fields: object) -> Grant:
    return Grant(**{"agent": agent, "verb": "act", "name": name, "args": args, **fields})


def codes(*grants: Grant, **more: object) -> list[str]:
    return [finding.code for finding in exposures("a", grants, SPECS, **more)]


def test_an_agent_with_all_three_is_refused_and_told_which_grant_is_which() -> None:
    grants = [act("web.fetch"), act("files.read"), act("mail.send")]
    (found,) = exposures("a", grants, SPECS)
    assert refused([found])
    assert found.code == "trifecta"
    assert {(part.leg, part.tool) for part in found.parts} == {
        ("input", "web.fetch"), ("private", "files.read"), ("out", "mail.send")
    }  # fmt: skip
    assert found.grants[0] == grant_id(grants[2]), "the way out is named first"
    assert found.what("en") == (
        "a can read what strangers write (web.fetch), see what is private (files.read) and send it out (mail.send)"
    )
    assert (
        found.what("zh")
        == "a 既能读到陌生人写的内容（web.fetch），又能看到私密数据（files.read），还能向外发送（mail.send）"
    )
    assert "ask: true" in found.remedy("en")
    assert "ask: true" in found.remedy("zh")


@pytest.mark.parametrize("left", ["web.fetch", "files.read", "mail.send"])
def test_two_of_three_are_accepted(left: str) -> None:
    assert codes(*(act(name) for name in ("web.fetch", "files.read", "mail.send", "files.write") if name != left)) == []


def test_an_approval_or_a_named_recipient_at_the_way_out_is_enough() -> None:
    rest = (act("web.fetch"), act("files.read"))
    assert codes(*rest, act("mail.send", ask=True)) == []
    assert codes(*rest, act("mail.send", BOB)) == []
    assert codes(*rest, act("mail.send", BOB), act("mail.send", ask=True)) == []
    assert "trifecta" in codes(*rest, act("mail.send", {**BOB, "to": Matcher("grounded")}))
    assert "trifecta" in codes(*rest, act("mail.send", ask=True), act("mail.*"))
    assert "trifecta" in codes(*rest, act("mail.send", agent="*"))


def test_a_grant_that_allows_no_call_exposes_nothing() -> None:
    rest = (act("web.fetch"), act("files.read"))
    assert codes(*rest, act("mail.send", expires_ns=5), now_ns=5) == ["expired"]
    assert codes(*rest, act("mail.send", times=0)) == ["expired"]
    assert codes(*rest, act("mail.send", {**BOB, "to": Matcher("equals")})) == ["never-fits"]
    assert "trifecta" in codes(*rest, act("mail.send", expires_ns=5))


def test_what_one_agent_reads_another_may_send() -> None:
    team = (
        act("web.fetch"), act("files.read"), act("mail.send", agent="b"),
        Grant(agent="c", verb="spawn", name="b"),
    )  # fmt: skip
    assert codes(*team) == []
    assert codes(*team, Grant(agent="a", verb="send", name="c")) == ["trifecta"]
    assert codes(*team, Grant(agent="a", verb="spawn", name="b")) == ["trifecta"]
    assert codes(*team, Grant(agent="a", verb="think", name="b")) == []


def test_a_tool_nobody_knows_is_the_worst_there_can_be() -> None:
    assert codes(act("mystery.do")) == ["trifecta", "unknown-tool"]
    assert codes(act("mystery.*")) == ["trifecta", "unknown-tool"]
    assert codes(act("mystery.do", ask=True)) == ["unknown-tool"]


def test_results_for_everybody_are_not_private() -> None:
    specs = {**SPECS, "search": tool("search", "query", effect="pure")}
    grants = [act("search"), act("mail.send")]
    assert refused(exposures("a", grants, specs))
    assert not refused(exposures("a", grants, specs, public={"search"}))


def test_money_without_bounds_is_noticed() -> None:
    bounded = {"iban": Matcher("equals", ("DE1",)), "amount": Matcher("range", (0, 5))}
    assert codes(act("bank.pay", bounded)) == []
    assert codes(act("bank.pay")) == ["open-money", "open-money"]
    assert codes(act("bank.pay", {**bounded, "amount": Matcher("any")})) == ["open-money"]
    assert codes(act("bank.pay", {**bounded, "amount": Matcher("any")}, ask=True)) == []


def test_code_with_a_network_is_noticed() -> None:
    assert "code-network" in codes(act("shell.run"))
    assert "code-network" not in codes(act("shell.run", {"command": Matcher("any")}))


def test_grants_that_undo_each_other_are_noticed() -> None:
    asks, silent = act("files.write", ask=True), act("files.*")
    assert codes(asks, silent) == ["silenced"]
    assert codes(silent, act("files.write")) == ["needless"]
    twice = exposures("a", [silent, act("files.write", times=2), act("files.*", words="again")], SPECS)
    assert [(one.code, one.tool) for one in twice] == [("needless", "files.write")] * 2 + [("needless", "files.*")]


def test_arguments_the_tool_does_not_have_are_noticed() -> None:
    assert codes(act("files.write", {"path": Matcher("any"), "text": Matcher("any"), "txt": Matcher("any")})) == [
        "unknown-argument"
    ]
    needs = {"t": tool("t", parameters={"required": ["x"], "properties": {"x": {}}}, reach="own")}
    assert [one.code for one in exposures("a", [act("t", {})], needs)] == ["unknown-argument"]


def test_a_bound_host_leaves_the_rest_of_the_address_free() -> None:
    assert codes(act("web.fetch", {"url": Matcher("domain", ("x.org",))})) == ["free-address"]


def test_every_finding_says_in_two_languages_what_is_so_and_what_to_do() -> None:
    for code in TEXTS:
        for language in ("en", "zh"):
            finding = Finding(code, 'a\n"', "t.*", ("g",), "to\u202e")
            assert finding.what(language).isprintable()
            assert "{" not in finding.what(language).replace("\\u{", "")
            assert finding.remedy(language)


GRANTS = st.lists(
    st.builds(
        Grant,
        agent=st.sampled_from(["a", "b", "*"]),
        verb=st.sampled_from(["act", "act", "act", "send", "spawn", "think"]),
        name=st.sampled_from([*SPECS, "mail.*", "web.*", "b", "a", "x", ".*"]),
        args=st.none()
        | st.dictionaries(
            st.sampled_from(["to", "url", "path", "body", "iban", "network"]),
            st.sampled_from([Matcher("any"), Matcher("equals", ("x",)), Matcher("grounded"), Matcher("domain", ("x.org",)), Matcher("range", (1,))]),
        ),
        ask=st.booleans(),
        expires_ns=st.none() | st.integers(0, 9),
        times=st.none() | st.integers(0, 2),
    ),
    max_size=6,
)  # fmt: skip


@given(GRANTS)
def test_the_check_is_total_and_names_only_grants_there_are(grants: list[Grant]) -> None:
    found = exposures("a", grants, SPECS, now_ns=5)
    assert {name for one in found for name in one.grants} <= {grant_id(grant) for grant in grants}
    for one in found:
        assert one.what("en").isprintable()
        assert one.what("zh").isprintable()


@given(GRANTS, GRANTS)
def test_more_grants_never_make_an_agent_safer(some: list[Grant], more: list[Grant]) -> None:
    if refused(exposures("a", some, SPECS)):
        assert refused(exposures("a", [*some, *more], SPECS))


@given(GRANTS)
def test_an_agent_that_is_asked_about_everything_is_accepted(grants: list[Grant]) -> None:
    asking = [Grant(agent=one.agent, verb=one.verb, name=one.name, args=one.args, ask=True) for one in grants]
    assert not refused(exposures("a", asking, SPECS))
