"""Grants are what steps need, and nothing else."""

from __future__ import annotations

from typing import Any

from ergos.compile.lower.grants import grants_of
from ergos.kernel.permission.grants import Matcher
from ergos.kernel.triggers import Feed, Files, Page
from ergos.lib.work import Step
from tests.compile.office import TOOLS

WATCH = (Files(name="files", folder="inbox:/"), Page(name="page", url="https://a.example:8443/x"))


def args_of(step: Step, *before: Step) -> dict[str, Matcher]:
    grants = grants_of("desk", (*before, step), TOOLS, WATCH)
    assert grants[-1].args is not None
    return grants[-1].args


def act(name: str, each: str = "", **given: object) -> Step:
    return Step(id="one", verb="act", name=name, given=given, each=each, words="do it")  # type: ignore[arg-type]


def test_what_stands_in_a_step_is_the_only_value_allowed():
    assert args_of(act("files.write", path="here:/a.md", text="{x}")) == {
        "path": Matcher("equals", ("here:/a.md",)),
        "text": Matcher("any"),
    }
    assert args_of(act("sources.read", at=["https://a.example", "https://b.example"])) == {
        "at": Matcher("one_of", ("https://a.example", "https://b.example"))
    }


def test_what_a_trigger_names_is_bounded_by_what_it_watches():
    assert args_of(act("sources.read", at=["{event.path}"])) == {"at": Matcher("under", ("inbox:/",))}
    assert args_of(act("sources.read", at=["{event.url}"])) == {"at": Matcher("domain", ("a.example",))}


def test_what_a_search_finds_is_bounded_by_the_folder_that_was_searched():
    search = Step(id="found", verb="act", name="files.search", given={"path": "build:/", "names": "*.tmp"})
    assert args_of(act("files.delete", each="{found.matches}", path="{item.path}"), search) == {
        "path": Matcher("under", ("build:/",))
    }


def test_a_name_that_varies_below_a_folder_is_bounded_by_the_folder():
    assert args_of(act("files.move", path="{event.path}", to="archive:/{event.name}"))["to"] == Matcher(
        "under", ("archive:/",)
    )


def test_a_recipient_that_nobody_named_is_asked_about_every_time():
    given: dict[str, Any] = {"to": ["{event.sender}"], "subject": "Re", "text": "{x}"}
    grants = grants_of("desk", (act("mail.send", each="", **given),), TOOLS, WATCH)
    assert grants[0].ask
    grants = grants_of("desk", (act("mail.send", each="", **(given | {"to": ["bob@example.com"]})),), TOOLS, WATCH)
    assert not grants[0].ask


def test_the_same_permission_is_given_once_and_asks_give_none():
    ask = Step(id="q", verb="ask", given={"question": "Shall I?"})
    think = Step(id="a", verb="think", name="extract", words="a")
    again = Step(id="b", verb="think", name="extract", words="b")
    grants = grants_of("desk", (ask, think, again), TOOLS, ())
    assert [(one.verb, one.name, one.words) for one in grants] == [("think", "extract", "a")]


def test_doubled_braces_are_the_single_ones_that_are_called():
    assert args_of(act("shell.run", command="awk '{{print $1}}'"))["command"] == Matcher(
        "equals", ("awk '{print $1}'",)
    )


def test_a_feed_beside_another_source_is_read_at_those_two_hosts_and_no_other():
    feeds = (Feed(name="feed", url="https://y.example/rss"),)
    step = act("sources.read", at=["{event.url}", "https://x.example/a"])
    (grant,) = grants_of("desk", (step,), TOOLS, feeds)
    assert grant.args == {"at": Matcher("domain", ("y.example", "x.example"))}


def test_an_address_that_comes_from_a_step_beside_others_must_have_been_said():
    assert args_of(act("sources.read", at=["{found}", "here:/a.md"])) == {"at": Matcher("grounded")}
