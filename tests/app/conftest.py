"""Homes and agents for the tests of the composition."""

from __future__ import annotations

from pathlib import Path

import pytest

from ergos.app.home import Home, home_at

LISTENER = """
from ergos.lib.agent import Context, agent


@agent()
async def listener(ctx: Context):
    return (await ctx.receive()).body
"""
PARENT = """
from ergos.lib.agent import Context, agent


@agent()
async def child(ctx: Context):
    return await ctx.ask("who?")


@agent(team=["child"])
async def parent(ctx: Context):
    return (await ctx.wait(await ctx.spawn("child"))).outcome
"""


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home that is not made yet."""
    return home_at(tmp_path / "home", {"HOME": str(tmp_path), "ERGOS_OWNER": "me"})


@pytest.fixture
def listener(tmp_path: Path) -> Path:
    """An agent that waits for a message and returns it."""
    path = tmp_path / "listener.py"
    path.write_text(LISTENER)
    return path


@pytest.fixture
def parent(tmp_path: Path) -> Path:
    """An agent whose child asks its owner."""
    path = tmp_path / "parent.py"
    path.write_text(PARENT)
    return path
