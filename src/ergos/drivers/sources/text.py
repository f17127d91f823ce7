"""Markdown and plain text files: front matter, a title, paragraphs.

Rules: one file is one document; front matter is simple `key: value` lines between two `---` lines, anything richer
is passed over; the heading that became the title is not repeated in the text. Everything is linear in the file.

Out of reach: full CommonMark; what is cited is words, so marks go and words stay.
"""

from __future__ import annotations

import re
from pathlib import PurePath
from typing import Final

import msgspec

from ergos.base.errors import SourceError
from ergos.base.limits import DOCUMENT_CHARS_MAX
from ergos.drivers.sources.feed import is_web
from ergos.drivers.sources.markup import strip
from ergos.drivers.sources.moment import from_text
from ergos.drivers.sources.prose import cleaned, make_document, reflowed
from ergos.drivers.sources.reading import Origin, Reading

FRONT_LINES_MAX: Final = 100  # lines of front matter
TITLE_LINE_CHARS_MAX: Final = 120  # characters; a longer first line is a paragraph, not a title

_FIELD: Final = re.compile(r"([A-Za-z][\w-]{0,40})\s*:\s*(.*)")
_FENCE: Final = re.compile(r"\s{0,3}(`{3,}|~{3,})")
_HEADING: Final = re.compile(r"\s{0,3}(#{1,6})\s+(.*?)\s*#*\s*$")
_RULE: Final = re.compile(r"\s{0,3}([-*_=])(?:\s*\1){2,}\s*$")
_UNDERLINE: Final = re.compile(r"\s{0,3}(?:=+|-{2,})\s*$")
_DEFINITION: Final = re.compile(r"\s{0,3}\[[^\]\n]{1,200}\]:\s+\S+")
_QUOTE: Final = re.compile(r"\s{0,3}(?:>\s?)+")
_BULLET: Final = re.compile(r"(\s*)(?:[-*+]|\d{1,9}[.)])\s+(?:\[[ xX]\]\s+)?")
_TABLE_RULE: Final = re.compile(r"\s*\|?\s*:?-{2,}:?\s*(?:\|\s*:?-{2,}:?\s*){0,100}\|?\s*$")
_IMAGE: Final = re.compile(r"!\[([^\[\]]{0,500})\](?:\([^()\s]{0,2000}(?:\s+\"[^\"]{0,300}\")?\)|\[[^\[\]]{0,200}\])")
_LINK: Final = re.compile(
    r"\[([^\[\]]{1,1000})\](?:\((?:[^()\s]|\([^()\s]{0,500}\)){0,2000}(?:\s+\"[^\"]{0,300}\")?\)|\[[^\[\]]{0,200}\])"
)
_FOOTNOTE: Final = re.compile(r"\[\^[^\]\s]{1,100}\]:?")
_AUTOLINK: Final = re.compile(r"<((?:https?://|mailto:)[^<>\s]{1,2000})>")
_CODE: Final = re.compile(r"(`+)([^`]{1,2000})\1")
_STRONG: Final = re.compile(r"(\*{1,3})(?=\S)([^*\n]{1,2000}?)(?<=\S)\1")
_STRONG_LINE: Final = re.compile(r"(?<!\w)(_{1,3})(?=\S)([^_\n]{1,2000}?)(?<=\S)\1(?!\w)")
_STRUCK: Final = re.compile(r"~~(?=\S)([^~\n]{1,2000}?)~~")
_ESCAPE: Final = re.compile(r"\\([!-/:-@\[-`{-~])")
_HTML: Final = re.compile(r"</?[a-zA-Z][^<>]{0,1000}>|<!--|&#?\w{1,31};")
_LINE_CHARS_MAX: Final = 20_000  # characters of a line searched for marks; longer ones are kept as they are


class _Front(msgspec.Struct, frozen=True, kw_only=True):
    fields: dict[str, str]
    body: str


def parse_markdown(text: str, origin: Origin) -> Reading:
    """One document: front matter names title, date, source and url; else the first heading is the title.

    Raises: SourceError where nothing remains to be read.
    """
    front = _front_matter(cleaned(text[: 2 * DOCUMENT_CHARS_MAX]))
    title = front.fields.get("title", "")
    heading, body = _markdown(front.body, take_heading=not title)
    return _one(body, title or heading, front.fields, origin)


def parse_plain(text: str, origin: Origin) -> Reading:
    """One document: a short first line that stands alone is the title, else the file's name is.

    Raises: SourceError where the text is empty.
    """
    front = _front_matter(cleaned(text[: 2 * DOCUMENT_CHARS_MAX]))
    title, body = front.fields.get("title", ""), front.body.strip("\n")
    if not title:
        first, _, rest = body.partition("\n")
        alone = not rest.split("\n", 1)[0].strip()
        if alone and rest.strip() and 0 < len(first.strip()) <= TITLE_LINE_CHARS_MAX:
            title, body = first, rest
    return _one(reflowed(body), title, front.fields, origin)


def _one(body: str, title: str, fields: dict[str, str], origin: Origin) -> Reading:
    if not body.strip() and not title.strip():
        raise SourceError("the file is empty")
    url = fields.get("url") or fields.get("link") or ""
    date = next((fields[name] for name in ("date", "published", "created", "updated") if fields.get(name)), "")
    document = make_document(
        url=url if is_web(url) else origin.url,
        title=title or _stem(origin.url),
        text=body,
        source=fields.get("source") or fields.get("site") or origin.source,
        published_ns=from_text(date),
    )
    return Reading(documents=(document,))


def _stem(url: str) -> str:
    name = PurePath(url).stem
    return re.sub(r"[-_]+", " ", name).strip() or url


def _front_matter(text: str) -> _Front:
    text = text.lstrip("\n")
    lines = text.split("\n", FRONT_LINES_MAX + 2)
    if lines[0].rstrip() != "---":
        return _Front(fields={}, body=text)
    fields: dict[str, str] = {}
    for number, line in enumerate(lines[1 : FRONT_LINES_MAX + 2], start=1):
        if line.rstrip() in ("---", "..."):
            return _Front(fields=fields, body="\n".join(lines[number + 1 :]))
        found = _FIELD.match(line)
        if found:
            fields.setdefault(found[1].lower(), found[2].strip().strip("\"'").strip())
        elif line.strip() and not line.lstrip().startswith(("-", "#")) and not line.startswith((" ", "\t")):
            break
    # Not closed, or prose: the line of dashes was a rule.
    return _Front(fields={}, body=text)


def _markdown(text: str, *, take_heading: bool) -> tuple[str, str]:
    """The first heading if it is to be taken, and the text without marks."""
    taken = ""
    out: list[str] = []
    fence = ""
    for written in _without_comments(text).split("\n"):
        line = written
        found = _FENCE.match(line)
        if fence:
            if found and found[1].startswith(fence) and not line.strip().strip(fence[0]):
                fence = ""
                out.append("")
            else:
                out.append(line)
            continue
        if found:
            fence = found[1]
            out.append("")
            continue
        if out and out[-1].strip() and _UNDERLINE.match(line):
            line = f"# {out.pop()}"
        heading = _HEADING.match(line) if len(line) <= _LINE_CHARS_MAX else None
        if heading:
            words = _inline(heading[2])
            if take_heading and not taken:
                taken = words
            else:
                out.extend(("", words, ""))
        elif _RULE.match(line) or _DEFINITION.match(line) or (("|" in line) and _TABLE_RULE.match(line)):
            out.append("")
        else:
            out.append(_line(line))
    return taken, reflowed("\n".join(out))


def _line(line: str) -> str:
    line = _QUOTE.sub("", line, count=1) if line.lstrip().startswith(">") else line
    item = _BULLET.match(line)
    marked = item is not None and bool(line[item.end() :].strip())
    if item is not None and marked:
        line = line[item.end() :]
    if line.lstrip().startswith("|"):
        line = " | ".join(cell.strip() for cell in line.strip().strip("|").split("|"))
    hard = line.endswith(("  ", "\\"))
    words = _inline(line.rstrip("\\"))
    # A list item is a paragraph of its own, so that its words never run into the next one's.
    return f"\n{words}" if marked else f"{words}\n" if hard else words


def _inline(line: str) -> str:
    if len(line) > _LINE_CHARS_MAX:
        return line
    codes: list[str] = []

    def keep(words: str) -> str:
        codes.append(words)
        return f"\x00{len(codes) - 1}\x00"

    line = _CODE.sub(lambda found: keep(found[2].strip()), line)
    line = _ESCAPE.sub(lambda found: keep(found[1]), line)
    line = _IMAGE.sub(r"\1", line)
    line = _LINK.sub(r"\1", line)
    line = _FOOTNOTE.sub("", line)
    line = _AUTOLINK.sub(r"\1", line)
    if _HTML.search(line):
        line = strip(line).text
    line = _STRONG.sub(_unstarred, _STRONG.sub(_unstarred, line))
    line = _STRONG_LINE.sub(r"\2", line)
    line = _STRUCK.sub(r"\1", line)
    return re.sub("\x00(\\d+)\x00", lambda found: codes[int(found[1])], line)


def _unstarred(found: re.Match[str]) -> str:
    """The emphasised words; stars between figures are products, and losing them would make other figures."""
    before, after = found.string[max(0, found.start() - 1) : found.start()], found.string[found.end() : found.end() + 1]
    product = (before.isdigit() and found[2][0].isdigit()) or (after.isdigit() and found[2][-1].isdigit())
    return found[0] if product else found[2]


def _without_comments(text: str) -> str:
    pieces: list[str] = []
    position = 0
    while (opening := text.find("<!--", position)) >= 0:
        closing = text.find("-->", opening + 4)
        if closing < 0:
            break
        pieces.append(text[position:opening])
        position = closing + 3
    pieces.append(text[position:])
    return "".join(pieces)
