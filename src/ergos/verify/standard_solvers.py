"""System 1 at the standard tasks: what classical methods can do of each, and where they stop.

Rules: no model, no network, no chance; an answer is made of what was given; what cannot be done is a NoModelError that
says what is missing. The kit is what agents of steps get.
"""

from __future__ import annotations

import difflib
import math
import re
from collections import Counter
from collections.abc import Sequence
from types import MappingProxyType
from typing import Any, Final

from ergos.base.canonical import Plain
from ergos.base.errors import NoModelError, ValueShapeError
from ergos.drivers.system1 import fields, rank, segment
from ergos.kernel.packages import Solver
from ergos.lib import conditions
from ergos.lib.folder import Kit
from ergos.lib.references import found
from ergos.lib.task import solver
from ergos.verify import standard_accept
from ergos.verify.standard import (
    ACCEPTANCE,
    CLASSIFY,
    COMPARE,
    COMPUTE,
    EXTRACT,
    FIELDS_MAX,
    FILTER,
    LABELS_MAX,
    PROPOSAL,
    SENTENCES_A_PAGE,
    SUMMARISE,
    TASKS,
    Accepting,
    Classifying,
    Comparing,
    Computing,
    Extraction,
    Filtering,
    Goal,
    Proposing,
    Summing,
)
from ergos.verify.standard_brief import brief, brief_by_model
from ergos.verify.standard_choice import chosen
from ergos.verify.standard_cues import cues_of
from ergos.verify.standard_rows import kept
from ergos.verify.standard_sums import computed
from ergos.verify.standard_texts import language_of, pages_of, rows_of, table_of, text_of, words_in

SUMMARY_SENTENCES: Final = 5  # sentences of a summary where nobody said how long
SENTENCES_MAX: Final = 600  # sentences a summary is chosen from
DIFFERENCES_MAX: Final = 50  # differences that are told; more are another text
LINE_CHARS_MAX: Final = 400  # characters of one difference
GOAL_CHARS_MAX: Final = 300  # characters of a goal that is proposed
COMPARED_CHARS_MAX: Final = 200_000  # characters of each text that is compared
DENIED_CHARS: Final = 16  # characters before a word in which its denial stands
_DENIED: Final = re.compile(
    r"(?:\b(?:not|never|no|hardly|isn't|wasn't|aren't|don't|didn't|nicht|kein)\s+(?:\w+\s+)?|[不没未别])$"
)
_BUT: Final = re.compile(
    r"(?:(?:everything |anything |all )?(?:not(?: about)?|without|except(?: for)?|excluding|but)\b"
    r"|(?:不要|不是|不含|不包括|排除|除了|去掉|非))(?:关于|about)?\s*",
    re.IGNORECASE,
)


@solver(EXTRACT, kind="system1", name="system1.extract")
def extract(inputs: Extraction) -> dict[str, Plain]:
    """By labels, columns and shapes. Raises: NoModelError where it finds nothing at all."""
    if len(inputs.fields) > FIELDS_MAX:
        raise ValueShapeError(f"{len(inputs.fields)} fields were asked for; at most {FIELDS_MAX}")
    found_fields = fields.extract(text_of(inputs.text), inputs.fields)
    if inputs.fields and all(value is None for value in found_fields.values()):
        raise NoModelError(f"System 1 found none of {', '.join(inputs.fields[:5])} in the text")
    return found_fields


@solver(SUMMARISE, kind="system1", name="system1.summarise")
def summarise(inputs: Summing) -> str:
    """The sentences that say most of what the others say, in their order. Raises: NoModelError for a translation."""
    text = text_of(inputs.text)
    spoken = language_of(text)
    if inputs.language and spoken not in (inputs.language, "und") and text.strip():
        raise NoModelError(f"the text is in {spoken}, and System 1 does not translate it to {inputs.language!r}")
    spans = segment.sentences(text)[:SENTENCES_MAX]
    said = list(dict.fromkeys(" ".join(text[span.start : span.end].split()) for span in spans))
    if not said:
        return ""
    count = inputs.sentences or (inputs.pages * SENTENCES_A_PAGE if inputs.pages else SUMMARY_SENTENCES)
    weights = rank.textrank(said)
    best = sorted(range(len(said)), key=lambda place: (-weights[place], place))
    chosen: list[int] = []
    for place in best[:count]:
        longer = _joined([said[one] for one in sorted((*chosen, place))], spoken)
        if inputs.words is not None and words_in(longer) > inputs.words:
            continue
        if inputs.pages is not None and pages_of(longer) > inputs.pages:
            continue
        chosen.append(place)
    if not chosen:
        raise NoModelError(f"no sentence of the text has at most {inputs.words} words")
    return _joined([said[place] for place in sorted(chosen)], spoken)


@solver(FILTER, kind="system1", name="system1.filter")
def filtered(inputs: Filtering) -> list[Any]:
    """By a condition, or by the words it is about. Raises: NoModelError where neither says anything."""
    table = table_of(inputs.items)
    items: list[Any] = table or (inputs.items if isinstance(inputs.items, list) else rows_of(inputs.items))
    try:
        condition = conditions.parse(inputs.about)
    except ValueShapeError:
        by_field = kept(items, inputs.about)
        if by_field is not None:
            return by_field
        but = _BUT.match(inputs.about.strip())
        if but is None:
            return chosen(items, inputs.about)
        out = chosen(items, inputs.about.strip()[but.end() :])
        return [item for item in items if not any(item is one for one in out)]
    left = condition.left.removeprefix("item.")
    fitting: list[Any] = []
    for item in items:
        scope = item if isinstance(item, dict) else {"value": item, "text": item}
        if conditions.holds(condition, found(left, scope), condition.right) is True:
            fitting.append(item)
    return fitting


@solver(CLASSIFY, kind="system1", name="system1.classify")
def classify(inputs: Classifying) -> str:
    """The label whose words the text uses most. Raises: NoModelError where no label stands out."""
    if not inputs.labels or len(inputs.labels) > LABELS_MAX:
        raise ValueShapeError(f"{len(inputs.labels)} labels to choose from; at least 1 and at most {LABELS_MAX}")
    text = text_of(inputs.text)
    bag = Counter(segment.content_words(text))
    folded = text.casefold()
    points = {label: _points(label, bag, folded) for label in inputs.labels}
    ranked = sorted(points.items(), key=lambda one: -one[1])
    if ranked[0][1] <= 0 or (len(ranked) > 1 and math.isclose(ranked[0][1], ranked[1][1])):
        raise NoModelError("no label stands out by its words; a model could tell")
    return ranked[0][0]


@solver(COMPARE, kind="system1", name="system1.compare")
def compare(inputs: Comparing) -> str:
    """Lines and sentences that came and went."""
    before, after = (text_of(one)[:COMPARED_CHARS_MAX] for one in (inputs.before, inputs.after))
    zh = language_of(after or before) == "zh"
    if not before.strip():
        return "没有更早的内容可以比较。" if zh else "There is nothing earlier to compare with."
    gone, come = _units(before), _units(after)
    lines: list[str] = []
    for tag, i, j, k, m in difflib.SequenceMatcher(None, gone, come, autojunk=False).get_opcodes():
        if tag == "equal":
            continue
        lines += [f"- {line[:LINE_CHARS_MAX]}" for line in gone[i:j]]
        lines += [f"+ {line[:LINE_CHARS_MAX]}" for line in come[k:m]]
    if not lines:
        return "没有变化。" if zh else "Nothing has changed."
    more = len(lines) - DIFFERENCES_MAX
    tail = [] if more <= 0 else [f"… 另有 {more} 处" if zh else f"… and {more} more"]
    return "\n".join((*lines[:DIFFERENCES_MAX], *tail))


@solver(COMPUTE, kind="system1", name="system1.compute")
def compute(inputs: Computing) -> str:
    """Count, sum, average, smallest, largest of a field. Raises: NoModelError for anything else."""
    return computed(rows_of(inputs.rows), inputs.what)


@solver(ACCEPTANCE, kind="code", name="acceptance")
def accept(inputs: Accepting) -> list[str]:
    """What all checks find."""
    faults: list[str] = []
    for one in inputs.checks:
        faults += standard_accept.faults(one.check, one.value, inputs.value, inputs.source)
    return faults


@solver(PROPOSAL, kind="system1", name="system1.propose_goal")
def propose_goal(inputs: Proposing) -> Goal:
    """The sentences of the instructions, one after the other. Raises: NoModelError where all were rejected."""
    text = inputs.instructions
    for span in segment.sentences(text):
        said = " ".join(text[span.start : span.end].split())[:GOAL_CHARS_MAX]
        if said and said not in inputs.rejected:
            return Goal(said)
    raise NoModelError("there are no instructions from which System 1 could propose a goal")


def standard() -> Kit:
    """The tasks with their solvers."""
    solvers: tuple[Solver, ...] = (
        extract, summarise, brief, brief_by_model, filtered, classify, compare, compute, accept, propose_goal,
    )  # fmt: skip
    return Kit({}, MappingProxyType({task.spec.name: task for task in TASKS}), solvers)


def _points(label: str, bag: Counter[str], folded: str) -> float:
    """How much of a text speaks for a label: its own words, then what such texts say."""
    own = sum(bag[word] for word in segment.content_words(label))
    named = 3.0 if label.casefold() in folded else 0.0
    return named + 2.0 * own + sum(_says(cue, folded) for cue in cues_of(label))


def _says(cue: str, folded: str) -> bool:
    """Whether a text says a cue, and not its opposite: 'not happy', '不满意'."""
    at = folded.find(cue)
    while at >= 0:
        if not _DENIED.search(folded[max(0, at - DENIED_CHARS) : at]):
            return True
        at = folded.find(cue, at + 1)
    return False


def _units(text: str) -> list[str]:
    """Lines, and sentences of long ones, as they are compared."""
    spans = segment.sentences(text)
    return [" ".join(text[span.start : span.end].split()) for span in spans]


def _joined(said: Sequence[str], spoken: str) -> str:
    return ("" if spoken == "zh" else " ").join(said)
