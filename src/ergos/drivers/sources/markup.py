"""HTML reduced to text by one pass over it: for feed items, and for pages a better extractor gives nothing for.

A tokenizer after the WHATWG parsing rules, without a tree: no recursion, no backtracking, linear in its input
whatever that is, which is why hostile markup ends here. Rules: scripts, styles and embedded objects are dropped;
block elements end a paragraph, `br` ends a line; a `<` that begins no tag is text.

Must not know: what is worth reading on a page; that is `page`'s business.
"""

from __future__ import annotations

import html
import re
from typing import Final

import msgspec

_TAG: Final = re.compile(r"</?([a-zA-Z][^\s/>]{0,60})")
_STOP: Final = re.compile("""[>"']""")
_WHITE: Final = re.compile(r"\s+")
_LINE_SPACE: Final = re.compile(r" *\n *")

_DROPPED: Final = frozenset(
    ("script", "style", "template", "svg", "noscript", "iframe", "select", "textarea", "object", "math", "canvas")
)
_BLOCKS: Final = frozenset(
    (
        *("address", "article", "aside", "blockquote", "body", "caption", "center", "dd", "details", "dialog", "div"),
        *("dl", "dt", "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6"),
        *("header", "hgroup", "hr", "html", "legend", "li", "main", "menu", "nav", "ol", "p", "pre", "search"),
        *("section", "summary", "table", "tbody", "tfoot", "thead", "tr", "ul", "title"),
    )
)
_CELLS: Final = frozenset(("td", "th"))


class Stripped(msgspec.Struct, frozen=True, kw_only=True):
    """Text of a piece of markup."""

    title: str
    """Content of the first `title` element, else of the first `h1`, else ""."""
    text: str


class _Scanner:
    """Position in the markup, and which closing marks are known not to come any more."""

    def __init__(self, markup: str) -> None:
        self.markup = markup
        self._gone: set[str] = set()

    def find(self, mark: str, start: int) -> int:
        """Position of `mark` at or after `start`, or -1; a mark once missed is never searched again."""
        if mark in self._gone:
            return -1
        found = self.markup.find(mark, start)
        if found < 0:
            self._gone.add(mark)
        return found

    def tag_end(self, start: int) -> int:
        """Position after the `>` that ends the tag whose name ends at `start`; quoted values may hold `>`."""
        position, attribute = start, False
        while True:
            stop = _STOP.search(self.markup, position)
            if stop is None:
                return len(self.markup)
            if stop[0] == ">":
                return stop.end()
            # A quote opens a value only after `=`; elsewhere it is a stray character.
            attribute = self.markup[position : stop.start()].rstrip().endswith("=")
            closing = self.find(stop[0], stop.end()) if attribute else -1
            position = stop.end() if closing < 0 else closing + 1

    def element_end(self, name: str, start: int) -> int:
        """Position after the closing tag of `name`, or -1 where there is none."""
        mark = f"</{name}"
        if mark in self._gone:
            return -1
        found = re.compile(re.escape(mark) + r"(?=[\s/>])", re.IGNORECASE).search(self.markup, start)
        if found is None:
            self._gone.add(mark)
            return -1
        return self.tag_end(found.end())


def strip(markup: str) -> Stripped:
    """The text and title of a page or fragment; one pass, linear."""
    scanner, pieces = _Scanner(markup), list[str]()
    titles: dict[str, str] = {}
    position, end, verbatim = 0, len(markup), False
    while position < end:
        opening = scanner.find("<", position)
        if opening < 0:
            break
        pieces.append(_text(markup[position:opening], verbatim=verbatim))
        tag = _TAG.match(markup, opening)
        if tag is None:
            position = _skip_declaration(scanner, opening, pieces)
            continue
        name = tag[1].lower()
        verbatim = markup[opening + 1] != "/" if name == "pre" else verbatim
        position = scanner.tag_end(tag.end())
        closing = markup[opening + 1] == "/"
        if name in _DROPPED and not closing and markup[position - 2 : position] != "/>":
            position = _skip_element(scanner, name, position)
        elif name in ("title", "h1") and not closing and name not in titles:
            limit = scanner.element_end(name, position)
            titles[name] = _first_line(markup[position : limit if limit >= 0 else position])
            if name == "title" and limit >= 0:
                position = limit
        pieces.append(_separator(name))
    pieces.append(_text(markup[position:], verbatim=verbatim))
    text = _LINE_SPACE.sub("\n", "".join(pieces))
    return Stripped(title=titles.get("title") or titles.get("h1", ""), text=text.strip())


def _text(raw: str, *, verbatim: bool = False) -> str:
    """Words of a text node; `verbatim`: inside `pre`, where line ends count."""
    if not raw:
        return ""
    text = html.unescape(raw)
    return text if verbatim else _WHITE.sub(" ", text)


def _first_line(raw: str) -> str:
    # A title may hold inline markup; it is short, so a plain cut is enough.
    return " ".join(html.unescape(re.sub("<[^<>]*>", " ", raw[:4_000])).split())


def _separator(name: str) -> str:
    if name in _BLOCKS:
        return "\n\n"
    if name == "br":
        return "\n"
    return " " if name in _CELLS else ""


def _skip_element(scanner: _Scanner, name: str, start: int) -> int:
    limit = scanner.element_end(name, start)
    if limit >= 0:
        return limit
    # Browsers let an unclosed script or style swallow the rest; any other unclosed element is ignored.
    return len(scanner.markup) if name in ("script", "style") else start


def _skip_declaration(scanner: _Scanner, opening: int, pieces: list[str]) -> int:
    """Position after a comment, CDATA section, doctype or instruction; a lone `<` is text."""
    markup = scanner.markup
    if markup.startswith("<!--", opening):
        closing = scanner.find("-->", opening + 2)
        return closing + 3 if closing >= 0 else len(markup)
    if markup.startswith("<![CDATA[", opening):
        closing = scanner.find("]]>", opening)
        limit = closing if closing >= 0 else len(markup)
        pieces.append(_text(markup[opening + 9 : limit]))
        return limit + 3
    if markup[opening + 1 : opening + 2] in ("!", "?", "/"):
        closing = scanner.find(">", opening)
        return closing + 1 if closing >= 0 else len(markup)
    pieces.append("<")
    return opening + 1
