"""press.publish: a brief, or a text, as a page or a Markdown file where readers find it.

    {"brief": …, "folder": "published", "format": "html"}
    {"text": "…", "path": "here:/report.md"}

Rules: what it makes is one file, put in place whole; the same call makes the same file again, so it may be done again.
A brief is printed with its numbered sources; nothing in it becomes a link, a script or markup of its own. In a folder
the file's name says the day of the brief and its title.
"""

from __future__ import annotations

import asyncio
import datetime
import html
import re
from typing import Annotated, Any, Final, Literal

import msgspec

from ergos.base.canonical import Plain, digest
from ergos.base.documents import Brief
from ergos.base.errors import ValueShapeError
from ergos.base.limits import MIB
from ergos.drivers.press import markdown, page
from ergos.drivers.tools.confined import beside, write_whole
from ergos.drivers.tools.declaring import Arguments, Builtin
from ergos.drivers.tools.paths import Place, file_of, place_of
from ergos.drivers.tools.workspaces import Workspaces
from ergos.kernel.packages import Errand

PAGE_BYTES_MAX: Final = 12 * MIB  # bytes of a page
TITLE_CHARS_MAX: Final = 200  # characters of a title
STEM_CHARS_MAX: Final = 48  # characters of a file's name that come from the title

_ENDINGS: Final = {"html": ".html", "markdown": ".md"}
_BY_ENDING: Final = {".html": "html", ".htm": "html", ".md": "markdown", ".markdown": "markdown", ".txt": "markdown"}
_WORDS: Final = re.compile(r"[^\w]+")
_BLANK: Final = re.compile(r"\n\s*\n")


class Publish(Arguments, frozen=True):
    """Arguments of press.publish."""

    brief: Any = None
    text: Annotated[str, msgspec.Meta(max_length=PAGE_BYTES_MAX)] = ""
    path: Annotated[str, msgspec.Meta(max_length=1_024)] = ""
    folder: Annotated[str, msgspec.Meta(max_length=1_024)] = ""
    format: Literal["html", "markdown"] | None = None
    title: Annotated[str, msgspec.Meta(max_length=TITLE_CHARS_MAX)] = ""


class PublishTool:
    """The one tool."""

    def __init__(self, workspaces: Workspaces) -> None:
        self._workspaces: Final = workspaces

    def tools(self) -> tuple[Builtin[Publish]]:
        """press.publish."""
        return (
            Builtin(
                "press.publish", Publish, self._publish, effect="idempotent", reach="own", echoes=True,
                roles={
                    "brief": "text", "text": "text", "path": "target", "folder": "target", "format": "plain",
                    "title": "text",
                },
                check=_checked,
            ),
        )  # fmt: skip

    async def _publish(self, asked: Publish, errand: Errand) -> dict[str, Plain]:
        """Print a brief (or a text) as an HTML page or Markdown, into `path`, or into a file of its own in `folder`."""
        brief = _brief(asked)
        form = _form(asked)
        place = _place(asked, brief, form, errand)
        body = (_printed(brief, form) if brief is not None else _page(asked, form)).encode()
        if len(body) > PAGE_BYTES_MAX:
            raise ValueShapeError(f"the page has {len(body):,} bytes; at most {PAGE_BYTES_MAX:,}")
        room = self._workspaces.room(place, errand, write=True)

        def work() -> None:
            with (
                self._workspaces.changing(room),
                beside(room, place, make=True) as (folder, name),
            ):
                write_whole(folder, name, body, place.text, digest(errand.idempotency_key.encode()))

        await asyncio.to_thread(work)
        return {"path": place.text, "format": form, "bytes": len(body), "digest": digest(body)}


def _brief(asked: Publish) -> Brief | None:
    """The brief that is given; None: a text is. Raises: ValueShapeError."""
    if asked.brief is None:
        return None
    try:
        return msgspec.convert(asked.brief, Brief, strict=True)
    except msgspec.ValidationError as error:
        raise ValueShapeError(f"this is no brief: {error}", remedy="give a text as `text`") from error


def _checked(asked: Publish) -> None:
    if (asked.brief is None) == (not asked.text):
        raise ValueShapeError("give a brief or a text, and not both")
    if bool(asked.path) == bool(asked.folder):
        raise ValueShapeError("say where: a path or a folder, and not both")
    _brief(asked)
    (file_of if asked.path else place_of)(asked.path or asked.folder)
    try:
        (asked.text + asked.title).encode()
    except UnicodeEncodeError as error:
        raise ValueShapeError("the text holds bytes that are no text") from error


def _form(asked: Publish) -> str:
    """As asked, else as the path's ending says, else a page."""
    if asked.format is not None:
        return asked.format
    ending = "." + asked.path.rpartition(".")[2].lower() if "." in asked.path else ""
    return _BY_ENDING.get(ending, "html")


def _place(asked: Publish, brief: Brief | None, form: str, errand: Errand) -> Place:
    if asked.path:
        return file_of(asked.path)
    title = asked.title or (brief.title if brief is not None else asked.text[:STEM_CHARS_MAX])
    stem = _WORDS.sub("-", title.lower()).strip("-")[:STEM_CHARS_MAX].strip("-") or "page"
    day = ""
    if brief is not None and brief.made_at_ns > 0:
        day = datetime.datetime.fromtimestamp(brief.made_at_ns // 1_000_000_000, datetime.UTC).strftime("%Y-%m-%d-")
    # The key keeps two pages of one title and day apart, and is the same for a repetition.
    name = f"{day}{stem}-{errand.idempotency_key[:8]}{_ENDINGS[form]}"
    return file_of(f"{place_of(asked.folder).text.rstrip('/')}/{name}" if asked.folder != "." else name)


def _printed(brief: Brief, form: str) -> str:
    return page.render(brief) if form == "html" else markdown.render(brief)


def _page(asked: Publish, form: str) -> str:
    """A text as a page: its paragraphs, and nothing of it as markup."""
    text = asked.text.rstrip() + "\n"
    if form == "markdown":
        return f"# {' '.join(asked.title.split())}\n\n{text}" if asked.title else text
    title = html.escape(asked.title or " ".join(asked.text.split())[:80])
    parts = (part.strip() for part in _BLANK.split(text))
    body = "".join(f"<p>{'<br>'.join(html.escape(line) for line in part.splitlines())}</p>\n" for part in parts if part)
    head = f"<h1>{title}</h1>\n" if asked.title else ""
    policy = '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'">'
    meta = f'<meta charset="utf-8">{policy}<title>{title}</title>'
    return f"<!doctype html>\n<html><head>{meta}</head>\n<body>\n{head}{body}</body></html>\n"
