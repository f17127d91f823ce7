"""Journals of every release replay with today's code."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import get_args

import msgspec
import pytest

from ergos import __version__
from ergos.base.errors import DivergedError, VerificationError
from ergos.kernel.events import Body, decode_body
from ergos.kernel.syscalls import Request
from ergos.runtime import guest_turn
from ergos.sim import golden, golden_agents

FILES = sorted(
    (Path(__file__).parent.parent / "golden").glob("*.jsonl"),
    key=lambda file: [int(part) for part in file.stem.split(".")],
)


def test_there_is_a_golden_journal() -> None:
    assert FILES


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_journal_of_an_earlier_release_replays_without_divergence(file: Path) -> None:
    assert golden.replay(golden.read(file.read_bytes())) >= 3


def kinds(file: Path) -> set[type]:
    return {type(decode_body(record.body)) for record in golden.read(file.read_bytes()).records}


def test_this_release_has_its_golden_journal() -> None:
    assert FILES[-1].stem == __version__


def test_the_newest_golden_journal_holds_every_kind_of_record() -> None:
    assert kinds(FILES[-1]) == set(get_args(Body))


def test_a_release_records_no_less_than_the_one_before() -> None:
    for earlier, later in pairwise(FILES):
        assert kinds(earlier) <= kinds(later)


def test_the_newest_golden_journal_holds_model_calls_of_agents_and_of_programs() -> None:
    found = golden.read(FILES[-1].read_bytes()).records
    called = {record.pid for record in found if b'"name":"model.' in record.body and b'"k":"intent"' in record.body}
    attached = {record.pid for record in found if b'"k":"attach"' in record.body}
    assert called & attached
    assert called - attached


def test_a_changed_key_of_what_a_foreign_program_asks_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    real = guest_turn.packed_call

    def other(request: Request, *rest: object, **named: object) -> object:
        return real(msgspec.structs.replace(request, args={**request.args, "new": 1}), *rest, **named)

    monkeypatch.setattr(guest_turn, "packed_call", other)
    with pytest.raises(DivergedError):
        golden.replay(golden.read(FILES[-1].read_bytes()))


def test_recording_twice_gives_the_same_journal() -> None:
    assert golden.record() == golden.record()


def test_an_altered_golden_journal_is_noticed() -> None:
    found = golden.read(FILES[-1].read_bytes())
    first = msgspec.structs.replace(found.records[3], at_ns=1)
    forged = golden.Golden((*found.records[:3], first, *found.records[4:]), found.blobs)
    with pytest.raises(VerificationError):
        golden.replay(forged)


def test_a_changed_program_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    async def other(ctx: golden_agents.Context, hiccup: golden_agents.Hiccup) -> object:
        return await ctx.act("peek", n=99)

    monkeypatch.setattr(golden_agents, "scribe", other)
    with pytest.raises(DivergedError):
        golden.replay(golden.read(FILES[-1].read_bytes()))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_golden_journal_leaves_a_turn_open_that_is_driven_again(file: Path) -> None:
    turns: dict[tuple[int, int], set[str]] = {}
    for record in golden.read(file.read_bytes()).records:
        turns.setdefault((record.pid, record.turn), set()).add(type(decode_body(record.body)).__name__)
    assert any("Woken" in kinds and not kinds & {"Committed", "Exited"} for kinds in turns.values())
