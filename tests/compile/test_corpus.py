"""The corpus of requests is sound, and what counts its hits counts rightly."""

from collections import Counter
from typing import Any

import msgspec
import pytest

from bench.compiler.canonical import excess, same
from bench.compiler.count import by_field, judged, share, silent
from bench.compiler.home import Made
from bench.compiler.notation import faults
from bench.compiler.requests import FIELDS, LISTS, PARTS, Request, read
from bench.compiler.shown import as_json, report
from ergos.compile.diagnostics import Diagnostic

CORPUS = read()
ALIKE_MAX = 0.72  # share of three-character pieces that two requests of different parts may have in common


def pieces(text: str) -> frozenset[str]:
    plain = " ".join(text.lower().split())
    return frozenset(plain[at : at + 3] for at in range(len(plain) - 2))


def perfect(request: Request) -> Made:
    """What a compiler without a fault makes of a request."""
    fields: dict[str, Any] = {}
    for name in FIELDS:
        value = request.alternatives(name)[0]
        if name in LISTS:
            value = [
                one.split("|")[0] + ("!ask" if one.endswith("!ask") and "|" in one else "")
                for one in value
                if not one.endswith("?")
            ]
        if value:
            fields[name] = value
    return Made(fields=fields, diagnostics=(), written=True, cpu_ns=1)


def with_fields(made: Made, **fields: object) -> Made:
    return msgspec.structs.replace(made, fields={**made.fields, **fields})


def one_request(**expect: object) -> Request:
    return Request(
        id="x",
        language="en",
        text="x",
        now="2026-11-26T10:00",
        timezone="Europe/Berlin",
        folder="/srv/ada/desk",
        expect=expect,
    )


@pytest.mark.parametrize("request_", CORPUS, ids=[one.id for one in CORPUS])
def test_an_expectation_is_written_as_the_notation_says(request_: Request) -> None:
    assert not list(faults(request_))


def test_there_are_enough_requests_of_both_languages_in_both_parts() -> None:
    assert len(read(("dev",))) >= 240
    assert len(read(("sealed",))) >= 180
    for language in ("en", "zh"):
        assert len(read(PARTS, (language,))) >= 200


def test_no_request_stands_there_twice() -> None:
    assert not [text for text, times in Counter(one.text for one in CORPUS).items() if times > 1]
    assert not [name for name, times in Counter(one.id for one in CORPUS).items() if times > 1]


def test_no_sealed_request_is_nearly_one_of_development() -> None:
    known = [(one.id, pieces(one.text)) for one in read(("dev",))]
    near = [
        (one.id, name)
        for one in read(("sealed",))
        for own in [pieces(one.text)]
        for name, other in known
        if len(own & other) > ALIKE_MAX * len(own | other)
    ]
    assert not near


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_construct_is_in_both_parts_and_languages(part: str, language: str) -> None:
    requests = read((part,), (language,))
    assert set(FIELDS) - {name for one in requests for name in one.expect} == set()
    kinds = {entry.split()[0] for one in requests for value in one.alternatives("triggers") for entry in value}
    assert kinds == {"schedule", "at", "files", "feed", "page", "mail", "webhook", "topic", "outcome", "condition"}
    verbs = {verb for one in requests for value in one.alternatives("actions") for verb in value}
    assert verbs >= {"read", "extract", "summarise", "brief", "translate", "classify", "filter", "compare", "compute"}
    assert verbs >= {
        "append",
        "write",
        "move",
        "copy",
        "delete",
        "send",
        "notify",
        "publish",
        "post",
        "schedule",
        "run",
    }


def test_a_program_without_a_fault_is_counted_as_exact() -> None:
    results = [judged(one, perfect(one)) for one in CORPUS]
    assert not [(one.request.id, one.fields) for one in results if not one.exact]
    assert not [one.request.id for one in results if one.tools_beyond or one.targets_beyond]
    assert share(results).percent == 100.0
    assert silent(results) == (0, 0)


def test_a_program_of_nothing_has_no_field_right() -> None:
    nothing = Made(fields={}, diagnostics=(), written=True, cpu_ns=1)
    assert share(judged(one, nothing) for one in CORPUS).hits == 0


def test_what_was_added_and_what_is_wrong_count_against_it() -> None:
    request = one_request(actions=["read"], budget=["5 USD/month"])
    made = Made(
        fields={"actions": ["read"], "budget": ["5 USD/day"], "quiet": "22:00-07:00"},
        diagnostics=(),
        written=True,
        cpu_ns=1,
    )
    result = judged(request, made)
    assert {field.name: field.verdict for field in result.fields} == {
        "actions": "exact",
        "budget": "wrong",
        "quiet": "added",
    }
    assert share([result]).hits == 1
    assert share([result]).of == 3
    assert share([result], expected_only=True).of == 2
    assert by_field([result])["budget"][0].hits == 0


def test_a_wrong_field_that_was_asked_about_is_not_silent() -> None:
    request = one_request(budget=["5 USD/month"], sources=["a.md"])
    asked = Made(
        fields={"asks": ["unit"]},
        diagnostics=(Diagnostic(code="C204", values={"number": "5", "words": "5"}),),
        written=False,
        cpu_ns=1,
    )
    verdicts = {field.name: field.asked for field in judged(request, asked).fields}
    assert verdicts["budget"]
    assert not verdicts["sources"]


def test_a_tool_or_target_that_no_words_gave_is_counted() -> None:
    request = one_request(actions=["summarise"], tools=["sources.read", "summarise"])
    made = Made(
        fields={"tools": ["mail.send", "sources.read", "summarise"], "targets": ["x@y.example"]},
        diagnostics=(),
        written=True,
        cpu_ns=1,
    )
    result = judged(request, made)
    assert result.tools_beyond == ("mail.send",)
    assert result.targets_beyond == ("x@y.example",)


def test_a_tool_without_the_approval_that_was_wanted_is_beyond_the_words() -> None:
    assert excess(["mail.send!ask"], ["mail.send"]) == ("mail.send",)
    assert excess(["mail.send"], ["mail.send!ask"]) == ()


@pytest.mark.parametrize(
    ("field", "expected", "found"),
    [
        ("triggers", ["schedule FREQ=DAILY;BYHOUR=9;BYMINUTE=0"], ["schedule FREQ=DAILY;BYHOUR=9;BYMINUTE=0;UNTIL=20261231T000000"]),
        ("triggers", ["schedule FREQ=DAILY;BYHOUR=9,18;BYMINUTE=0"], ["schedule FREQ=DAILY;BYHOUR=9;BYMINUTE=0", "schedule FREQ=DAILY;BYHOUR=18;BYMINUTE=0"]),
        ("triggers", ["schedule FREQ=MONTHLY;BYDAY=-1FR;BYHOUR=9;BYMINUTE=0"], ["schedule FREQ=MONTHLY;BYDAY=FR;BYSETPOS=-1;BYHOUR=9;BYMINUTE=0"]),
        ("triggers", ["schedule FREQ=HOURLY;BYMINUTE=0"], ["schedule FREQ=HOURLY"]),
        ("triggers", ["files invoices *.pdf created"], ["files ./invoices/ *.pdf created"]),
        ("triggers", ["files invoices *.pdf created"], ["files invoices:/ *.PDF created"]),
        ("targets", ["ledger.csv"], ["here:/ledger.csv"]),
        ("targets", ["#ops"], ["ops"]),
        ("fields", ["invoice number"], ["invoice_number"]),
        ("budget", ["0.20 USD/process"], ["0.2 USD/process"]),
        ("approvals", ["above 1000 EUR"], ["above 1,000 EUR"]),
        ("approvals", ["above 1000 EUR"], ["when total > 1000 EUR"]),
        ("conditions", ["notify if temperature > 30"], ["notify if the temperature > 30.0"]),
        ("tools", ["press.publish|files.write!ask", "sources.read", "extract?"], ["files.read", "files.write!ask"]),
        ("asks", ["sources", "time?"], ["sources"]),
    ],
)  # fmt: skip
def test_two_spellings_of_one_value_are_the_same(field: str, expected: list[str], found: list[str]) -> None:
    assert same(field, expected, found)


@pytest.mark.parametrize(
    ("field", "expected", "found"),
    [
        ("triggers", ["schedule FREQ=DAILY;BYHOUR=9;BYMINUTE=0"], ["schedule FREQ=DAILY;BYHOUR=9;BYMINUTE=30"]),
        ("triggers", ["schedule FREQ=DAILY;BYHOUR=9;BYMINUTE=0"], ["at 2026-12-01T09:00"]),
        ("triggers", ["schedule FREQ=DAILY;BYHOUR=9;BYMINUTE=0"], ["schedule FREQ=NEVER"]),
        ("triggers", ["files invoices *.pdf created"], ["files invoices * created"]),
        ("triggers", ["mail from a@b.example"], ["mail"]),
        ("actions", ["read", "write"], ["write", "read"]),
        ("fields", ["date", "total"], ["total", "date"]),
        ("budget", ["5 USD/month"], ["5 USD/day"]),
        ("approvals", ["when amount > 5 USD"], ["when total > 5 USD"]),
        ("approvals", ["before publish"], ["before send"]),
        ("tools", ["sources.read"], ["sources.read", "shell.run"]),
        ("tools", ["mail.send!ask"], ["mail.send"]),
        ("asks", [], ["sources"]),
    ],
)  # fmt: skip
def test_two_different_values_are_not_the_same(field: str, expected: list[str], found: list[str]) -> None:
    assert not same(field, expected, found)


def test_a_slip_of_the_corpus_is_found() -> None:
    request = one_request(triggers=["schedule EVERY=DAY"], actions=["fly"], quiet="at night", mood=["good"], pages=0)
    assert len(list(faults(request))) == 5


def test_the_sealed_part_is_not_shown_unless_asked_for() -> None:
    request = one_request(actions=["read"])
    result = judged(request, Made(fields={"actions": ["write"]}, diagnostics=(), written=True, cpu_ns=1))
    hidden = "\n".join(report({"sealed": [result]}, reveal=False, show=9))
    assert "write" not in hidden
    assert "write" in "\n".join(report({"sealed": [result]}, reveal=True, show=9))
    assert '"requests": 1' in as_json({"sealed": [result]})
