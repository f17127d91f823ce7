"""Recorded exchanges with real models, where they are present: beside the checkout, never in it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import pytest

FOLDER: Final = Path(__file__).resolve().parents[4] / "shared" / "cassettes"
WIRES: Final = {
    "openai.chat": "openai.chat",
    "dashscope.chat": "openai.chat",
    "openai.responses": "openai.responses",
    "anthropic.messages": "anthropic.messages",
}
"""Recordings and the dialect they are in."""
Recorded = dict[str, Any]


def recorded(wire: str) -> list[Recorded]:
    """Every exchange of one wire; the test is skipped without them."""
    path = FOLDER / f"{wire}.jsonl"
    if not path.exists():
        pytest.skip(f"no recordings of {wire}: {path} is not there")
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]
