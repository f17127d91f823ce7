"""A brief as Markdown that any reader renders: sentences with numbered citations, then the numbered sources.

Rules: everything from documents is escaped, so that no title or quotation becomes a link, an image, a heading
or HTML; the only HTML written is the anchor of a source. The same brief gives the same bytes.
"""

from __future__ import annotations

import re
from typing import Final

from ergos.base.documents import Brief, Sentence
from ergos.drivers.press.references import Reference, Source, references
from ergos.drivers.press.untrusted import link, plain
from ergos.drivers.press.wording import (
    Wording,
    count_words,
    made_at,
    moment_words,
    published_words,
    solver_words,
    wording,
)

_ACTIVE: Final = re.compile(r"([\\`*_\[\]|~$])")
_OPENING: Final = re.compile(r"\A([0-9]*)([#+=.)-])")
_ENTITIES: Final = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}


def render(brief: Brief) -> str:
    """The brief as CommonMark, ending in a newline. Raises `ValueShapeError` if it breaks its own rules."""
    words = wording(brief.language)
    numbered = references(brief)
    made = (
        moment_words(made_at(brief), brief.language),
        solver_words(brief.solver, brief.language),
        count_words(brief),
    )
    lines = [f"# {_escape(brief.title)}", "", f"*{_escape(' · '.join(made))}*"]
    if not numbered.sentences:
        lines += ["", words.nothing]
    for section_number, section in enumerate(brief.sections, start=1):
        lines += ["", f"## {_escape(section.heading)}"]
        for sentence_number, sentence in enumerate(section.sentences, start=1):
            cited = numbered.sentences[section_number, sentence_number]
            lines += ["", _sentence(sentence, cited, words)]
    if numbered.sources:
        lines += ["", f"## {words.sources}"]
        for number, source in enumerate(numbered.sources, start=1):
            lines += ["", *_source(number, source, brief)]
    return "\n".join(lines) + "\n"


def _sentence(sentence: Sentence, cited: tuple[Reference, ...], words: Wording) -> str:
    numbers = "".join(f"[[{number}]](#source-{number})" for number in dict.fromkeys(one.source for one in cited))
    text = f"{_escape(sentence.text)} {numbers}"
    match sentence.kind:
        case "quote":
            return f"> {text}"
        case "comparison":
            return f"**{words.comparison}{words.colon}** {text}"
        case "note":
            return f"**{words.note}{words.colon}** {text}"
        case "fact":
            return text


def _source(number: int, source: Source, brief: Brief) -> list[str]:
    document = source.document
    words = wording(brief.language)
    marker = f"{number}. "
    indent = " " * len(marker)
    address = link(document.url)
    place = (
        _escape(document.url) if address is None else f"[{_escape(document.url)}](<{address.replace('&', '&amp;')}>)"
    )
    lines = [
        f'{marker}<a id="source-{number}"></a>**{_escape(document.title) or place}**',
        f"{indent}{_escape(document.source)} · {published_words(document, brief.language)} · {place}",
    ]
    for passage in source.passages:
        lines += ["", f"{indent}> {words.quote_open}{_escape(passage.quote)}{words.quote_close}"]
    return lines


def _escape(words: str) -> str:
    """One line in which nothing is markup."""
    text = plain(words)
    for mark, entity in _ENTITIES.items():
        text = text.replace(mark, entity)
    # Headings, lists and rules begin only at the start of a line; escaping them elsewhere would only be noise.
    return _OPENING.sub(r"\1\\\2", _ACTIVE.sub(r"\\\1", text))
