"""Answers of a dry run: recorded ones where there are some, else samples that hold what the steps look for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest

from ergos.app.dry_answers import (
    Recording,
    fields_of,
    recorded,
    recordings,
    sample_event,
    simulated,
)
from ergos.base.documents import Document
from ergos.base.errors import SettingsError
from ergos.kernel.packages import ToolSpec
from ergos.kernel.triggers import AnyTrigger, Condition, Feed, Files, Mailbox, Outcome, Page, Schedule, Topic, Webhook
from ergos.lib.work import NO_WORK, Step, Work

WORK = Work(
    steps=(
        Step(id="e", verb="think", name="extract", given={"text": "{event.text}", "fields": ["supplier", "总额"]}),
        Step(id="f", verb="think", name="extract", given={"text": "{event.text}", "fields": ["supplier", "iban"]}),
    )
)
NOW_NS = 1_767_225_600 * 10**9


def spec(name: str) -> ToolSpec:
    return ToolSpec(name=name, summary="x.", parameters={}, effect="pure")


def test_recordings_are_read_and_the_closest_one_answers(tmp_path: Path) -> None:
    folder = tmp_path / "checks" / "recorded"
    folder.mkdir(parents=True)
    (folder / "a.json").write_text(json.dumps({"tool": "look", "value": "any"}))
    (folder / "b.json").write_text(
        json.dumps([{"tool": "look", "args": {"at": "x"}, "value": [1]}, {"tool": "put", "value": 2}])
    )
    found = recordings(tmp_path)
    assert len(found) == 3
    assert recorded(found, "look", {"at": "x", "more": 1}) == Recording(tool="look", args={"at": "x"}, value=[1])
    assert recorded(found, "look", {"at": "y"}) == Recording(tool="look", value="any")
    assert recorded(found, "other", {}) is None
    assert recordings(tmp_path / "nowhere") == ()


@pytest.mark.parametrize("text", ["{", '{"value": 1}', "5", '[{"tool": 5}]'])
def test_a_file_that_is_no_recording_is_refused_by_its_name(tmp_path: Path, text: str) -> None:
    folder = tmp_path / "checks" / "recorded"
    folder.mkdir(parents=True)
    (folder / "a.json").write_text(text)
    with pytest.raises(SettingsError, match=r"a\.json is no recording"):
        recordings(tmp_path)


def test_a_sample_holds_the_fields_that_are_looked_for() -> None:
    assert fields_of(WORK) == ("supplier", "总额", "iban")
    found: Any = simulated(spec("sources.read"), {"at": ["a.pdf", "b.pdf"]}, WORK, NOW_NS)
    first, second = (msgspec.convert(one, Document, strict=True) for one in found["documents"])
    assert (first.url, second.url) == ("a.pdf", "b.pdf")
    assert "supplier: Example Ltd\n总额: 1,234.50 EUR\niban: DE89" in first.text
    assert simulated(spec("sources.read"), {"at": "a"}, WORK, NOW_NS) == simulated(
        spec("sources.read"), {"at": "a"}, WORK, NOW_NS
    )


@pytest.mark.parametrize(
    "name",
    [
        "files.read",
        "files.list",
        "files.search",
        "feeds.read",
        "http.fetch",
        "table.append",
        "press.publish",
        "own.tool",
    ],
)
def test_every_tool_answers_something(name: str) -> None:
    assert isinstance(simulated(spec(name), {"path": "x", "n": 1}, NO_WORK, NOW_NS), dict)


TRIGGERS: tuple[AnyTrigger, ...] = (
    Schedule(name="a", rule="FREQ=DAILY"), Files(name="a", folder="in:/", pattern="*.pdf"), Feed(name="a", url="https://x/"),
    Page(name="a", url="https://x/", contains="sold out"), Webhook(name="a", secret="s"), Mailbox(name="a", account="w", sender="@x.example"),
    Topic(name="a", topic="t"), Outcome(name="a", agent="b"), Condition(name="a", figure="spend.today", compare=">", value=1),
)  # fmt: skip


def test_every_kind_of_trigger_has_a_sample_of_what_it_tells() -> None:
    assert {type(one) for one in TRIGGERS} == set(get_args(AnyTrigger))
    told = [sample_event(one, WORK, NOW_NS) for one in TRIGGERS]
    assert all(told)
    assert (told[1]["path"], told[1]["name"]) == ("in:/example.pdf", "example.pdf")
    assert told[3]["text"] == "sold out"
    assert told[5]["from"] == "someone@x.example"
    assert sample_event(Files(name="a", folder="."), WORK, NOW_NS)["path"] == "example.txt"
