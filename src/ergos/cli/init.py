"""The command that makes a home: init. Three questions; Enter takes what stands in brackets."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Final

import typer

from ergos.base.errors import UsageError
from ergos.cli.options import HomeOption, JsonOption, home_of

if TYPE_CHECKING:
    from ergos.app.beginning import Answers
    from ergos.app.home import Home
    from ergos.kernel.permission.wording import Language

TEXTS: Final[dict[str, tuple[str, str]]] = {
    "owner": ("1. Who are you? (a name; blanks become -)", "1. 您是谁？（名称，空格会变为 -）"),
    "language": ("   Which language shall I use, en or zh?", "   使用哪种语言，en 还是 zh？"),
    "found": ("2. Models that were found here: {models}", "2. 在此找到的模型：{models}"),
    "nothing": (
        "2. No model was found here; System 1 works without one.",
        "2. 此处未找到模型；System 1 无需模型即可工作。",
    ),
    "model": ("   Which one? (a name, auto, or none)", "   使用哪一个？（名称、auto 或 none）"),
    "per_day": ("3. What may be spent a day at most?", "3. 每天最多可花费多少？"),
    "same": ("nothing changed: {path} says so already", "没有变化：{path} 已是如此"),
    "change": ("{path} is there already; change it so?", "{path} 已存在；是否这样修改？"),
    "done": ("the home is {home}; its settings: {path}", "主目录为 {home}；设置文件：{path}"),
    "key": (
        "stored: {name}. A model's key is read from the environment: set {variable} where `ergos up` is started",
        "已保存：{name}。模型密钥取自环境变量：请在启动 `ergos up` 的环境中设置 {variable}",
    ),
    "unknown": (
        "{model} was not found here; `ergos models` lists what is there",
        "此处未找到 {model}；`ergos models` 可列出现有模型",
    ),
    "next": (
        'next: `ergos new "every morning at eight, read … and write a brief"`, or `ergos demo` to see it work',
        '下一步：`ergos new "每天早上八点读……并写一份简报"`，或用 `ergos demo` 观看演示',
    ),
}


def init(
    owner: Annotated[str | None, typer.Option("--owner", metavar="NAME", help="Who you are.")] = None,
    language: Annotated[str | None, typer.Option("--language", metavar="en|zh", help="Your language.")] = None,
    model: Annotated[
        str | None, typer.Option("--model", metavar="NAME", help="A model of `ergos models`, auto, or none.")
    ] = None,
    per_day: Annotated[
        str | None, typer.Option("--per-day", metavar="AMOUNT", help="What may be spent a day: 2usd.")
    ] = None,
    key: Annotated[
        str | None, typer.Option("--key", metavar="NAME", help="Store a key under this name: asked for, or from stdin.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Ask nothing; take what stands in brackets.")] = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a home in three questions: who you are, which model, how much a day. Again, it changes what you say."""
    import os

    from ergos.app import beginning
    from ergos.cli.render import emit, note
    from ergos.runtime.settings import FILE

    here = home_of(home)
    usual = beginning.defaults(here, os.environ)
    given = (owner, language, model, per_day)
    asks = not yes and sys.stdin.isatty()
    if not asks and not yes and None in given:
        raise UsageError("nobody is there to answer", remedy="run it at a terminal, or say --yes")
    answers = _asked(here, usual, given) if asks else _taken(usual, given)
    if not asks and model is not None:
        _warn(here, answers)
    text = beginning.proposed(here, answers)
    path = here.folder / FILE
    if text is not None and path.exists() and not yes:
        if not asks:
            raise UsageError(f"{path} is there already", remedy="say --yes to change it")
        note(text)
        typer.confirm(_said("change", answers.language, path=path), abort=True, err=True)
    if text is not None:
        beginning.write(here, text)
    stored = _store(here, key, answers.language) if key is not None else None
    if as_json:
        emit({"home": str(here.folder), "changed": text is not None, "answers": answers, "secret": stored})
        return
    note(_said("same" if text is None else "done", answers.language, home=here.folder, path=path))
    note(_said("next", answers.language))


def _taken(usual: Answers, given: tuple[str | None, ...]) -> Answers:
    from ergos.app.beginning import checked

    values = (usual.owner, usual.language, usual.model, usual.per_day)
    return checked(*(value if said is None else said for said, value in zip(given, values, strict=True)))


def _warn(here: Home, answers: Answers) -> None:
    """Say that a model that was named is not here; it may come."""
    import asyncio
    import os

    from ergos.app.beginning import models_shown
    from ergos.cli.render import note
    from ergos.drivers.models.discovery import discover

    if answers.model in ("auto", "none"):
        return
    if answers.model not in models_shown(asyncio.run(discover(here.settings.models, os.environ))):
        note(_said("unknown", answers.language, model=answers.model))


def _asked(here: Home, usual: Answers, given: tuple[str | None, ...]) -> Answers:
    """The questions that no flag answered."""
    import asyncio
    import os

    from ergos.app.beginning import checked, models_shown
    from ergos.cli.render import note
    from ergos.drivers.models.discovery import discover

    owner, language, model, per_day = given
    spoken: Language = usual.language
    owner = owner if owner is not None else _question("owner", spoken, usual.owner)
    language = language if language is not None else _question("language", spoken, usual.language)
    spoken = checked(owner, language, usual.model, usual.per_day).language
    if model is None:
        found = models_shown(asyncio.run(discover(here.settings.models, os.environ)))
        note(_said("found", spoken, models=", ".join(found)) if found else _said("nothing", spoken))
        model = _question("model", spoken, usual.model)
        if model not in (*found, "auto", "none"):
            note(_said("unknown", spoken, model=model))
    per_day = per_day if per_day is not None else _question("per_day", spoken, usual.per_day)
    return checked(owner, language, model, per_day)


def _question(key: str, language: Language, usual: str) -> str:
    return str(typer.prompt(_said(key, language), default=usual, err=True)).strip()


def _said(key: str, language: Language, **values: object) -> str:
    return TEXTS[key][language == "zh"].format(**values)


def _store(here: Home, name: str, language: Language) -> str:
    """Keep a key in the vault; its name."""
    from ergos.cli.render import note
    from ergos.cli.secret import keep
    from ergos.drivers.vault.references import secret_name

    secret_name(name)
    here.make()
    keep(name, here.folder)
    variable = name.upper().replace("-", "_")
    note(_said("key", language, name=name, variable=variable))
    return name
