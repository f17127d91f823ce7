"""A definition as text, and the definition that is read from it."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ergos.base.canonical import encode
from ergos.base.money import Amount
from ergos.kernel.ledger import Caps
from ergos.kernel.permission.grants import Grant, Matcher
from ergos.kernel.supervisor import Supervision
from ergos.kernel.triggers import Condition, Feed, Files, Mailbox, Outcome, Page, Schedule, Topic, Webhook
from ergos.kernel.values import NULL
from ergos.lib.agent_file import AgentFile, read
from ergos.lib.agent_text import text_of
from ergos.lib.work import Acceptance, Escalation, Milestone, QuietHours, Source, Step, Work

TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40).filter(
    lambda text: bool(text.strip())
)
NAMES = st.from_regex(r"[a-z][a-z0-9_-]{0,15}", fullmatch=True)
VALUES = st.one_of(TEXT, st.integers(-(10**12), 10**12), st.booleans(), st.floats(-1e6, 1e6, width=32))
PLAIN = st.recursive(
    st.one_of(TEXT, st.integers(-(10**12), 10**12), st.booleans(), st.none()),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(NAMES, inner, max_size=3)),
    max_leaves=6,
).map(lambda value: _escaped(value))  # noqa: PLW0108 - it stands below
MATCHERS = st.one_of(
    st.just(Matcher("any")),
    st.just(Matcher("grounded")),
    VALUES.map(lambda value: Matcher("equals", (value,))),
    st.lists(VALUES, min_size=1, max_size=3).map(lambda values: Matcher("one_of", tuple(values))),
    st.just(Matcher("range", (0, 100))),
    TEXT.map(lambda text: Matcher("under", (text,))),
    TEXT.map(lambda text: Matcher("domain", (text,))),
)
TRIGGERS = st.sampled_from(
    [
        Schedule(name="s", rule="FREQ=DAILY;BYHOUR=8;BYMINUTE=0\nFREQ=DAILY;BYHOUR=9;BYMINUTE=5", words="每天"),
        Schedule(name="c", cron="*/5 * * * *", timezone="Europe/Berlin", except_dates=("2026-12-25",), misfire="skip"),
        Files(name="f", folder="in:/", pattern="*.pdf", events=("created", "changed"), deep=True, settle_s=0.5),
        Feed(name="feed", url="https://a.example/x?y=1#z", every_s=60),
        Page(name="p", url="https://a.example", contains="back: in #stock"),
        Webhook(name="w", secret="hook", style="github"),
        Mailbox(name="m", account="post", sender="@a.example", subject="Re: '\"x"),
        Topic(name="t", topic="shop/+/orders", broker="house"),
        Outcome(name="o", agent="other", states=("failed", "killed")),
        Condition(name="k", figure="spend.today", compare=">", value=0.8, share=True),
    ]
)


def _escaped(value: object) -> object:
    """Braces that are no references."""
    if isinstance(value, str):
        return value.replace("{", "(").replace("}", ")")
    if isinstance(value, list):
        return [_escaped(one) for one in value]
    return {key: _escaped(one) for key, one in value.items()} if isinstance(value, dict) else value


@st.composite
def files(draw: st.DrawFn) -> AgentFile:
    names = draw(st.lists(NAMES.filter(lambda name: name not in _ROOTS), unique=True, max_size=3))
    steps = tuple(
        Step(
            id=name,
            verb="act",
            name="files.read",
            given=draw(st.dictionaries(NAMES, PLAIN, max_size=3)),
            words=draw(TEXT),
        )
        for name in names
    )
    work = Work(
        timezone=draw(st.sampled_from(["", "Europe/Berlin"])),
        triggers=tuple(draw(st.lists(TRIGGERS, unique_by=lambda one: one.name, max_size=3))),
        sources=tuple(Source(at=at, words=words) for at, words in draw(st.lists(st.tuples(TEXT, TEXT), max_size=2))),
        steps=steps,
        acceptance=tuple(Acceptance(check="pages_max", of=name, value=2) for name in names[:1]),
        escalation=draw(st.sampled_from([None, Escalation(), Escalation(after=1, then="stop", words="停")])),
        quiet_hours=draw(st.sampled_from([None, QuietHours(start="22:00", end="07:00", days=("MO", "SU"))])),
        milestones=tuple(
            Milestone(name=name, due="2027-01-31") for name in draw(st.lists(TEXT, unique=True, max_size=2))
        ),
        report=draw(st.sampled_from(["", "FREQ=WEEKLY;BYDAY=MO;BYHOUR=9;BYMINUTE=0"])),
        reserved=draw(st.sampled_from([(), ("mail.send", "files.*")])),
        goal_by=draw(st.sampled_from(["owner", "agent"])),
        plan_by=draw(st.sampled_from(["owner", "agent"])),
    )
    args = st.one_of(st.none(), st.dictionaries(NAMES, MATCHERS, max_size=3))
    grants = tuple(
        Grant(agent="desk", verb=verb, name="x.y", args=draw(args), ask=draw(st.booleans()), words=draw(TEXT),  # type: ignore[arg-type]
              times=draw(st.sampled_from([None, 3])), expires_ns=draw(st.sampled_from([None, 1_801_436_340 * 10**9])))
        for verb in draw(st.lists(st.sampled_from(["act", "think", "send"]), max_size=3))
    )  # fmt: skip
    team = draw(st.sampled_from([(), ("writer",)]))
    spawns = tuple(Grant(agent="desk", verb="spawn", name=one, words=f"team: {one}") for one in team)
    body = draw(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\ufeff"), max_size=80)).strip(
        "\n"
    )
    return AgentFile(
        name="desk",
        goal=draw(st.one_of(st.just(""), TEXT)),
        language=draw(st.sampled_from(["en", "zh"])),
        program=draw(st.sampled_from(["agent.py:agent", "desk.py:run"])) if not steps else "",
        team=team,
        grants=grants + spawns,
        caps=draw(
            st.sampled_from([Caps(), Caps(day=Amount(1_500_000, -1), month=Amount(-1, 5_000)), Caps(call=Amount(7, 9))])
        ),
        supervision=draw(st.sampled_from([Supervision(), Supervision(restarts=1)])),
        solvers=draw(st.sampled_from([(), ("code", "system1")])),
        window_tokens=draw(st.sampled_from([32_000, 8_000])),
        settings=draw(st.one_of(st.just(NULL), st.dictionaries(NAMES, PLAIN, max_size=2).map(_packed))),
        instructions=body,
        work=work,
    )


_ROOTS = ("event", "item", "sources", "settings", "now", "agent", "last", "true", "false", "null")


def _packed(value: object) -> msgspec.Raw:
    return msgspec.Raw(encode(value, what="settings"))


@given(files())
@settings(deadline=None, max_examples=60)
def test_what_is_written_is_read_back_field_by_field(file: AgentFile):
    back = read(text_of(file), "AGENT.md")
    for name in AgentFile.__struct_fields__:
        mine, theirs = getattr(file, name), getattr(back, name)
        if name == "settings":
            mine, theirs = msgspec.json.decode(mine), msgspec.json.decode(theirs)
        assert theirs == mine, name


@pytest.mark.parametrize(
    "words",
    ["no: yes # x", "--- \n---", "{a: [b", "'", '"\\', "\x00\x85\u2028", "- - -", "!!python/x", "null", "~", "1e5"],
)
def test_no_words_of_an_owner_are_taken_for_yaml(words: str):
    grant = Grant(agent="desk", verb="act", name="files.read", words=words)
    file = AgentFile(
        name="desk", goal=words, language="en", program="", team=(), grants=(grant,), caps=Caps(), supervision=Supervision(),
        solvers=(), window_tokens=32_000, settings=NULL, instructions="---\nname: evil\n---",
        work=Work(steps=(Step(id="a", verb="ask", given={"question": words}),)),
    )  # fmt: skip
    back = read(text_of(file), "AGENT.md")
    assert (back.goal, back.grants[0].words, back.work.steps[0].given["question"]) == (words, words, words)
    assert back.name == "desk"


def test_fields_stand_in_one_order_and_what_is_usual_is_left_out():
    file = AgentFile(
        name="desk", goal="sit", language="en", program="agent.py:agent", team=(), grants=(), caps=Caps(day=Amount(2_500_000, -1)),
        supervision=Supervision(), solvers=(), window_tokens=32_000, settings=NULL, instructions="Sit.",
    )  # fmt: skip
    assert (
        text_of(file)
        == '---\nname: desk\ngoal: sit\nprogram: "agent.py:agent"\nbudget:\n  per_day: 2.50usd\n---\n\nSit.\n'
    )
