"""`ergos emit`, on homes of its own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from ergos.base.errors import ErgosError, TooLargeError, UsageError
from ergos.cli.emit import emit
from ergos.drivers.watchers.queues import MESSAGE_BYTES_MAX, queue_folder, waiting

app = typer.Typer()
app.command()(emit)


def run(home: Path, *arguments: str, stdin: bytes = b"") -> Any:
    result = CliRunner().invoke(app, [*arguments, "--home", str(home)], input=stdin)
    if isinstance(result.exception, ErgosError):
        raise result.exception
    assert result.exit_code == 0, result.output
    return [message.value for message in waiting(queue_folder(home, "orders"))]


@pytest.mark.parametrize(
    ("message", "value"),
    [('{"n": 1}', {"n": 1}), ("7", 7), ("five lemons", "five lemons"), ("发票", "发票"), ("", ""), ("{half", "{half")],
)
def test_json_is_data_and_anything_else_is_text(tmp_path: Path, message: str, value: object) -> None:
    assert run(tmp_path, "orders", message) == [value]


def test_without_a_message_there_is_one_that_says_nothing(tmp_path: Path) -> None:
    assert run(tmp_path, "orders") == [None]


def test_a_message_may_come_from_a_pipe(tmp_path: Path) -> None:
    assert run(tmp_path, "orders", "-", stdin=b"[1, 2]\n") == [[1, 2]]


def test_what_is_neither_or_too_long_or_leads_elsewhere_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        run(tmp_path, "orders", "-", stdin=b"\xff\xfe")
    with pytest.raises(TooLargeError):
        run(tmp_path, "orders", "-", stdin=json.dumps("x" * MESSAGE_BYTES_MAX).encode())
    with pytest.raises(UsageError):
        run(tmp_path, "../orders", "1")
    assert not queue_folder(tmp_path, "orders").exists()
