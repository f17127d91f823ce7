"""What an agent is to do is plain data that crosses the journal unchanged."""

from __future__ import annotations

import msgspec

from ergos.base.canonical import encode
from ergos.kernel.triggers import Files, Schedule
from ergos.lib.work import NO_WORK, Acceptance, Escalation, Milestone, QuietHours, Source, Step, Work

WORK = Work(
    timezone="Europe/Berlin",
    triggers=(Schedule(name="daily", rule="FREQ=DAILY"), Files(name="inbox", folder="in")),
    sources=(Source(at="https://example.org/", words="this page"),),
    steps=(
        Step(id="text", verb="act", name="files.read", given={"path": "{event.path}"}),
        Step(id="agreed", verb="ask", given={"question": "?"}, when=("text.size > 3",), each="text.lines"),
    ),
    acceptance=(Acceptance(check="words_max", of="text", value=200),),
    escalation=Escalation(after=2, then="stop"),
    quiet_hours=QuietHours(start="22:00", end="07:00", days=("SA", "SU")),
    milestones=(Milestone(name="first", due="2027-01-31"),),
    report="FREQ=WEEKLY",
    reserved=("mail.*",),
    goal_by="agent",
    plan_by="agent",
)


def test_work_is_read_back_from_its_canonical_form() -> None:
    assert msgspec.json.decode(encode(WORK), type=Work) == WORK


def test_no_work_is_empty_plain_data() -> None:
    assert encode(NO_WORK) == b"{}"
    assert msgspec.json.decode(b"{}", type=Work) == NO_WORK


def test_a_step_is_told_in_the_words_of_the_file() -> None:
    told = msgspec.to_builtins(WORK.steps[1])
    assert told["with"] == {"question": "?"}
    assert told["if"] == ["text.size > 3"] or told["if"] == ("text.size > 3",)
