"""What is checked about XML text before a parser sees it: its root, its document type, its weight.

Rules: a document type may declare a few short entities of plain text and name an external subset that is never
fetched; entities that build on entities, point outside or stand for much text are refused. Everything is linear.

Must not know: feeds or pages.
"""

from __future__ import annotations

import re
from typing import Final
from xml.parsers import expat

from ergos.base.errors import SourceError
from ergos.base.limits import SOURCE_DECODED_BYTES_MAX, XML_ENTITIES_MAX

ENTITY_CHARS_MAX: Final = 200  # characters of an entity's text; feeds declare single letters and short names
PROLOG_PARTS_MAX: Final = 100  # comments and instructions before the root element

_DECLARATION: Final = re.compile(r"\s*<\?xml\b[^>]{0,300}\?>")
_ROOT: Final = re.compile(r"<([A-Za-z_][\w.:-]{0,100})")
_BUILDS_ON: Final = re.compile(r"&(?!#|amp;|lt;|gt;|quot;|apos;)\w")
_FORBIDDEN: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_BAD_REFERENCE: Final = re.compile(r"&#(?:x([0-9a-fA-F]{1,8})|([0-9]{1,9}));")


class _RootReachedError(Exception):
    """The document type is over."""


def without_declaration(text: str) -> str:
    """`text` from its first mark on, without the XML declaration, whose encoding no longer holds."""
    text = text.lstrip("\ufeff \t\r\n")
    found = _DECLARATION.match(text)
    return text[found.end() :].lstrip() if found else text


def root_name(text: str) -> str:
    """Lower-case local name of the first element after comments, instructions and document type; "" if none."""
    position = 0
    for _ in range(PROLOG_PARTS_MAX):
        position = text.find("<", position)
        if position < 0:
            return ""
        if text.startswith("<!--", position):
            position = text.find("-->", position)
        elif text.startswith("<?", position):
            position = text.find("?>", position)
        elif text.startswith("<!", position):
            position = _doctype_end(text, position) - 1
        else:
            found = _ROOT.match(text, position)
            return found[1].rpartition(":")[2].lower() if found else ""
        if position < 0:
            return ""
        position += 1
    return ""


def check_entities(text: str) -> None:
    """Raises: SourceError for an entity bomb or an entity that points outside.

    Reads the document type with expat itself, as the parser behind it will, and stops at the first element.
    """
    declared: dict[str, int] = {}

    def entity(name: str, parameter: int, value: str | None, *_where: str | None) -> None:
        if parameter or value is None:
            raise SourceError("declares an entity that points outside the document; such entities are never read")
        if len(value) > ENTITY_CHARS_MAX or _BUILDS_ON.search(value):
            raise SourceError("declares an entity that is long or builds on others: an entity bomb")
        declared[name] = len(value)
        if len(declared) > XML_ENTITIES_MAX:
            raise SourceError(f"declares more than {XML_ENTITIES_MAX} entities: an entity bomb")

    def element(_name: str, _attributes: object) -> None:
        raise _RootReachedError

    parser = expat.ParserCreate("utf-8")
    parser.EntityDeclHandler, parser.StartElementHandler = entity, element
    try:
        _ = parser.Parse(text.encode("utf-8", "replace"), True)
    except _RootReachedError:
        pass
    except expat.ExpatError as error:
        # A document type no parser reads declares nothing; where it was meant to, there is nothing to save.
        if "<!ENTITY" in text:
            raise SourceError(f"declares entities in a document type that is broken: {error}") from error
    expansion = sum(text.count(f"&{name};") * length for name, length in declared.items())
    if expansion > SOURCE_DECODED_BYTES_MAX:
        raise SourceError("its entities would unfold to too much text: an entity bomb")


def legal(text: str) -> str:
    """`text` without characters, and references to characters, that XML 1.0 forbids."""
    return _BAD_REFERENCE.sub(_keep_legal, _FORBIDDEN.sub("", text))


def _keep_legal(found: re.Match[str]) -> str:
    number = int(found[1], 16) if found[1] else int(found[2])
    if number > 0x10FFFF or _FORBIDDEN.match(chr(number)):
        return ""
    return found[0]


def _doctype_end(text: str, start: int) -> int:
    """Position after the document type that begins at `start`, its internal subset included."""
    closing, opening = text.find(">", start), text.find("[", start)
    if 0 <= opening < closing or (opening >= 0 and closing < 0):
        # The subset ends at a bracket followed by the closing mark; values may hold either alone.
        found = re.compile(r"\]\s{0,100}>").search(text, opening)
        return found.end() if found else len(text)
    return closing + 1 if closing >= 0 else len(text)
