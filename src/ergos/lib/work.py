"""What an agent is to do, as AGENT.md says it beside its grants and budget: triggers, sources, steps, checks, and when
its owner is told.

    triggers:
      - on: files
        name: invoice
        folder: "invoices:/"
        pattern: "*.pdf"
    steps:
      - id: text
        act: files.read
        with: {path: "{event.path}"}
      - id: invoice
        think: extract
        with: {text: "{text.text}", fields: [supplier, number, date, total]}
      - id: agreed
        ask: "{invoice.total} to {invoice.supplier}: shall it be entered?"
        if: ["invoice.total > 1000 EUR"]
      - act: table.append
        with: {path: ledger.csv, row: "{invoice}"}

Rules: plain frozen data; nothing here is a permission: a step runs only under a grant, like every call. What the steps
do stands in `steps`; how the fields are read from a file in `work_file`.
"""

from __future__ import annotations

from typing import Any, Final, Literal

import msgspec

from ergos.kernel.triggers import AnyTrigger

STEPS_MAX: Final = 100  # steps of one agent; more are several agents
TRIGGERS_MAX: Final = 32  # triggers of one agent
SOURCES_MAX: Final = 200  # sources of one agent

Decider = Literal["owner", "agent"]
StepVerb = Literal["act", "think", "ask"]
Weekday = Literal["MO", "TU", "WE", "TH", "FR", "SA", "SU"]


class Source(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Something that is read."""

    at: str
    """URL, path of the workspace, or path below a root ('invoices:/2026')."""
    name: str = ""
    words: str = ""


class Step(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename={"given": "with", "when": "if"}):
    """One typed piece of work. Steps run in order; a later one may use what an earlier one gave."""

    id: str
    """By which others refer to what it gave: '{id}', '{id.field}'. '{event}' is what the trigger told."""
    verb: StepVerb
    name: str = ""
    """Tool or task; '' for ask."""
    given: dict[str, Any] = {}
    """Arguments, plain data; for ask {"question", "choices"}. A text that is one reference alone keeps the value's
    type."""
    when: tuple[str, ...] = ()
    """Conditions that must all hold, else the step is left out: 'invoice.total > 1000 EUR'. Comparisons: > >= < <= ==
    != contains. What cannot be compared counts as true for ask, else as false."""
    each: str = ""
    """Reference to a list: the step runs for each element, as '{item}'; it gives the list of what each gave."""
    solvers: tuple[str, ...] = ()
    """Kinds of solvers for a think, in order of preference; (): those of the agent."""
    words: str = ""


class Acceptance(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A check that what a step gave must pass; without it nothing that follows runs."""

    check: str
    """Name: 'cited', 'pages_max', 'words_max', 'language', 'fields', 'found_in_source', 'not_empty', …"""
    of: str
    """Id of the step."""
    value: Any = None
    """Its parameter, plain data: 2 for pages_max, 'zh' for language."""
    words: str = ""


class Escalation(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What happens when it does not work."""

    after: int = 3
    """Failures one after the other."""
    then: Literal["ask", "notify", "stop"] = "ask"
    """Ask the owner what to do, tell the owner and go on, or tell and stop."""
    words: str = ""


class QuietHours(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """When the owner is not disturbed: work goes on, questions and notices wait for its end."""

    start: str
    """Local time, 'HH:MM'."""
    end: str
    """Local time; before `start` it is that of the next day."""
    days: tuple[Weekday, ...] = ()
    """Days on which it begins; (): every day."""
    words: str = ""


class Milestone(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A part of a long goal that is done when its checks pass."""

    name: str
    accept: tuple[str, ...] = ()
    """Conditions over what the steps gave, as in `Step.when`; (): its owner says that it is done."""
    due: str = ""
    """Local date."""
    words: str = ""


class Work(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """All of it."""

    timezone: str = ""
    """IANA name; '': UTC."""
    triggers: tuple[AnyTrigger, ...] = ()
    sources: tuple[Source, ...] = ()
    steps: tuple[Step, ...] = ()
    acceptance: tuple[Acceptance, ...] = ()
    escalation: Escalation | None = None
    quiet_hours: QuietHours | None = None
    milestones: tuple[Milestone, ...] = ()
    report: str = ""
    """When its owner gets a report of it: a recurrence as in `Schedule.rule`; '': never by itself."""
    reserved: tuple[str, ...] = ()
    """Tools, exact or a prefix ending in '.*', whose every call its owner decides, whatever a grant says."""
    goal_by: Decider = "owner"
    """Who sets the goal: the owner, or the agent, which proposes and waits for a yes."""
    plan_by: Decider = "owner"
    """Who sets the steps: the owner's words, or the agent, whose steps are checked like the owner's."""


NO_WORK: Final = Work()
