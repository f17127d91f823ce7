"""Publishing: the one act of the newsroom that cannot be taken back."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

from ergos.base.documents import Brief
from ergos.drivers.press import markdown, page
from ergos.kernel.packages import Errand
from ergos.lib.tool import tool


@tool(effect="irreversible", deadline_s=120)
def publish(brief: Brief, out: str, press_s: float = 0.0, *, errand: Errand) -> dict[str, str]:
    """Put the brief where readers find it, then announce it in announcements.jsonl."""
    folder = Path(out)
    folder.mkdir(parents=True, exist_ok=True)
    stem = f"brief-{errand.idempotency_key[:8]}"
    paths = {"page": folder / f"{stem}.html", "markdown": folder / f"{stem}.md"}
    _write(paths["page"], page.render(brief))
    _write(paths["markdown"], markdown.render(brief))
    time.sleep(press_s / 2)  # a slow press, for the demonstration of a crash in the middle of it
    line = json.dumps({"key": errand.idempotency_key, "title": brief.title, "page": str(paths["page"])})
    with (folder / "announcements.jsonl").open("a", encoding="utf-8") as announcements:
        announcements.write(line + "\n")
        announcements.flush()
        os.fsync(announcements.fileno())
    time.sleep(press_s / 2)
    return {name: str(path) for name, path in paths.items()}


def _write(path: Path, text: str) -> None:
    """A reader sees the whole file or none."""
    part = path.with_suffix(path.suffix + ".part")
    with part.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
