"""Process mining for goals that a person never wrote down: what the owner does again and again, as proposals.

    shell history, journal  →  habits (periods, sequences, decisions)  →  proposals: evidence, saving, one command

Rules: pure but for what it is handed; nothing starts: a proposal is a command that its owner may run; what is dangerous
is never proposed to run by itself; a secret never stands in a proposal. By chance alone at most one history in a
hundred makes any (the levels of `mining_periods`, `mining_sequences` and `mining_grants` add up to less than that).
"""

from __future__ import annotations

import datetime
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Final, Literal

import msgspec

from ergos.app.mining.decisions import Decided, Started
from ergos.app.mining.grants import grant_line, habits_of
from ergos.app.mining.history import Seen
from ergos.app.mining.periods import Moment, Period, Rhythm, lower_bound, period_of, tail
from ergos.app.mining.sequences import Step, pairs_of
from ergos.app.mining.templates import Template, masked_example, runnable, template_of
from ergos.app.mining.words import (
    answer_words,
    changing_words,
    command_prose,
    command_words,
    denial_words,
    grant_words,
    pair_prose,
    pair_words,
    run_words,
)
from ergos.base.canonical import digest_of
from ergos.base.clock import SECOND
from ergos.kernel.packages import ToolSpec
from ergos.kernel.permission.wording import Language

TYPING_S: Final = 30  # seconds of a person for one command that is remembered, typed and looked at
DECIDING_S: Final = 30  # seconds of a person for one approval or answer
TIMES_MIN: Final = 5  # times from which something can be a habit
EXAMPLES_MAX: Final = 3  # examples of one proposal
PROPOSALS_MAX: Final = 50  # proposals at once; nobody reads more
DAYS_A_MONTH: Final = 30.44  # days of a mean month

_QUOTED: Final = re.compile(r"`([^`]+)`")
ProposalKind = Literal["command", "pair", "run", "grant", "denial", "answer"]


class Proposal(msgspec.Struct, frozen=True, kw_only=True):
    """Something the owner could let an agent do."""

    id: str
    """Twelve digits of what it is about: the same until that changes."""
    kind: ProposalKind
    sentence: str
    """What was seen, in the owner's language."""
    evidence: tuple[str, ...]
    """Counts, dates, how sure it is, examples without secrets."""
    minutes_month: float
    """Minutes of the owner that it would save, by what is assumed in `evidence`."""
    microusd_month: int = 0
    """What it would cost, from what it cost before."""
    prose: str = ""
    """What `ergos new` would compile."""
    command: tuple[str, ...] = ()
    """What accepting runs: the words behind `ergos`; () where its owner has to do it."""


class Mined(msgspec.Struct, frozen=True, kw_only=True):
    """What was found."""

    proposals: tuple[Proposal, ...]
    commands: int
    """Commands that were read."""
    decisions: int
    dangerous: int
    """Templates that repeat and are never proposed."""
    undated: int
    """Commands without a time, which show no period."""


class Habits(msgspec.Struct, frozen=True, kw_only=True):
    """What is looked through."""

    history: tuple[Seen, ...] = ()
    decided: Decided = Decided()
    tools: Mapping[str, ToolSpec] = {}
    costs: Mapping[str, int] = {}
    """Micro-dollars that one process of an agent cost on average."""


def mine(habits: Habits, language: Language, zone: datetime.tzinfo | None = None) -> Mined:
    """All proposals, those that save most first. `zone`: the owner's; None: that of the machine."""
    timed = [one for one in habits.history if one.at_ns is not None]
    templates = {text: template_of(text) for text in {one.text for one in timed}}
    commands, dangerous = _commands(timed, templates, language, zone)
    found = [
        *commands,
        *(one for one in _pairs(timed, templates, language) if not _told(one, commands)),
        *_runs(habits.decided.started, habits.costs, language, zone),
        *_grants(habits, language, zone),
        *_answers(habits.decided, language, zone),
    ]
    ordered = sorted(found, key=lambda one: (-one.minutes_month, one.id))
    return Mined(
        proposals=tuple(ordered[:PROPOSALS_MAX]),
        commands=len(habits.history),
        decisions=len(habits.decided.decisions) + len(habits.decided.replies),
        dangerous=dangerous,
        undated=len(habits.history) - len(timed),
    )


def _told(pair: Proposal, commands: Sequence[Proposal]) -> bool:
    """Whether both commands of a pair are proposed at set times already."""
    said = [part for one in commands for part in _QUOTED.findall(one.prose)]
    return bool(pair.prose) and all(part in said for part in _QUOTED.findall(pair.prose))


def moment_of(at_ns: int, zone: datetime.tzinfo | None) -> Moment:
    """An instant on the owner's calendar."""
    at = datetime.datetime.fromtimestamp(at_ns // SECOND, zone).astimezone(zone)
    day = at.date().toordinal() - datetime.date(1970, 1, 1).toordinal()
    return Moment(day, at.hour * 60 + at.minute, at.day, at.year * 12 + at.month)


def _date(at_ns: int, zone: datetime.tzinfo | None) -> datetime.date:
    return datetime.datetime.fromtimestamp(at_ns // SECOND, zone).date()


def _commands(
    timed: Sequence[Seen],
    templates: Mapping[str, Template | None],
    language: Language,
    zone: datetime.tzinfo | None,
) -> tuple[list[Proposal], int]:
    """Commands with a period."""
    groups: dict[str, list[Seen]] = defaultdict(list)
    risky: set[str] = set()
    moments: dict[str, list[Moment]] = defaultdict(list)
    for one in timed:
        assert one.at_ns is not None
        made = templates[one.text]
        moments[made.text if made is not None else ""].append(moment_of(one.at_ns, zone))
        if made is not None:
            groups[made.text].append(one)
            if made.dangerous:
                risky.add(made.text)
    tested = [text for text, several in groups.items() if len(several) >= TIMES_MIN]
    rhythm = Rhythm(moments)
    found: list[Proposal] = []
    dangerous = 0
    for text in tested:
        period = period_of(text, moments[text], rhythm, len(tested))
        if period is None:
            continue
        if text in risky:
            dangerous += 1
            continue
        found.append(_command(text, groups[text], period, language, zone))
    return found, dangerous


def _command(
    text: str, seen: Sequence[Seen], period: Period, language: Language, zone: datetime.tzinfo | None
) -> Proposal:
    took = sorted(one.took_s for one in seen if one.took_s is not None)
    each_s = TYPING_S + (took[len(took) // 2] if took else 0)
    command = runnable(text, [(one.text, _date(one.at_ns or 0, zone)) for one in seen])
    prose = command_prose(command, period, language) if command is not None else ""
    examples = list(dict.fromkeys(masked_example(one.text) for one in reversed(seen)))[:EXAMPLES_MAX]
    sentence, evidence = command_words(text, period, (seen[0].at_ns or 0, seen[-1].at_ns or 0), examples, language)
    return Proposal(
        id=_id("command", text, period.kind, period.weekday, period.month_day, period.minute // 60),
        kind="command",
        sentence=sentence,
        evidence=evidence if prose else (*evidence, changing_words(language)),
        minutes_month=_a_month(period) * each_s / 60,
        prose=prose,
        command=_new(prose, zone),
    )


def _pairs(timed: Sequence[Seen], templates: Mapping[str, Template | None], language: Language) -> list[Proposal]:
    steps: list[Step] = []
    risky: set[str] = set()
    for one in sorted(timed, key=lambda seen: seen.at_ns or 0):
        made = templates[one.text]
        name = made.text if made is not None else f"\0{one.text[:40]}"
        if made is not None and made.dangerous:
            risky.add(name)
        steps.append(Step(name, (one.at_ns or 0) // SECOND))
    if not steps:
        return []
    months = max(1.0, (steps[-1].at_s - steps[0].at_s) / 86_400 / DAYS_A_MONTH)
    found: list[Proposal] = []
    for pair in pairs_of(steps):
        if "\0" in pair.first + pair.second or {pair.first, pair.second} & risky:
            continue
        prose = pair_prose(pair, language) if "{" not in pair.first + pair.second else ""
        sentence, evidence = pair_words(pair, language)
        found.append(
            Proposal(
                id=_id("pair", pair.first, pair.second),
                kind="pair",
                sentence=sentence,
                evidence=evidence,
                minutes_month=pair.times / months * TYPING_S / 60,
                prose=prose,
                command=_new(prose, None),
            )
        )
    return found


def _runs(
    started: Sequence[Started], costs: Mapping[str, int], language: Language, zone: datetime.tzinfo | None
) -> list[Proposal]:
    """Agents that the owner starts at set times."""
    groups: dict[str, list[Moment]] = defaultdict(list)
    for one in started:
        groups[one.agent].append(moment_of(one.at_ns, zone))
    own = {agent: times for agent, times in groups.items() if len(times) >= TIMES_MIN}
    rhythm = Rhythm(groups)
    found: list[Proposal] = []
    for agent, times in own.items():
        period = period_of(agent, times, rhythm, len(own))
        if period is None:
            continue
        monthly = _a_month(period)
        cost = round(costs.get(agent, 0) * monthly)
        sentence, evidence = run_words(agent, period, cost, language)
        found.append(
            Proposal(
                id=_id("run", agent, period.kind, period.weekday, period.month_day, period.minute // 60),
                kind="run",
                sentence=sentence,
                evidence=evidence,
                minutes_month=monthly * TYPING_S / 60,
                microusd_month=cost,
            )
        )
    return found


def _grants(habits: Habits, language: Language, zone: datetime.tzinfo | None) -> list[Proposal]:
    grants, denials = habits_of(habits.decided.decisions, habits.tools)
    found: list[Proposal] = []
    for habit in grants:
        sentence, evidence, words = grant_words(habit, language, zone)
        line = grant_line(habit.grant, words)
        if line is None:
            continue
        found.append(
            Proposal(
                id=_id("grant", msgspec.to_builtins(habit.grant)),
                kind="grant",
                sentence=sentence,
                evidence=evidence,
                minutes_month=_rate(habit.asked, habit.first_ns, habit.last_ns) * DECIDING_S / 60,
                command=line,
            )
        )
    for denial in denials:
        sentence, evidence = denial_words(denial, language, zone)
        rate = _rate(denial.denied, denial.first_ns, denial.last_ns)
        found.append(
            Proposal(
                id=_id("denial", denial.agent, denial.tool),
                kind="denial",
                sentence=sentence,
                evidence=evidence,
                minutes_month=rate * DECIDING_S / 60,
                command=("grants", denial.agent),
            )
        )
    return found


def _answers(decided: Decided, language: Language, zone: datetime.tzinfo | None) -> list[Proposal]:
    """Questions that are always answered alike; a choice of two is what chance is taken to be."""
    groups: dict[tuple[str, str], list[tuple[str, int]]] = defaultdict(list)
    for one in decided.replies:
        made = template_of(one.question)
        groups[one.agent, made.text if made is not None else one.question[:300]].append((one.answer, one.at_ns))
    found: list[Proposal] = []
    for (agent, question), answers in groups.items():
        said = {answer for answer, _ in answers}
        count = len(answers)
        sure = tail(count, count, 0.5) * len(groups) <= 0.002 and lower_bound(count, count) >= 0.7
        if len(said) != 1 or not sure:
            continue
        times = [at_ns for _, at_ns in answers]
        answer = next(iter(said))
        sentence, evidence = answer_words(agent, question, answer, (count, min(times), max(times)), language, zone)
        found.append(
            Proposal(
                id=_id("answer", agent, question, answer),
                kind="answer",
                sentence=sentence,
                evidence=evidence,
                minutes_month=_rate(count, min(times), max(times)) * DECIDING_S / 60,
            )
        )
    return found


def _new(prose: str, zone: datetime.tzinfo | None) -> tuple[str, ...]:
    """`ergos new …` with the zone in which the habit was seen; () without a wish."""
    key = getattr(zone, "key", None)
    return (("new", prose, "--timezone", key) if isinstance(key, str) else ("new", prose)) if prose else ()


def _a_month(period: Period) -> float:
    """Times a month."""
    share = period.hits / period.spanned
    return (
        share
        * {"weekly": DAYS_A_MONTH / 7, "daily": DAYS_A_MONTH, "workdays": DAYS_A_MONTH * 5 / 7, "monthly": 1}[
            period.kind
        ]
    )


def _rate(count: int, first_ns: int, last_ns: int) -> float:
    """Times a month, over at least a month."""
    days = max((last_ns - first_ns) / SECOND / 86_400, DAYS_A_MONTH)
    return count / days * DAYS_A_MONTH


def _id(*parts: object) -> str:
    return digest_of(list(parts))[:12]
