"""Commands that bring agents in from other systems and take them out: import, export."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from ergos.base.errors import UsageError
from ergos.cli.options import HomeOption, JsonOption, home_of

if TYPE_CHECKING:
    from ergos.app.importing.remarks import Remark
    from ergos.app.importing.shape import FormatName, Imported
    from ergos.kernel.permission.wording import Language

SHOWN_MAX = 60  # remarks that are printed; all of them stand in IMPORT.md

TEXTS: Final[dict[str, tuple[str, str]]] = {
    "agent": (
        "{place}: grants that ask you: {grants}; triggers: {triggers}",
        "{place}：需询问您的授权 {grants} 项，触发器 {triggers} 个",
    ),
    "team": (
        "{place}: grants that ask you: {grants}; triggers: {triggers}; members of its team: {team}",
        "{place}：需询问您的授权 {grants} 项，触发器 {triggers} 个，团队成员 {team} 个",
    ),
    "from": (
        "from {format}, remarks: {count}; nothing is granted, mounted, pinned or run",
        "来自 {format}，共 {count} 条说明；未授权、未挂载、未固定，也未运行任何内容",
    ),
    "read": (
        "read {name}/IMPORT.md and AGENT.md, then `ergos run {folder}`",
        "请先阅读 {name}/IMPORT.md 与 AGENT.md，再运行 `ergos run {folder}`",
    ),
    "more": (
        "{count:,} more remarks are in IMPORT.md, or with --json",
        "另有 {count:,} 条说明，见 IMPORT.md 或 --json",
    ),
    "lost": ("lost, or only weaker there: {count}", "丢失或在那里减弱：{count} 项"),
    "nothing_lost": ("nothing was lost", "没有任何丢失"),
}


def import_agent(
    path: Annotated[Path, typer.Argument(metavar="PATH", help="A folder, a file or an archive of another system.")],
    into: Annotated[
        Path | None, typer.Option("--into", metavar="FOLDER", help="Where the agent's folder goes. Default: here.")
    ] = None,
    form: Annotated[
        str | None,
        typer.Option(
            "--from", metavar="FORMAT", help="openclaw, docker-agent, agent-spec or letta. Default: by content."
        ),
    ] = None,
    look: Annotated[bool, typer.Option("--look", help="Say what would be imported; write nothing.")] = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Translate an agent of another system into a folder of ours, and say what did not translate.

    OpenClaw workspaces, Docker Agent YAML, Open Agent Spec, Letta .af. Nothing is granted by it: each grant asks you.
    """
    from ergos.app.importing.recognise import imported
    from ergos.app.importing.writing import described, write
    from ergos.cli.render import emit, note
    from ergos.drivers.host import HostClock, HostEntropy

    language = home_of(home).settings.language
    found = imported(path.expanduser(), HostClock().now_ns(), _format(form))
    folders: tuple[Path, ...] = ()
    if not look:
        folders = write(found, (into or Path()).expanduser().absolute(), HostEntropy(), language).folders
    if as_json:
        emit({**described(found), "folders": [str(one) for one in folders]})
        return
    _say_import(found, folders, language)
    if folders:
        note(_said("read", language, name=folders[0].name, folder=folders[0]))


def export_agent(
    path: Annotated[Path, typer.Argument(metavar="FOLDER", help="An agent's folder.")],
    form: Annotated[str, typer.Option("--to", metavar="FORMAT", help="openclaw, docker-agent, agent-spec or letta.")],
    into: Annotated[
        Path | None, typer.Option("--into", metavar="PATH", help="File, or folder for OpenClaw. Default: beside it.")
    ] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write an agent in the format of another system, and say what is lost."""
    from ergos.app.exporting.formats import exported, write_export
    from ergos.app.importing.writing import remark_fields
    from ergos.cli.render import emit

    language = home_of(home).settings.language
    wanted = _format(form)
    assert wanted is not None
    found = exported(path.expanduser(), wanted)
    target = write_export(found, into.expanduser() if into is not None else None)
    if as_json:
        emit({"format": wanted, "path": str(target), "remarks": [remark_fields(one, "en") for one in found.remarks]})
        return
    _say(found.remarks, language)
    from ergos.cli.render import note, say

    say(str(target))
    note(_said("lost" if found.remarks else "nothing_lost", language, count=len(found.remarks)))


def _format(said: str | None) -> FormatName | None:
    from ergos.app.importing.shape import FORMATS

    if said is None:
        return None
    found: FormatName | None = next((one for one in FORMATS if one == said.lower()), None)
    if found is None:
        raise UsageError(f"{said[:40]!r} is no format", remedy=f"one of {', '.join(FORMATS)}")
    return found


def _say_import(found: Imported, folders: tuple[Path, ...], language: Language) -> None:
    from ergos.app.importing.shape import members
    from ergos.cli.render import note, say

    _say(found.remarks, language)
    for number, draft in enumerate(found.agents):
        everybody = members(draft)
        triggers = sum(len(one.work.triggers) for one in everybody)
        grants = sum(len(one.grants) for one in everybody)
        place = str(folders[number]) if folders else draft.name
        key = "team" if len(everybody) > 1 else "agent"
        say(_said(key, language, place=place, grants=grants, triggers=triggers, team=len(everybody) - 1))
    note(_said("from", language, format=found.format, count=len(found.remarks)))


def _say(remarks: tuple[Remark, ...], language: Language) -> None:
    """Each remark on a line of its own; what to do, once for each kind of remark."""
    from ergos.cli.render import note, say

    shown = remarks[:SHOWN_MAX]
    for code in dict.fromkeys(one.code for one in shown):
        alike = [one for one in shown if one.code == code]
        for one in alike:
            say(f"{code}  {one.where}: {one.said(language)}")
        for remedy in dict.fromkeys(one.remedy(language) for one in alike):
            say(f"      → {remedy}")
    if len(remarks) > len(shown):
        note(_said("more", language, count=len(remarks) - len(shown)))


def _said(key: str, language: Language, **values: object) -> str:
    return TEXTS[key][language == "zh"].format(**values)
