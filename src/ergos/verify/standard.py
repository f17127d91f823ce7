"""The standard tasks: what an agent of steps can think without anybody writing code for it.

    extract     named fields of a document          summarise   a shorter text
    brief       a report with citations             filter      the items that are about something
    classify    one of several labels               compare     what is different
    compute     a figure from rows                  translate   another language (a model's work)
    accept      the checks of `acceptance`          plan, propose_goal   for agents that set their own

Each has acceptance checks, and a solver of System 1 where classical methods can do it honestly
(`standard_solvers`); a model does every one of them. Inputs take what a step passes on: a text, documents, records.

Rules: an answer that System 1 cannot give is a NoModelError, so that the next solver is asked, and its owner is told
what is missing; it is never made up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

import msgspec

from ergos.base.documents import Brief, Document
from ergos.lib.acceptance import ACCEPT, PLAN, PROPOSE_GOAL
from ergos.lib.task import Task
from ergos.verify import standard_accept
from ergos.verify.briefing import Assignment, carried_by_sources
from ergos.verify.standard_texts import pages_of, table_of, text_of, words_in

Check = Callable[[Any, Any], Iterable[str]]

FIELDS_MAX: Final = 60  # fields asked of one document
LABELS_MAX: Final = 100  # labels to choose from
SENTENCES_A_PAGE: Final = 18  # sentences of a brief on a page
ATTEMPT_TOKENS_MAX: Final = 2_000_000  # tokens of one attempt over documents: whatever they hold, read once
TEXT_TOKENS_MAX: Final = 400_000  # tokens of one attempt over a text
ATTEMPT_S: Final = 300.0  # seconds of one attempt; a model on this machine writes a few words a second


class Extraction(msgspec.Struct, frozen=True):
    """Inputs of extract."""

    text: Any
    fields: list[str]
    language: str = ""


class Summing(msgspec.Struct, frozen=True):
    """Inputs of summarise."""

    text: Any
    language: str = ""
    pages: int | None = None
    words: int | None = None
    sentences: int | None = None


class Briefing(msgspec.Struct, frozen=True):
    """Inputs of brief."""

    documents: tuple[Document, ...]
    language: str = "en"
    pages: int | None = None
    words: int | None = None
    sentences: int | None = None
    cited: bool = True
    about: str = ""
    made_at_ns: int = 0


class Filtering(msgspec.Struct, frozen=True):
    """Inputs of filter."""

    items: Any
    about: str


class Classifying(msgspec.Struct, frozen=True):
    """Inputs of classify."""

    text: Any
    labels: list[str]


class Comparing(msgspec.Struct, frozen=True):
    """Inputs of compare."""

    after: Any
    before: Any = None


class Computing(msgspec.Struct, frozen=True):
    """Inputs of compute."""

    rows: Any
    what: str


class Translating(msgspec.Struct, frozen=True):
    """Inputs of translate."""

    text: Any
    language: str


class Asked(msgspec.Struct, frozen=True):
    """One check with its parameter."""

    check: str
    value: Any = None


class Accepting(msgspec.Struct, frozen=True):
    """Inputs of accept."""

    checks: list[Asked]
    value: Any = None
    source: Any = None


class Planning(msgspec.Struct, frozen=True):
    """Inputs of plan."""

    goal: str
    tools: list[Any]
    tasks: list[str]
    asked: str = ""
    before: list[Any] = []
    triggers: list[str] = []


class Plan(msgspec.Struct, frozen=True):
    """Steps in the form of AGENT.md, each with one of `act`, `think` and `ask`."""

    steps: list[dict[str, Any]]


class Proposing(msgspec.Struct, frozen=True):
    """Inputs of propose_goal."""

    instructions: str
    rejected: list[str] = []


class Goal(msgspec.Struct, frozen=True):
    """A goal in one sentence."""

    goal: str


# Checks; the first line of each is what a model is told


def exactly_the_fields(inputs: Extraction, answer: dict[str, Any]) -> Iterator[str]:
    """It has exactly the fields asked for, each its value or null: money as {"amount", "currency"}, dates as in ISO."""
    missing = [name for name in inputs.fields if name not in answer]
    more = [name for name in answer if name not in inputs.fields]
    yield from (f"the field {name!r} is missing" for name in missing)
    yield from (f"nobody asked for {name[:60]!r}" for name in more)


def stands_in_the_text(inputs: Extraction, answer: dict[str, Any]) -> Iterator[str]:
    """Every value stands in the text, in some spelling."""
    yield from standard_accept.found_in_source(None, answer, {"text": inputs.text})


def short_enough(inputs: Summing, answer: str) -> Iterator[str]:
    """It is shorter than the text, not empty, and no longer than was asked for."""
    text = text_of(inputs.text)
    if not answer.strip() and text.strip():
        yield "it is empty"
    if words_in(answer) > max(words_in(text), 40):
        yield "it is longer than the text"
    if inputs.words is not None and words_in(answer) > inputs.words:
        yield f"it has {words_in(answer)} words, and at most {inputs.words} were asked for"
    if inputs.pages is not None and pages_of(answer) > inputs.pages:
        yield f"it has {pages_of(answer):.1f} pages, and at most {inputs.pages} were asked for"


def figures_of_the_text(inputs: Summing, answer: str) -> Iterator[str]:
    """Every number and date in it stands in the text."""
    yield from standard_accept.faults("numbers_in_source", None, answer, {"text": inputs.text})


def brief_carried(inputs: Briefing, answer: Brief) -> Iterator[str]:
    """Every sentence cites words of a document that was given, in the language that was asked for."""
    assignment = Assignment(
        documents=inputs.documents,
        stories=(),
        findings=(),
        language="zh" if inputs.language == "zh" else "en",
        made_at_ns=inputs.made_at_ns,
    )
    yield from carried_by_sources(assignment, answer)


def brief_grounded(inputs: Briefing, answer: Brief) -> Iterator[str]:
    """Every quotation, name, number and date of it stands in the cited words."""
    del inputs
    yield from standard_accept.faults("cited", None, msgspec.to_builtins(answer), None)


def brief_short_enough(inputs: Briefing, answer: Brief) -> Iterator[str]:
    """It is no longer than was asked for."""
    plain = msgspec.to_builtins(answer)
    if inputs.pages is not None:
        yield from standard_accept.faults("pages_max", inputs.pages, plain, None)
    if inputs.words is not None:
        yield from standard_accept.faults("words_max", inputs.words, plain, None)


def only_items_given(inputs: Filtering, answer: list[Any]) -> Iterator[str]:
    """It holds only items that were given, unchanged and in their order."""
    table = table_of(inputs.items)
    given = table if table is not None else inputs.items
    if not isinstance(given, list):
        return
    rest = iter(given)
    for one in answer:
        if not any(item == one for item in rest):
            yield f"an item was not given, or stands in another order: {text_of(one)[:60]!r}"


def one_of_the_labels(inputs: Classifying, answer: str) -> Iterator[str]:
    """It is one of the labels, spelled as given."""
    if answer not in inputs.labels:
        yield f"{answer[:60]!r} is none of the labels"


def says_something(inputs: Comparing | Computing, answer: str) -> Iterator[str]:
    """It is not empty."""
    del inputs
    if not answer.strip():
        yield "it is empty"


def in_the_language(inputs: Translating, answer: str) -> Iterator[str]:
    """It is in the language that was asked for, and not empty where the text is not."""
    if not answer.strip() and text_of(inputs.text).strip():
        yield "it is empty"
    yield from standard_accept.faults("language", inputs.language, answer, None)


def has_steps(inputs: Planning, answer: Plan) -> Iterator[str]:
    """Each step has exactly one of act, think and ask; act names a tool given, think a task given; an id and `with`."""
    del inputs
    for place, step in enumerate(answer.steps, 1):
        if sum(verb in step for verb in ("act", "think", "ask")) != 1:
            yield f"step {place} has not exactly one of act, think and ask"


def a_goal(inputs: Proposing, answer: Goal) -> Iterator[str]:
    """It is one sentence that says what is to be reached, and none of those rejected."""
    if not answer.goal.strip():
        yield "it is empty"
    if answer.goal in inputs.rejected:
        yield "it was rejected before"


def _task(
    name: str, inputs: type[Any], output: type[Any], *checks: Check, tokens_max: int = TEXT_TOKENS_MAX
) -> Task[Any, Any]:
    return Task(name, inputs=inputs, output=output, checks=checks, tokens_max=tokens_max, deadline_s=ATTEMPT_S)


EXTRACT: Final = _task("extract", Extraction, dict[str, Any], exactly_the_fields, stands_in_the_text)
SUMMARISE: Final = _task("summarise", Summing, str, short_enough, figures_of_the_text, tokens_max=ATTEMPT_TOKENS_MAX)
BRIEF: Final = _task(
    "brief", Briefing, Brief, brief_carried, brief_grounded, brief_short_enough, tokens_max=ATTEMPT_TOKENS_MAX
)
FILTER: Final = _task("filter", Filtering, list[Any], only_items_given, tokens_max=ATTEMPT_TOKENS_MAX)
CLASSIFY: Final = _task("classify", Classifying, str, one_of_the_labels)
COMPARE: Final = _task("compare", Comparing, str, says_something)
COMPUTE: Final = _task("compute", Computing, str, says_something, tokens_max=ATTEMPT_TOKENS_MAX)
TRANSLATE: Final = _task("translate", Translating, str, in_the_language)
ACCEPTANCE: Final = Task(ACCEPT, inputs=Accepting, output=list[str], tokens_max=0, deadline_s=ATTEMPT_S)
PLANNING: Final = _task(PLAN, Planning, Plan, has_steps)
PROPOSAL: Final = _task(PROPOSE_GOAL, Proposing, Goal, a_goal)

TASKS: Final = (
    EXTRACT, SUMMARISE, BRIEF, FILTER, CLASSIFY, COMPARE, COMPUTE, TRANSLATE, ACCEPTANCE, PLANNING, PROPOSAL,
)  # fmt: skip
