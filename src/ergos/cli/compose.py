"""Commands that make an agent of words, and look at one before it runs: new, check, preview."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from ergos.base.errors import UsageError
from ergos.cli.options import HomeOption, JsonOption, home_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from decimal import Decimal

    from ergos.app.home import Home
    from ergos.compile.circumstances import Circumstances
    from ergos.compile.diagnostics import Diagnostic
    from ergos.compile.pipeline import Compiled
    from ergos.compile.preview.page import Section
    from ergos.kernel.permission.wording import Language
    from ergos.lib.agent_file import AgentFile

WRONG_EXIT: Final = 2  # something is wrong with the words, or has to be asked
ROUNDS_MAX: Final = 10  # times that somebody at a terminal is asked for what is missing
_SOURCES: Final = frozenset({"C202", "C303", "C353"})
"""Diagnostics that an address answers."""


def new(
    prose: Annotated[
        str | None, typer.Argument(metavar="PROSE", help="What the agent is to do, in English or Chinese; '-': stdin.")
    ] = None,
    file: Annotated[Path | None, typer.Option("--file", metavar="FILE", help="Read the words from this file.")] = None,
    edit: Annotated[
        Path | None, typer.Option("--edit", metavar="FOLDER", help="Compile the words of this agent's AGENT.md again.")
    ] = None,
    into: Annotated[Path | None, typer.Option("--into", metavar="FOLDER", help="Where to write the agent.")] = None,
    name: Annotated[str, typer.Option("--name", help="What the agent is called.")] = "",
    source: Annotated[
        list[str] | None,
        typer.Option("--source", metavar="WHERE", help="A URL, file or folder to read. May be repeated."),
    ] = None,
    rate: Annotated[
        list[str] | None, typer.Option("--rate", metavar="EUR=1.08", help="US dollars for one unit of a currency.")
    ] = None,
    timezone: Annotated[
        str, typer.Option("--timezone", metavar="ZONE", help="Zone of the times. Default: this machine's.")
    ] = "",
    replace: Annotated[bool, typer.Option("--replace", help="Replace the agent that stands there.")] = False,
    no_model: Annotated[
        bool, typer.Option("--no-model", help="Read the words with the built-in grammar alone.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Agree to what is shown.")] = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Compile words into an agent: shows what it will do and may do, then writes its folder."""
    from ergos.app.composing import checked_zone, install, standing, target_of, understood_rates
    from ergos.base.ids import name as checked_name

    here = home_of(home)
    words, old, base = _words(prose, file, edit)
    if name:
        checked_name(name, what="an agent")
    if timezone:
        checked_zone(timezone)
    known = _known(here, base, timezone, understood_rates(rate or []), models=not no_model)
    words = _with_sources(words, source or [])
    called = name or (old.name if old is not None else "")
    compiled = _asked(here, words, known, called, no_model=no_model, quiet=as_json)
    language = _language(here, compiled)
    if not compiled.ready:
        _refuse(compiled, language, as_json=as_json)
    assert compiled.file is not None
    target = target_of(edit or into, Path.cwd(), compiled.file.name)
    there = old if edit is not None else _there(target, standing(target))
    if there is not None and not (replace or edit is not None):
        raise UsageError(
            f"{target} holds an agent already", remedy="--replace shows the difference and asks, --name or --into"
        )
    _show(compiled, known, language, there, quiet=as_json)
    _confirm(compiled, target, yes=yes, quiet=as_json, language=language)
    done = install(here, compiled, target, replace=there is not None)
    _tell(here, compiled, done.folder, language, as_json=as_json)


def check(
    path: Annotated[Path, typer.Argument(metavar="PATH", help="A folder with AGENT.md.")],
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say what is wrong with an agent, or should be known, before it runs. Exit code 2 where something is wrong."""
    from ergos.app.composing import own_names
    from ergos.cli.render import emit, note, say
    from ergos.compile.check.lints import check as found_in
    from ergos.compile.diagnostics import blocks
    from ergos.compile.underline import shown

    here = home_of(home)
    file, known = _read(here, path)
    own = own_names(path)
    found = found_in(file, known, tools=own, tasks=own)
    language: Language = "zh" if "zh" in (file.language, here.settings.language) else "en"
    if as_json:
        emit({"agent": file.name, "diagnostics": [_plain(one, language) for one in found]})
    else:
        for one in found:
            say("\n".join(shown(one, "", language)))
        if not found:
            note(f"{file.name}: 没有发现问题" if language == "zh" else f"{file.name}: nothing to say")
    raise typer.Exit(WRONG_EXIT if blocks(found) else 0)


def preview(
    path: Annotated[Path, typer.Argument(metavar="PATH", help="A folder with AGENT.md.")],
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show an agent in plain sentences: what it does, when, what it may do and what it costs."""
    from ergos.cli.render import emit, say
    from ergos.compile.preview.page import preview as sections_of
    from ergos.compile.preview.page import text_of

    here = home_of(home)
    file, known = _read(here, path)
    language: Language = "zh" if "zh" in (file.language, here.settings.language) else "en"
    sections = sections_of(file, known, language)
    if as_json:
        emit({"agent": file.name, "preview": _sections(sections)})
    else:
        say(text_of(sections))


def _words(prose: str | None, file: Path | None, edit: Path | None) -> tuple[str, AgentFile | None, Path]:
    """The words, the program they replace, and the folder that relative paths are below."""
    import sys

    from ergos.app.composing import PROSE_BYTES_MAX, agent_file_of, decoded, text_in

    if sum(one is not None for one in (prose, file, edit)) != 1:
        raise UsageError(
            "say what the agent is to do, once", remedy="PROSE, '-' for stdin, --file FILE, or --edit FOLDER"
        )
    if edit is not None:
        old, _ = agent_file_of(edit)
        return old.instructions, old, edit.absolute().parent
    if file is not None:
        return text_in(file), None, Path.cwd()
    if prose == "-":
        return decoded(sys.stdin.buffer.read(PROSE_BYTES_MAX + 1), "stdin"), None, Path.cwd()
    assert prose is not None
    return prose.encode("utf-8", "replace").decode(), None, Path.cwd()


def _known(here: Home, folder: Path, timezone: str, rates: Mapping[str, Decimal], *, models: bool) -> Circumstances:
    import asyncio
    import os

    from ergos.app.composing import circumstances_of

    return asyncio.run(
        circumstances_of(here, folder=folder, environ=os.environ, timezone=timezone, rates=rates, models=models)
    )


def _read(here: Home, path: Path) -> tuple[AgentFile, Circumstances]:
    from ergos.app.composing import agent_file_of

    file, _ = agent_file_of(path)
    return file, _known(here, path.absolute().parent, "", {}, models=True)


def _there(target: Path, text: str | None) -> AgentFile | None:
    from ergos.lib.agent_file import read

    return None if text is None else read(text, str(target / "AGENT.md"))


def _with_sources(words: str, sources: Sequence[str]) -> str:
    """The words, with sources that were named beside them."""
    for one in sources:
        if "\n" in one or not one.strip():
            raise UsageError(f"--source {one[:60]!r} is no address", remedy="a URL, a file or a folder")
    if not sources:
        return words
    zh = any("\u4e00" <= letter <= "\u9fff" for letter in words)
    line = ("来源是 " + "、".join(sources)) if zh else ("The sources are " + ", ".join(sources))
    return f"{words.rstrip()}\n{line}"


def _compiled(here: Home, words: str, known: Circumstances, name: str, *, no_model: bool) -> Compiled:
    """By System 1; by a model where that leaves something open and there is one."""
    import asyncio

    from ergos.compile.pipeline import compile_prose

    own = compile_prose(words, known, name=name)
    if no_model or not known.model or (own.ready and not own.intent.unread) or _hopeless(own):
        return own
    from ergos.app.composing_model import compile_with_model

    return asyncio.run(compile_with_model(here, words, known, own, name=name))


def _hopeless(own: Compiled) -> bool:
    """No words, or too many: no model is asked about them."""
    return any(one.code in ("C349", "C350") for one in own.diagnostics)


def _asked(here: Home, words: str, known: Circumstances, name: str, *, no_model: bool, quiet: bool) -> Compiled:
    """The program; at a terminal what is missing is asked for, and added to the words."""
    import sys

    from ergos.cli.render import note

    compiled = _compiled(here, words, known, name, no_model=no_model)
    for _ in range(ROUNDS_MAX):
        language = _language(here, compiled)
        if not quiet:
            for one in compiled.diagnostics:
                note("\n".join(_lines(one, words, language)))
        wanted = [one for one in compiled.diagnostics if one.severity == "question" or one.code == "C353"]
        wrong = any(one.severity == "error" for one in compiled.diagnostics)
        if not wanted or wrong or quiet or not (sys.stdin.isatty() and sys.stderr.isatty()):
            return compiled
        more = _answer(wanted[0], language)
        if not more:
            return compiled
        words = f"{words.rstrip()}\n{more}"
        compiled = _compiled(here, words, known, name, no_model=no_model)
    return compiled


def _answer(question: Diagnostic, language: Language) -> str:
    """What the person at the terminal says, as words of the prose; '' for nothing."""
    zh = language == "zh"
    about = question.code in _SOURCES
    if about:
        prompt = (
            "网址或路径（用逗号分隔，留空则跳过）"
            if zh
            else "addresses or paths, with commas between (empty: leave it)"
        )
    else:
        prompt = "请补充一句话（留空则结束）" if zh else "say it in a sentence (empty: end)"
    said = str(typer.prompt(f"[{question.code}] {prompt}", default="", show_default=False, err=True)).strip()
    if not said or not about:
        return said
    return f"来源是 {said}" if zh else f"The sources are {said}"


def _language(here: Home, compiled: Compiled) -> Language:
    return "zh" if "zh" in (here.settings.language, compiled.intent.language) else "en"


def _lines(one: Diagnostic, words: str, language: Language) -> tuple[str, ...]:
    from ergos.compile.underline import shown

    return shown(one, words, language)


def _refuse(compiled: Compiled, language: Language, *, as_json: bool) -> None:
    """Nothing is written."""
    from ergos.cli.render import emit, note

    if as_json:
        emit(
            {
                "ready": False,
                "language": compiled.intent.language,
                "diagnostics": [_plain(one, language) for one in compiled.diagnostics],
            }
        )
    else:
        note("什么也没有写入" if language == "zh" else "nothing was written")
    raise typer.Exit(WRONG_EXIT)


def _show(compiled: Compiled, known: Circumstances, language: Language, old: AgentFile | None, *, quiet: bool) -> None:
    """The program in sentences, and what is different from the one that stands there."""
    from ergos.cli.render import say
    from ergos.compile.difference import difference
    from ergos.compile.preview.page import preview as sections_of
    from ergos.compile.preview.page import text_of

    if quiet:
        return
    assert compiled.file is not None
    say(text_of(sections_of(compiled.file, known, language, compiled.folders)))
    if old is not None:
        changes = difference(old, compiled.file, language)
        head = "与现有的不同之处" if language == "zh" else "What is different"
        same = "程序没有变化。" if language == "zh" else "The program is the same."
        say(f"\n{head}:\n{text_of(changes) if changes else same}")


def _confirm(compiled: Compiled, target: Path, *, yes: bool, quiet: bool, language: Language) -> None:
    """Ask at a terminal; elsewhere what opens folders to agents needs a --yes."""
    import sys

    if yes:
        return
    if sys.stdin.isatty() and not quiet:
        what = f"写入 {target}？" if language == "zh" else f"Write {target}?"
        typer.confirm(what, abort=True, err=True)
        return
    if compiled.folders:
        named = ", ".join(f"{one.name}:/ = {one.path}" for one in compiled.folders)
        raise UsageError(
            f"nobody is there to agree to the folders it needs ({named})", remedy="say --yes, or run it at a terminal"
        )


def _tell(here: Home, compiled: Compiled, folder: Path, language: Language, *, as_json: bool) -> None:
    """Where it is, and how it is started."""
    from ergos.cli.render import emit, note

    assert compiled.file is not None
    if as_json:
        emit(
            {
                "ready": True,
                "name": compiled.file.name,
                "folder": str(folder),
                "language": compiled.intent.language,
                "folders": [{"name": one.name, "path": one.path, "write": one.write} for one in compiled.folders],
                "diagnostics": [_plain(one, language) for one in compiled.diagnostics],
                "text": compiled.text,
            }
        )
        return
    zh = language == "zh"
    note(
        f"已写入 {folder / 'AGENT.md'}；`ergos run {folder}` 启动"
        if zh
        else f"wrote {folder / 'AGENT.md'}; `ergos run {folder}` starts it"
    )
    if compiled.folders and here.holder() is not None:
        note("正在运行的内核重启后才认识这些文件夹：`ergos down`，再 `ergos up`" if zh
             else "the kernel that runs knows its folders after `ergos down` and `ergos up`")  # fmt: skip


def _plain(one: Diagnostic, language: Language) -> dict[str, object]:
    return {
        "code": one.code,
        "severity": one.severity,
        "what": one.what(language),
        "remedy": one.remedy(language),
        "spans": [list(span) for span in one.spans],
        "choices": list(one.choices),
    }


def _sections(sections: Sequence[Section]) -> list[dict[str, object]]:
    return [{"heading": one.heading, "lines": list(one.lines)} for one in sections]
