"""Pictures of the console, made from a home with something of everything: `scripts/screenshots.py [FOLDER]`.

Each page once in English and light, once in Chinese and dark, as NAME-en.png and NAME-zh.png; Chromium draws them. Two
of them stand in the README. Default folder: docs/screenshots.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "src")]

from tests.console.browser import Look, browser, shoot  # noqa: E402 - the checkout is found first
from tests.console.rig import Rig, rigged  # noqa: E402

LOOKS: Final = {
    "en": Look(language="en", theme="light", width=1040),
    "zh": Look(language="zh", theme="dark", width=1040),
}
BYTES_MAX: Final = 150_000  # bytes of a picture; what is kept in a repository is small


def pages(rig: Rig) -> dict[str, str]:
    """Address of each page by the name of its picture; those that are not there are left out."""
    items, pids = rig.items(), rig.pids
    found = {
        "home": "/",
        "inbox": "/inbox",
        "approval": f"/inbox/{items['scribe']}",
        "letter": f"/inbox/{items['clerk']}",
        "untrusted": f"/inbox/{items['tempted']}",
        "grant": f"/inbox/{items['treasurer']}/grant",
        "agents": "/agents",
        "agent": "/agents/scribe",
        "processes": "/processes",
        "process": f"/processes/{pids['lead']}",
        "chat": "/chat",
        "team": "/team",
        "ledger": "/ledger",
        "memory": "/memory",
        "models": "/models",
        "tools": "/tools",
        "audit": "/audit",
        "new": "/new",
        "enter": "/enter",
    }
    return {name: path for name, path in found.items() if rig.fetch(path)[0] == 200}


def main() -> None:
    """Draw all of them. Exits with 1 if one is too large."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "screenshots"
    folder.mkdir(parents=True, exist_ok=True)
    large: list[str] = []
    with tempfile.TemporaryDirectory() as made, rigged(Path(made)) as rig, browser() as chromium:
        for name, path in pages(rig).items():
            for tag, look in LOOKS.items():
                picture = folder / f"{name}-{tag}.png"
                shoot(chromium, rig, path, look, picture)
                if picture.stat().st_size > BYTES_MAX:
                    large.append(f"{picture.name}: {picture.stat().st_size:,} bytes")
                print(f"{picture.name}: {picture.stat().st_size:,} bytes")
    if large:
        sys.exit(f"too large: {', '.join(large)}")


if __name__ == "__main__":
    main()
