"""How a home begins: three answers become a short settings.toml, and a later run changes only what its owner says.

Rules: nothing is written before everything is known; what stands in a settings.toml already stays as it is, comments
included, except for the four values asked about; a key never stands in a file, it goes into the vault.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from typing import Final, Literal, cast

import msgspec

from ergos.app.home import Home
from ergos.base.errors import SettingsError, UsageError, ValueShapeError
from ergos.base.ids import name as checked_name
from ergos.base.money import MICRO, parse_money
from ergos.drivers.models.discovery import Discovery
from ergos.drivers.whole_file import replace_file
from ergos.kernel.permission.wording import Language
from ergos.runtime.settings import FILE, SETTINGS_BYTES_MAX

NONE: Final = "none"
"""No model: System 1 answers."""
AUTO: Final = "auto"
"""Whatever is found, in the order of discovery."""
PER_DAY_DEFAULT: Final = "1usd"
"""US dollars a day: enough for some hundred calls of a small model, little enough to lose."""
SHOWN_MAX: Final = 8  # models that are named in the question
_MODEL: Final = re.compile(r"[\w.:/@+-]{1,200}")
_SECTION: Final = re.compile(r"^\s*\[([^\[\]]+)\]\s*(?:#.*)?$")


class Answers(msgspec.Struct, frozen=True, kw_only=True):
    """What was answered."""

    owner: str
    language: Language
    model: str
    """Name of an endpoint, AUTO or NONE."""
    per_day: str
    """A ceiling in US dollars as settings write it: '1usd'."""


def defaults(home: Home, environ: Mapping[str, str]) -> Answers:
    """What counts where nothing is answered: what is set already, else what the machine says."""
    table = _table(home)
    models = _inner(table, "models")
    spoken = environ.get("LC_ALL") or environ.get("LC_MESSAGES") or environ.get("LANG") or ""
    auto = models.get("auto")
    model = str(cast("list[object]", auto)[0]) if isinstance(auto, list) and auto else AUTO
    set_language = "language" in table or environ.get("ERGOS_LANGUAGE")
    return Answers(
        owner=home.settings.owner,
        language=home.settings.language if set_language else "zh" if spoken.lower().startswith("zh") else "en",
        model=NONE if models.get("discover") is False and model == AUTO else model,
        per_day=str(_inner(table, "budget").get("per_day") or PER_DAY_DEFAULT),
    )


def checked(owner: str, language: str, model: str, per_day: str) -> Answers:
    """Answers that can be written. Raises: UsageError."""
    owner = "-".join(owner.split())  # 'Mei Tan' is asked for a name, and a name here has no blanks
    try:
        checked_name(owner, what="an owner")
    except ValueShapeError as error:
        raise UsageError(error.what, remedy="--owner: one name without blanks, such as alice") from error
    said = {"en": "en", "english": "en", "zh": "zh", "chinese": "zh", "中文": "zh"}.get(language.strip().lower())
    if said is None:
        raise UsageError(f"the language is {language[:40]!r}", remedy="--language: en or zh")
    if not _MODEL.fullmatch(model):
        raise UsageError(
            f"{model[:60]!r} is no name of a model", remedy="--model: a name of `ergos models`, auto or none"
        )
    try:
        micro = parse_money(per_day.strip())
    except ValueShapeError as error:
        raise UsageError(error.what, remedy="--per-day: US dollars, such as 2usd or 0.50usd; 0usd for none") from error
    return Answers(
        owner=owner,
        language=cast("Literal['en', 'zh']", said),
        model=model,
        per_day=f"{micro // MICRO}{f'.{micro % MICRO:06d}'.rstrip('0').rstrip('.') if micro % MICRO else ''}usd",
    )


def models_shown(found: Discovery) -> tuple[str, ...]:
    """Endpoints that answer by themselves, in order of preference."""
    usable = (one.spec.name for one in found.endpoints if one.usable and one.spec.price is not None)
    return tuple(usable)[:SHOWN_MAX]


def proposed(home: Home, answers: Answers) -> str | None:
    """The text of settings.toml with these answers; None where it says them already. Raises: SettingsError."""
    path = home.folder / FILE
    if not path.exists():
        return first_text(answers)
    text = _read(home)
    revised = _revised(text, answers, _table(home))
    try:
        same = tomllib.loads(revised) if revised != text else None
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(
            f"{path} is written in a way that cannot be changed here", remedy="edit it by hand"
        ) from error
    if same is not None and not _differs_only_there(_table(home), same):
        raise SettingsError(f"{path} is written in a way that cannot be changed here", remedy="edit it by hand")
    return None if revised == text else revised


def write(home: Home, text: str) -> None:
    """Put settings.toml in place. Raises: SettingsError."""
    home.make()
    try:
        replace_file(home.folder / FILE, text.encode())
    except OSError as error:
        raise SettingsError(f"{home.folder / FILE} cannot be written: {error.strerror}") from error


def first_text(answers: Answers) -> str:
    """A new settings.toml."""
    zh = answers.language == "zh"
    lines = [
        "# ErgOS 的设置；此处可写的其他内容见 docs/tour"
        if zh
        else "# Settings of ErgOS; what else may stand here: docs/tour",
        f"owner = {_quoted(answers.owner)}",
        f"language = {_quoted(answers.language)}",
        "",
        "[budget]  # 每位所有者的上限，付费之前即检查"
        if zh
        else "[budget]  # ceilings of every owner, checked before anything is paid",
        f"per_day = {_quoted(answers.per_day)}",
    ]
    if answers.model == NONE:
        lines += [
            "",
            "[models]",
            "discover = false  # 不使用模型，由 System 1 作答"
            if zh
            else "discover = false  # no model: System 1 answers",
        ]
    elif answers.model != AUTO:
        lines += [
            "",
            "[models]",
            f"auto = [{_quoted(answers.model)}]  # {'首选模型' if zh else 'the one that is preferred'}",
        ]
    return "\n".join(lines) + "\n"


def _revised(text: str, answers: Answers, table: Mapping[str, object]) -> str:
    """The text with what differs replaced where it stands, or added."""
    wanted: list[tuple[str, str, str | None]] = [
        ("", "owner", _quoted(answers.owner)),
        ("", "language", _quoted(answers.language)),
        ("budget", "per_day", _quoted(answers.per_day)),
    ]
    models = _inner(table, "models")
    if answers.model == NONE:
        wanted.append(("models", "discover", "false"))
    elif answers.model != AUTO:
        auto = models.get("auto")
        listed = [str(one) for one in cast("list[object]", auto)] if isinstance(auto, list) else []
        first = [answers.model, *(one for one in listed if one != answers.model)]
        wanted.append(("models", "auto", f"[{', '.join(map(_quoted, first))}]"))
        if models.get("discover") is False:
            wanted.append(("models", "discover", "true"))
    for section, key, value in wanted:
        place = table if not section else _inner(table, section)
        now = place.get(key)
        if value is not None and (key not in place or tomllib.loads(f"x = {value}")["x"] != now):
            text = _set(text, section, key, value)
    return text


def _set(text: str, section: str, key: str, value: str) -> str:
    """One value in its section; a comment behind it stays."""
    lines = text.splitlines()
    current, last = "", -1 if section else 0
    for number, line in enumerate(lines):
        head = _SECTION.match(line)
        if head is not None:
            current = head[1].strip()
            last = number + 1 if current == section else last
            continue
        found = re.match(rf"^(\s*{re.escape(key)}\s*=\s*)(?:\"[^\"]*\"|\[[^\]]*\]|[^#\s]+)(.*)$", line)
        if current == section and found is not None:
            lines[number] = f"{found[1]}{value}{found[2]}"
            return "\n".join(lines) + "\n"
    if last < 0:
        return "\n".join([*lines, "", f"[{section}]", f"{key} = {value}"]) + "\n"
    return "\n".join([*lines[:last], f"{key} = {value}", *lines[last:]]) + "\n"


def _differs_only_there(before: Mapping[str, object], after: Mapping[str, object]) -> bool:
    """Whether nothing but what was asked about changed."""

    def rest(table: Mapping[str, object]) -> dict[str, object]:
        found = {key: value for key, value in table.items() if key not in ("owner", "language", "budget", "models")}
        budget = {key: value for key, value in _inner(table, "budget").items() if key != "per_day"}
        models = {key: value for key, value in _inner(table, "models").items() if key not in ("auto", "discover")}
        return {**found, "budget": budget, "models": models}

    return rest(before) == rest(after)


def _read(home: Home) -> str:
    path = home.folder / FILE
    try:
        if path.stat().st_size > SETTINGS_BYTES_MAX:
            raise SettingsError(f"{path} is larger than {SETTINGS_BYTES_MAX:,} bytes")
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise SettingsError(f"{path} cannot be read: {error.strerror}") from error


def _table(home: Home) -> dict[str, object]:
    return tomllib.loads(_read(home)) if (home.folder / FILE).exists() else {}


def _inner(table: Mapping[str, object], key: str) -> dict[str, object]:
    found = table.get(key)
    return cast("dict[str, object]", found) if isinstance(found, dict) else {}


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
