"""What an agent does, as AGENT.md says it: every field means what it says, and faults are shown where they stand."""

from __future__ import annotations

import pytest

from ergos.base.errors import AgentFileError
from ergos.kernel.triggers import Condition, Feed, Files, Mailbox, Outcome, Page, Schedule, Topic, Webhook
from ergos.lib.agent_file import read
from ergos.lib.work import (
    NO_WORK,
    STEPS_MAX,
    Acceptance,
    Escalation,
    Milestone,
    QuietHours,
    Source,
    Step,
    Work,
)
from ergos.lib.work_file import KINDS

FULL = """---
name: clerk
timezone: Europe/Berlin
triggers:
  - on: files
    name: invoice
    folder: "invoices:/"
    pattern: "*.pdf"
    events: created
    words: when a PDF arrives
  - on: schedule
    rule: FREQ=DAILY;BYHOUR=8;BYMINUTE=0
    except_dates: [2026-12-25]
    misfire: skip
  - {on: feed, url: "https://example.org/feed"}
  - {on: page, url: "https://example.org/", contains: sold out, every_s: 60}
  - {on: webhook, secret: hook, style: github}
  - {on: mailbox, account: work, subject: offer}
  - {on: topic, topic: shop/+/orders, broker: shop}
  - {on: outcome, agent: writer, states: [done, failed]}
  - {on: condition, figure: spend.today, compare: ">", value: 0.8, share: true, per_hour: 1}
sources:
  - https://example.org/feed
  - {at: "invoices:/", name: invoices, words: ./invoices}
steps:
  - act: sources.read
    with: {at: ["{event.path}"]}
  - id: invoice
    think: extract
    with: {text: "{read_1.documents.0.text}", fields: [supplier, total]}
    solvers: [system1, model]
  - ask: "{invoice.total} to {invoice.supplier}?"
    with: {choices: ["yes", "no"]}
    if: invoice.total > 1000 EUR
  - act: table.append
    with: {path: ledger.csv, row: "{item}"}
    each: "{invoice.rows}"
    if: ["invoice.total != ", "invoice.supplier contains GmbH"]
    words: append to ledger.csv
acceptance:
  - {check: fields, of: invoice, value: [supplier, total]}
  - {check: found_in_source, of: invoice}
escalation: {after: 2, then: notify, words: tell me}
quiet_hours: {start: 22:00, end: 07:00, days: [SA, SU]}
milestones:
  - name: a hundred invoices
    accept: invoice.total > 0
    due: 2027-01-31
  - the end
report: FREQ=WEEKLY;BYDAY=MO
reserved: [mail.*, pay]
goal_by: agent
plan_by: agent
---
""".replace('"invoice.total != "', '"invoice.total != 0"')


def test_every_field_means_what_it_says() -> None:
    work = read(FULL, "AGENT.md").work
    assert work.timezone == "Europe/Berlin"
    assert work.triggers == (
        Files(name="invoice", folder="invoices:/", pattern="*.pdf", words="when a PDF arrives"),
        Schedule(name="schedule", rule="FREQ=DAILY;BYHOUR=8;BYMINUTE=0", except_dates=("2026-12-25",), misfire="skip"),
        Feed(name="feed", url="https://example.org/feed"),
        Page(name="page", url="https://example.org/", contains="sold out", every_s=60),
        Webhook(name="webhook", secret="hook", style="github"),
        Mailbox(name="mailbox", account="work", subject="offer"),
        Topic(name="topic", topic="shop/+/orders", broker="shop"),
        Outcome(name="outcome", agent="writer", states=("done", "failed")),
        Condition(name="condition", figure="spend.today", compare=">", value=0.8, share=True, per_hour=1),
    )
    assert {type(trigger) for trigger in work.triggers} == set(KINDS.values())
    assert work.sources == (
        Source(at="https://example.org/feed"),
        Source(at="invoices:/", name="invoices", words="./invoices"),
    )
    assert work.steps == (
        Step(id="read_1", verb="act", name="sources.read", given={"at": ["{event.path}"]}),
        Step(
            id="invoice",
            verb="think",
            name="extract",
            given={"text": "{read_1.documents.0.text}", "fields": ["supplier", "total"]},
            solvers=("system1", "model"),
        ),
        Step(
            id="ask_3",
            verb="ask",
            given={"question": "{invoice.total} to {invoice.supplier}?", "choices": ["yes", "no"]},
            when=("invoice.total > 1000 EUR",),
        ),
        Step(
            id="append_4",
            verb="act",
            name="table.append",
            given={"path": "ledger.csv", "row": "{item}"},
            each="{invoice.rows}",
            when=("invoice.total != 0", "invoice.supplier contains GmbH"),
            words="append to ledger.csv",
        ),
    )
    assert work.acceptance == (
        Acceptance(check="fields", of="invoice", value=["supplier", "total"]),
        Acceptance(check="found_in_source", of="invoice"),
    )
    assert work.escalation == Escalation(after=2, then="notify", words="tell me")
    assert work.quiet_hours == QuietHours(start="22:00", end="07:00", days=("SA", "SU"))
    assert work.milestones == (
        Milestone(name="a hundred invoices", accept=("invoice.total > 0",), due="2027-01-31"),
        Milestone(name="the end"),
    )
    assert (work.report, work.reserved) == ("FREQ=WEEKLY;BYDAY=MO", ("mail.*", "pay"))
    assert (work.goal_by, work.plan_by) == ("agent", "agent")


def test_what_is_left_out_is_as_if_there_were_no_work() -> None:
    found = read("---\nname: a\n---\n", "AGENT.md")
    assert found.work == NO_WORK == Work()
    assert found.program == "agent.py:agent"


def test_an_agent_with_steps_or_its_own_plan_needs_no_program() -> None:
    assert read("---\nname: a\nsteps: [{act: files.list}]\n---\n", "AGENT.md").program == ""
    assert read("---\nname: a\nplan_by: agent\n---\n", "AGENT.md").program == ""
    assert read("---\nname: a\nprogram: b.py:c\nsteps: [{act: files.list}]\n---\n", "AGENT.md").program == "b.py:c"


STEP = "steps:\n  - act: a\n  - "
FAULTS = (
    ("triggers: 5", 3, "is not a list", "`- item` lines"),
    ("triggers: [5]", 3, "is not a mapping", "on: schedule"),
    ("triggers:\n  - name: x", 4, "a trigger says what it is on", "files"),
    ("triggers:\n  - on: shedule", 4, "is no kind of trigger", "'schedule'"),
    ("triggers:\n  - on: schedule\n    rul: x", 5, "'rul' is no part of a schedule trigger", "'rule'"),
    ("triggers:\n  - on: schedule", 4, "a schedule says when", "one of rule, cron, at"),
    ('triggers:\n  - on: schedule\n    rule: x\n    cron: "* * * * *"', 6, "not several", "one of rule, cron, at"),
    ("triggers:\n  - on: files", 4, "'folder' is missing", "`folder: …`"),
    ("triggers:\n  - on: files\n    folder: 5", 5, "folder: Expected `str`, got `int`", "text"),
    ("triggers:\n  - on: files\n    folder: ''", 5, "folder is empty", "text"),
    ("triggers:\n  - on: files\n    folder: .\n    events: [made]", 6, "events: Invalid enum value 'made'", "kind"),
    ("triggers:\n  - on: feed\n    url: x\n    every_s: soon", 6, "every_s: Expected `int`", "a whole number"),
    ("triggers:\n  - on: feed\n    url: x\n    name: a/b", 6, "is not a name for a trigger", "letters"),
    ("triggers:\n  - on: feed\n    url: x\n    per_hour: 0", 6, "it never fires", "at least 1"),
    ("triggers:\n  - {on: feed, url: x}\n  - {on: feed, url: y}", 5, "another trigger 'feed'", "a name of its own"),
    (
        "triggers:\n  - on: condition\n    figure: x\n    compare: '='\n    value: 1",
        6,
        "Invalid enum value '='",
        "one of >",
    ),
    ("sources: [{name: x}]", 3, "'at' is missing", "`at: …`"),
    ("sources: [{at: x, uri: y}]", 3, "'uri' is no source", "one of at"),
    ("steps: [{act: a, ask: b}]", 3, "a step has exactly one verb", "one of act, think, ask"),
    ("steps: [{id: a}]", 3, "a step has exactly one verb", "one of act, think, ask"),
    ("steps: [{acts: a}]", 3, "'acts' is no part of a step", "'act'"),
    ("steps: [{act: a/b}]", 3, "is not a name for a tool or task", "letters"),
    ("steps: [{ask: ''}]", 3, "is not text", "a question"),
    ("steps: [{ask: x, with: {to: me}}]", 3, "'to' is no part of a question", "choices"),
    ("steps: [{act: a, solvers: [model]}]", 3, "act has no solvers", "`think`"),
    ("steps: [{think: a, solvers: [modl]}]", 3, "is no kind of solver", "'model'"),
    ("steps: [{act: a, id: event}]", 3, "'event' is no id of a step", "none of event"),
    ("steps: [{act: a, id: a.b}]", 3, "'a.b' is no id of a step", "a letter"),
    (STEP + "{act: b, id: a_1}", 5, "another step 'a_1'", "an id of its own"),
    (STEP + '{act: b, with: {x: ["{zzz}"]}}', 5, "nothing before this step is called 'zzz'", "a_1"),
    (STEP + '{act: b, with: {x: "{a_2}"}}', 5, "nothing before this step is called 'a_2'", "'a_1'"),
    (STEP + '{act: b, with: {x: "{item}"}}', 5, "nothing before this step is called 'item'", "a_1"),
    (STEP + "{act: b, if: x}", 5, "'x' is no condition", "a condition such as"),
    (STEP + "{act: b, if: b.c > 5}", 5, "nothing before this step is called 'b'", "a_1"),
    (STEP + '{act: b, if: "a_1 > {c}"}', 5, "nothing before this step is called 'c'", "a_1"),
    (STEP + "{act: b, each: a_1}", 5, "each has one list", "{read.documents}"),
    ("acceptance: [{check: cited}]", 3, "'of' is missing", "`of: …`"),
    (STEP + "{act: b}\nacceptance: [{check: cited, of: a1}]", 6, "there is no step 'a1'", "'a_1'"),
    ("acceptance: [{check: sited, of: a1}]", 3, "'sited' is no check", "'cited'"),
    ("acceptance: [{check: cited, of: a1, value: 3}]", 3, "cited takes no value", "no `value`"),
    ("acceptance: [{check: pages_max, of: a1}]", 3, "pages_max takes a whole number", "a whole number"),
    ("acceptance: [{check: format, of: a1, value: pdf}]", 3, "format takes one of json", "one of json"),
    ("escalation: {after: 0}", 3, "it escalates before anything failed", "1 or more"),
    ("escalation: {then: cry}", 3, "Invalid enum value 'cry'", "one of ask, notify, stop"),
    ("quiet_hours: {start: 22:00}", 3, "'end' is missing", "`end: …`"),
    ("quiet_hours: {start: 22:00, end: 25:00}", 3, "is no time", "a time such as"),
    ("quiet_hours: {start: 22:00, end: 22:00}", 3, "they end when they begin", "two different times"),
    ("milestones: [{name: x, due: soon}]", 3, "is no date", "a date"),
    ("milestones: [{name: x, accept: [y]}]", 3, "'y' is no condition", "a condition such as"),
    ("milestones: [x, x]", 3, "another milestone 'x'", "a name of its own"),
    ("timezone: ../etc", 3, "is no time zone", "Europe/Berlin"),
    ("reserved: [a/b]", 3, "is not a name for a tool", "letters"),
    ("goal_by: anyone", 3, "goal_by is 'anyone'", "owner or agent"),
    ("stepps: []", 3, "'stepps' is no field", "'steps'"),
)


@pytest.mark.parametrize(("text", "line", "what", "hint"), FAULTS, ids=[case[0][-60:] for case in FAULTS])
def test_a_malformed_field_is_refused_with_its_place_and_what_was_expected(
    text: str, line: int, what: str, hint: str
) -> None:
    with pytest.raises(AgentFileError) as raised:
        read(f"---\nname: a\n{text}\n---\n", "AGENT.md")
    assert f"AGENT.md, line {line}, column " in raised.value.what
    assert what in raised.value.what
    assert hint in raised.value.what_to_do


def test_more_steps_than_there_may_be_are_refused_at_the_first_too_many() -> None:
    text = "---\nname: a\nsteps:\n" + "  - act: a\n" * (STEPS_MAX + 1) + "---\n"
    with pytest.raises(AgentFileError, match=f"line {STEPS_MAX + 4}, column 5: there are {STEPS_MAX + 1} steps"):
        read(text, "AGENT.md")
