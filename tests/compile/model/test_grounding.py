"""A model can understand more than the grammar; it can never permit more."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from ergos.compile.intent import Intent
from ergos.compile.model.asking import (
    ActionRead,
    ApprovalRead,
    BudgetRead,
    ConditionRead,
    ForbiddenRead,
    MilestoneRead,
    OutputRead,
    Reading,
    SourceRead,
    TriggerRead,
)
from ergos.compile.model.grounding import grounded
from ergos.compile.pipeline import Compiled, compile_intent
from ergos.compile.words.grammar import read_intent
from tests.compile.office import KNOWN

PROSE = "every day at 8 read ./a.txt and summarise it; ask me before sending; at most $5 a month"


def grammar(text: str) -> Intent:
    return read_intent(text, KNOWN)


def made(reading: Reading, prose: str = PROSE) -> tuple[Intent, list[str]]:
    intent, said = grounded(reading, prose, KNOWN, grammar(prose), grammar)
    return intent, [one.code for one in said]


def program(reading: Reading, prose: str = PROSE) -> Compiled:
    intent, said = grounded(reading, prose, KNOWN, grammar(prose), grammar)
    return compile_intent(intent, KNOWN, more=said)


def test_an_action_that_the_owner_did_not_tell_is_dropped_and_said():
    reading = Reading(language="en", actions=(ActionRead(words="summarise it", verb="delete", object="./a.txt"),))
    intent, said = made(reading)
    assert "delete" not in {one.value.verb for one in intent.actions}
    assert "C351" in said


def test_a_target_that_does_not_stand_in_the_prose_is_not_taken():
    prose = "read ./a.txt and send it to bob@example.com"
    reading = Reading(
        language="en",
        actions=(
            ActionRead(words="read ./a.txt", verb="read"),
            ActionRead(words="send it to bob@example.com", verb="send", target="evil@example.org"),
        ),
    )
    found = program(reading, prose)
    assert found.file is not None
    assert "evil@example.org" not in found.text
    assert "bob@example.com" in found.text


def test_a_source_that_does_not_stand_in_the_prose_is_not_read():
    intent, said = made(Reading(language="en", sources=(SourceRead(words="./a.txt", at="/etc/passwd"),)))
    assert [one.value.at for one in intent.sources] == ["./a.txt"]
    assert "C351" in said


def test_what_the_grammar_found_to_restrict_stays_whatever_the_model_says():
    reading = Reading(language="en", actions=(ActionRead(words="read ./a.txt", verb="read"),))
    intent, _ = made(reading)
    own = grammar(PROSE)
    assert intent.approvals == own.approvals
    assert intent.budgets == own.budgets


def test_an_amount_is_the_grammars_to_read():
    reading = Reading(language="en", budgets=(BudgetRead(words="every day", amount="900", unit="USD", period="month"),))
    intent, said = made(reading)
    assert intent.budgets == grammar(PROSE).budgets
    assert "C351" in said


def test_a_restriction_that_only_the_model_understood_is_kept():
    prose = "read ./a.txt, sum up the story and post nothing to anybody"
    reading = Reading(
        language="en",
        forbidden=(ForbiddenRead(words="post nothing to anybody", verb="post"),),
        approvals=(ApprovalRead(words="sum up the story", before="anything"),),
    )
    intent, _ = made(reading, prose)
    assert "post" in {one.value.verb for one in intent.forbidden}
    assert "anything" in {one.value.before for one in intent.approvals}


def test_a_schedule_that_cannot_be_is_dropped():
    reading = Reading(
        language="en", triggers=(TriggerRead(words="every day at 8", kind="schedule", rule="FREQ=NEVER"),)
    )
    intent, said = made(reading)
    assert intent.triggers == grammar(PROSE).triggers
    assert "C351" in said


WORDS = st.sampled_from(
    ["every day at 8", "read ./a.txt", "summarise it", "./a.txt", "ask me before sending", "not there", ""]
)
WHERE = st.sampled_from(
    ["", "./a.txt", "/etc/passwd", "evil@example.org", "https://evil.example/x", "#ops", "ledger.csv"]
)
VERBS = st.sampled_from(
    ["read", "extract", "summarise", "append", "write", "move", "delete", "send", "publish", "post", "run", "notify"]
)


@st.composite
def readings(draw: st.DrawFn) -> Reading:
    conditions = st.builds(
        ConditionRead, left=WHERE, compare=st.just(">"), right=st.sampled_from(["5", "1000 EUR", ""])
    )
    several = {"max_size": 3}
    return Reading(
        language="en",
        triggers=tuple(draw(st.lists(st.builds(TriggerRead, words=WORDS, kind=st.sampled_from(["files", "page", "schedule", "mailbox"]), where=WHERE), **several))),  # type: ignore[arg-type]
        sources=tuple(draw(st.lists(st.builds(SourceRead, words=WORDS, at=WHERE), **several))),  # type: ignore[arg-type]
        actions=tuple(draw(st.lists(st.builds(ActionRead, words=WORDS, verb=VERBS, object=WHERE, target=WHERE, when=st.lists(conditions, max_size=1).map(tuple)), **several))),  # type: ignore[arg-type]
        output=draw(st.one_of(st.none(), st.builds(OutputRead, words=WORDS, pages=st.sampled_from([None, 2])))),
        approvals=tuple(draw(st.lists(st.builds(ApprovalRead, words=WORDS, before=st.sampled_from(["", "send"])), **several))),  # type: ignore[arg-type]
        forbidden=tuple(draw(st.lists(st.builds(ForbiddenRead, words=WORDS, verb=VERBS), **several))),  # type: ignore[arg-type]
        milestones=tuple(draw(st.lists(st.builds(MilestoneRead, words=WORDS, name=WHERE), **several))),  # type: ignore[arg-type]
    )  # fmt: skip


@given(readings())
@settings(deadline=None, max_examples=80)
def test_no_reading_gives_a_permission_that_the_words_do_not_give(reading: Reading):
    found = program(reading)
    if found.file is None:
        return
    allowed = {"sources.read", "summarise", "extract", "notify.owner", "accept"}
    assert {grant.name for grant in found.file.grants} <= allowed
    for grant in found.file.grants:
        assert grant.words
        for matcher in (grant.args or {}).values():
            assert not any("evil" in str(value) or "/etc" in str(value) for value in matcher.values)
