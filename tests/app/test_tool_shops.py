"""A home's tools come from its shops."""

from __future__ import annotations

import asyncio
from pathlib import Path

from ergos.app.making import workshop_at
from ergos.app.tool_shops import view_at

from .test_making import PASSED, draft


def test_made_tools_are_among_the_tools_of_a_home(tmp_path: Path) -> None:
    workshop_at(tmp_path).keep(draft(), PASSED)
    rows = asyncio.run(view_at(tmp_path, "en").rows())
    assert {"files.read", "shell.run", "tools.propose", "skills.read"} <= {
        row.name for row in rows if row.state == "ready"
    }
    assert ("made.f", "made", "pending") in [(row.name, row.origin, row.state) for row in rows]
