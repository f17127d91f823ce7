"""From what is said to a program: both examples, names, and what is never added."""

from __future__ import annotations

import pytest

from ergos.base.money import Amount
from ergos.compile.intent import Action, Forbidden, Found, MilestoneSaid, SourceMention
from ergos.compile.lower.program import lower, name_of
from ergos.kernel.permission.grants import Matcher
from ergos.lib.agent_file import read
from tests.compile.office import BRIEFING, INVOICES, KNOWN, act, at, codes, compiled, intent


def test_invoices_are_entered_under_exactly_the_grants_that_the_words_give():
    made = compiled(INVOICES)
    assert made.ready
    file = made.file
    assert file is not None
    assert file.name == "invoices-ledger"
    assert [(one.name, one.args) for one in file.grants] == [
        ("sources.read", {"at": Matcher("under", ("invoices:/",))}),
        ("extract", None),
        ("table.append", {"path": Matcher("equals", ("here:/ledger.csv",)), "row": Matcher("any")}),
    ]
    assert [step.id for step in file.work.steps] == ["read", "extract", "agreed", "entered"]
    assert file.work.steps[2].when == ("extract.total > 1000 EUR",)
    assert [(one.name, one.path, one.write) for one in made.folders] == [
        ("here", "/srv/ada/accounts", True),
        ("invoices", "/srv/ada/accounts/invoices", False),
    ]


def test_the_briefing_is_published_only_after_its_owner_was_asked():
    made = compiled(BRIEFING)
    assert made.ready
    file = made.file
    assert file is not None
    assert file.language == "zh"
    assert file.work.triggers[0].rule == "FREQ=DAILY;BYHOUR=8;BYMINUTE=0"  # type: ignore[union-attr]
    assert [(one.name, one.ask) for one in file.grants] == [
        ("sources.read", False),
        ("brief", False),
        ("press.publish", True),
    ]
    assert {(one.check, one.value) for one in file.work.acceptance} == {
        ("pages_max", 2),
        ("language", "zh"),
        ("cited", None),
    }
    assert file.caps.month == Amount(5_000_000, -1)


@pytest.mark.parametrize("prose", [INVOICES, BRIEFING])
def test_every_grant_points_at_words_of_its_owner(prose: str):
    file = compiled(prose).file
    assert file is not None
    assert all(grant.words and grant.words in " ".join(prose.split()) for grant in file.grants)


@pytest.mark.parametrize("prose", [INVOICES, BRIEFING])
def test_what_is_written_is_read_back_as_it_was_meant(prose: str):
    made = compiled(prose)
    assert read(made.text, "AGENT.md") == made.file


def test_what_is_to_be_done_and_never_done_is_an_error():
    prose = "delete ./a.txt; never delete anything"
    said = intent(
        prose,
        act(prose, "delete ./a.txt", "delete", object="./a.txt"),
        forbidden=(Found(Forbidden(verb="delete"), at(prose, "never delete anything")),),
    )
    lowered = lower(said, KNOWN)
    assert lowered.file is None
    assert "C304" in [one.code for one in lowered.diagnostics]


def test_no_permission_is_there_that_nobody_spoke_of():
    prose = "read https://a.example/x and summarise it"
    file = compiled(prose).file
    assert file is not None
    assert {grant.name for grant in file.grants} == {"sources.read", "summarise"}


def test_the_result_of_a_trigger_that_goes_nowhere_comes_to_its_owner_and_is_noted():
    made = compiled("every day at 8 summarise https://a.example/feed")
    assert made.file is not None
    assert made.file.work.steps[-1].name == "notify.owner"
    assert "C325" in [one.code for one in made.diagnostics]


def test_words_that_say_nothing_to_do_are_a_question_and_no_program():
    made = compiled("hello there, how are you?")
    assert not made.ready
    assert made.text == ""


def test_an_agent_is_called_by_its_words_or_by_a_digest_of_them():
    prose = "read ./reports"
    assert name_of(intent(prose, Found(Action(verb="read", object="reports"), (0, 4)))) == "read-reports"
    assert name_of(intent("读", Found(Action(verb="read", object="报告"), (0, 1)))).startswith("agent-")
    assert name_of(intent("x", name="My Desk")) == "my-desk"


def test_grants_end_with_the_last_day_that_was_said():
    made = compiled("every day at 8 read ./a.txt and tell me, until 2027-01-31")
    assert made.file is not None
    assert {grant.expires_ns for grant in made.file.grants} == {1_801_436_340 * 1_000_000_000}


def test_sources_that_are_only_pointed_at_are_given_at_the_start():
    prose = "read these three sources"
    said = intent(
        prose, act(prose, "read", "read"), sources=(Found(SourceMention(count=3), at(prose, "these three sources")),)
    )
    lowered = lower(said, KNOWN)
    assert lowered.file is not None
    assert lowered.file.work.steps[0].given == {"at": "{sources}"}
    assert lowered.file.grants[0].args == {"at": Matcher("grounded")}


def test_milestones_keep_their_order_and_their_days():
    prose = "read ./plan.md; milestones: draft by May, print by June"
    said = intent(
        prose,
        act(prose, "read ./plan.md", "read"),
        sources=(Found(SourceMention(at="./plan.md"), at(prose, "./plan.md")),),
        milestones=(
            Found(MilestoneSaid(name="draft", due="2027-05-31"), at(prose, "draft by May")),
            Found(MilestoneSaid(name="print"), at(prose, "print by June")),
        ),
    )
    file = lower(said, KNOWN).file
    assert file is not None
    assert [(one.name, one.due) for one in file.work.milestones] == [("draft", "2027-05-31"), ("print", "")]


def test_spending_nothing_leaves_the_model_out():
    file = compiled("read ./a.txt and summarise it; do not spend any money").file
    assert file is not None
    assert file.solvers == ("code", "system1")


def test_prose_of_100_kilobytes_is_refused_and_compiles_to_nothing():
    made = compiled("read ./a.txt. " * 8_000)
    assert not made.ready
    assert codes(made) == ["C349"]
