"""The command that suggests agents and grants from what its owner does again and again: propose."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from ergos.base.errors import UsageError
from ergos.cli.options import HomeOption, JsonOption, home_of

if TYPE_CHECKING:
    from ergos.app.home import Home
    from ergos.app.mining.habits import Mined
    from ergos.app.mining.shelf import Entry
    from ergos.kernel.permission.wording import Language

TEXTS: Final[dict[str, tuple[str, str]]] = {
    "looked": (
        "looked at {commands:,} commands and {decisions:,} decisions; nothing was started",
        "已查看 {commands:,} 条命令和 {decisions:,} 项决定；没有启动任何东西",
    ),
    "next": (
        "`ergos propose --accept N` runs its command, `ergos propose --dismiss N` hides it",
        "`ergos propose --accept N` 执行其命令，`ergos propose --dismiss N` 将其隐藏",
    ),
    "nothing": ("nothing new repeats clearly enough to be proposed", "没有新的、重复得足够明显的事情可供建议"),
    "before": ("shown before: {before}; --all shows them", "之前已显示：{before} 项；--all 可再次显示"),
    "dangerous": (
        "never proposed though repeated, because they could destroy or gain power: {dangerous}",
        "虽有重复但绝不建议（可能造成破坏或获得权限）：{dangerous} 项",
    ),
    "undated": (
        "commands without a time: {undated:,}; HISTTIMEFORMAT (bash) or EXTENDED_HISTORY (zsh) keeps it",
        "没有时间的命令：{undated:,} 条；HISTTIMEFORMAT（bash）或 EXTENDED_HISTORY（zsh）可以保存时间",
    ),
    "histories": (
        "name a shell's history with --from, such as --from ~/.bash_history",
        "请用 --from 指定 shell 历史，例如 --from ~/.bash_history",
    ),
    "dismissed": (
        "dismissed: {number}; it is not shown again until the habit changes",
        "已隐藏：{number}；习惯改变之前不再显示",
    ),
}


def propose(
    histories: Annotated[
        list[Path] | None,
        typer.Option("--from", metavar="FILE", help="A shell's history (bash, zsh, fish). May be repeated."),
    ] = None,
    since: Annotated[
        str | None, typer.Option("--since", metavar="DATE", help="Only what happened since: 2026-01-31.")
    ] = None,
    zone: Annotated[
        str | None, typer.Option("--timezone", metavar="ZONE", help="Yours: Europe/Berlin. Default: the machine's.")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Also those that were shown before.")] = False,
    dismiss: Annotated[int | None, typer.Option("--dismiss", metavar="N", help="Do not show proposal N again.")] = None,
    accept: Annotated[int | None, typer.Option("--accept", metavar="N", help="Run the command of proposal N.")] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Suggest agents and grants from what you do again and again; nothing starts without your yes.

    It reads the journal of this home, and the shell histories you name. Each proposal is shown once until it changes.
    """
    from ergos.app.mining.shelf import Shelf
    from ergos.cli.render import emit, note
    from ergos.drivers.host import HostClock

    here = home_of(home)
    shelf = Shelf(here.folder, HostClock())
    if dismiss is not None:
        shelf.settle(dismiss, "dismissed")
        note(_text("dismissed", here.settings.language, number=dismiss))
        return
    if accept is not None:
        _accept(here, shelf.one(accept))
        shelf.settle(accept, "accepted")
        return
    mined = _mined(here, histories or [], since, zone)
    here.make()
    found = shelf.take_in(mined.proposals)
    shown = [entry for entry, fresh in found if fresh or everything]
    if as_json:
        emit({"proposals": [_plain(one) for one in shown], "read": _read(mined), "before": len(found) - len(shown)})
        return
    for entry in shown:
        _say(entry, here.settings.language)
    _say_rest(mined, here.settings.language, len(shown), len(found) - len(shown), histories=bool(histories))


def _mined(here: Home, histories: list[Path], since: str | None, zone: str | None) -> Mined:
    import asyncio
    import zoneinfo

    from ergos.app.home import reading
    from ergos.app.mining.costs import costs_of, tools_of
    from ergos.app.mining.decisions import Decided, decided
    from ergos.app.mining.habits import Habits, mine
    from ergos.app.mining.history import read_history
    from ergos.lib.agent_file import instant

    try:
        since_ns = instant(since) if since is not None else 0
    except ValueError as error:
        raise UsageError(f"{(since or '')[:40]!r} is no date", remedy="--since 2026-01-31") from error
    try:
        place = zoneinfo.ZoneInfo(zone) if zone is not None else None
    except (ValueError, zoneinfo.ZoneInfoNotFoundError, OSError) as error:
        raise UsageError(f"{(zone or '')[:40]!r} is no time zone", remedy="--timezone Europe/Berlin") from error
    seen = [one for path in histories for one in read_history(path.expanduser())]

    async def looked() -> tuple[Decided, dict[str, int]]:
        if not here.store.exists():
            return Decided(), {}
        async with reading(here) as reads:
            found = await decided(here, reads, since_ns)
            return found, await costs_of(reads, found.started)

    found, costs = asyncio.run(looked())
    history = tuple(one for one in seen if one.at_ns is None or one.at_ns >= since_ns)
    habits = Habits(history=history, decided=found, tools=tools_of(here), costs=costs)
    return mine(habits, here.settings.language, place)


def _accept(here: Home, entry: Entry) -> None:
    """Run exactly the command that was shown."""
    import subprocess

    from ergos.cli.render import note

    if not entry.proposal.command:
        raise UsageError(f"proposal {entry.number} has no command; it says what you can do", remedy="edit AGENT.md")
    note(_line(entry))
    if not sys.stdin.isatty():
        raise UsageError("nobody is there to accept it", remedy="run the command above at a terminal")
    command = [sys.executable, "-m", "ergos.cli.main", *entry.proposal.command, "--home", str(here.folder)]
    code = subprocess.run(command, check=False).returncode  # noqa: S603 - our own program, as it was shown
    if code:
        raise typer.Exit(code)


def _line(entry: Entry) -> str:
    import shlex

    return shlex.join(("ergos", *entry.proposal.command))


def _say(entry: Entry, language: Language) -> None:
    from ergos.app.mining.words import saving_words
    from ergos.cli.render import say

    one = entry.proposal
    say(f"{entry.number}. {one.sentence}")
    for line in one.evidence:
        say(f"     {line}")
    say(f"     {saving_words(one.minutes_month, one.microusd_month, language)}")
    if one.command:
        say(f"   > {_line(entry)}")


def _say_rest(mined: Mined, language: Language, shown: int, before: int, *, histories: bool) -> None:
    from ergos.cli.render import note

    counts: dict[str, object] = {**_read(mined), "before": before}
    keys = ["looked", "next" if shown else "nothing"]
    keys += [
        key for key, said in (("before", before), ("dangerous", mined.dangerous), ("undated", mined.undated)) if said
    ]
    for key in keys if histories else (*keys, "histories"):
        note(_text(key, language, **counts))


def _text(key: str, language: Language, **values: object) -> str:
    return TEXTS[key][language == "zh"].format(**values)


def _plain(entry: Entry) -> dict[str, object]:
    import msgspec

    return {"number": entry.number, "standing": entry.standing, **msgspec.to_builtins(entry.proposal)}


def _read(mined: Mined) -> dict[str, int]:
    return {
        "commands": mined.commands,
        "decisions": mined.decisions,
        "dangerous": mined.dangerous,
        "undated": mined.undated,
    }
