"""What a skill asks for is a request: grants its owner may give, said in sentences, and never more than can be said."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ergos.kernel.packages import ToolSpec
from ergos.kernel.permission.grants import Matcher
from ergos.lib.skill_file import SkillFile
from ergos.lib.skill_wants import WANTED_MAX, Wanted, asks_more, sentences_of, wanted


def spec(name: str, reach: str, *parameters: str) -> ToolSpec:
    properties = {one: {"type": "string"} for one in parameters}
    return ToolSpec(
        name=name,
        summary="",
        parameters={"type": "object", "properties": properties},
        effect="pure",
        reach=reach,  # type: ignore[arg-type]
    )


KNOWN = {
    one.name: one
    for one in (
        spec("files.read", "read", "path", "from_line"), spec("files.write", "own", "path", "text"), spec("files.list", "read", "path"),
        spec("http.fetch", "read", "url"), spec("shell.run", "code", "command"), spec("mail.send", "others", "to"),
    )
}  # fmt: skip


def skill(tools: str = "", **metadata: str) -> SkillFile:
    return SkillFile(
        name="s",
        description="d",
        allowed_tools=tools,
        metadata={f"ergos-{key}": value for key, value in metadata.items()},
    )


def by_name(asked: Wanted) -> dict[str, object]:
    return {grant.name: grant for grant in asked.grants}


def test_nothing_asked_is_nothing() -> None:
    assert wanted(skill(), known=KNOWN) == Wanted()
    assert sentences_of(Wanted(), "en") == ()


def test_names_of_other_programs_are_read_as_ours() -> None:
    asked = by_name(wanted(skill("Read, Write Glob"), "scribe", KNOWN))
    assert set(asked) == {"files.read", "files.write", "files.list"}
    assert all(grant.agent == "scribe" for grant in asked.values())  # type: ignore[attr-defined]
    assert not any(grant.ask for grant in asked.values())  # type: ignore[attr-defined]


def test_a_pattern_that_no_grant_can_hold_asks_each_time() -> None:
    asked = by_name(wanted(skill("Bash(git:*) Read(src/**)"), known=KNOWN))
    assert asked["shell.run"].ask  # type: ignore[attr-defined]
    assert asked["files.read"].ask  # type: ignore[attr-defined]


def test_what_reaches_others_asks_each_time_unless_it_is_bounded() -> None:
    asked = by_name(wanted(skill("mail.send WebFetch"), known=KNOWN))
    assert asked["mail.send"].ask  # type: ignore[attr-defined]
    assert asked["http.fetch"].ask, "an address is a way out"  # type: ignore[attr-defined]
    bounded = by_name(wanted(skill("WebFetch", hosts="api.example.com"), known=KNOWN))["http.fetch"]
    assert not bounded.ask  # type: ignore[attr-defined]
    assert bounded.args == {"url": Matcher("domain", ("api.example.com",))}  # type: ignore[attr-defined]


@pytest.mark.parametrize("host", ["com", "*", "*.com", "."])
def test_a_host_that_is_half_the_world_bounds_nothing(host: str) -> None:
    grant = by_name(wanted(skill(hosts=f"{host} api.example.com"), known=KNOWN))["http.fetch"]
    assert grant.ask  # type: ignore[attr-defined]
    assert grant.args is None  # type: ignore[attr-defined]


def test_paths_bound_the_arguments_that_are_paths_and_leave_the_others() -> None:
    grant = by_name(wanted(skill(paths="reports, data/in"), known=KNOWN))["files.read"]
    assert grant.args == {"path": Matcher("under", ("reports", "data/in")), "from_line": Matcher("any")}  # type: ignore[attr-defined]


def test_tools_that_are_not_there_are_named_and_not_granted() -> None:
    asked = wanted(skill("Frobnicate ../../etc mail.send"), known=KNOWN)
    assert set(by_name(asked)) == {"mail.send"}
    assert asked.unknown == ("Frobnicate", "../../etc")
    assert "Frobnicate" in sentences_of(asked, "en")[-1]


def test_everything_is_said_in_two_languages() -> None:
    asked = wanted(skill("Read Nothing", hosts="api.example.com", secrets="github"), known=KNOWN)
    english, chinese = sentences_of(asked, "en"), sentences_of(asked, "zh")
    assert len(english) == len(chinese) == 4
    assert any("api.example.com" in line for line in english)
    assert any("github" in line for line in chinese)
    assert all(any("\u4e00" <= letter <= "\u9fff" for letter in line) for line in chinese)


def test_an_update_asks_more_only_where_it_does() -> None:
    old = wanted(skill("Read", hosts="api.example.com", secrets="github"), known=KNOWN)
    assert asks_more(old, old, "en") == ()
    assert asks_more(old, wanted(skill("Read"), known=KNOWN), "en") == (), "less is not more"
    assert len(asks_more(None, old, "en")) == 3
    for more in (
        skill("Read Write", hosts="api.example.com", secrets="github"),
        skill("Read", hosts="api.example.com evil.example", secrets="github"),
        skill("Read", hosts="api.example.com", secrets="github bank"),
        skill("Read", hosts="example.com", secrets="github"),
    ):
        assert asks_more(old, wanted(more, known=KNOWN), "en") != ()


@given(st.text(max_size=300), st.text(max_size=100), st.text(max_size=100))
def test_no_request_breaks_it_and_none_is_unbounded(tools: str, hosts: str, paths: str) -> None:
    asked = wanted(skill(tools * 5, hosts=hosts, paths=paths, secrets=hosts))
    assert len(asked.grants) <= WANTED_MAX
    assert len(sentences_of(asked, "en")) == len(sentences_of(asked, "zh"))
    assert all("\n" not in line for line in sentences_of(asked, "en"))
