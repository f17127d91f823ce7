"""A brief as one HTML file that needs nothing else: no script, no font, no image, no network.

Rules: every string from outside passes `_text` (escaped) or `link` (checked); markup is put together only
from `Markup`, so that the type checker sees a forgotten escape. The content security policy allows this
page's own style sheet, by hash, and nothing besides. The same brief gives the same bytes.
It must not know where the page goes.
"""

from __future__ import annotations

import base64
import hashlib
import html
import re
from collections.abc import Iterable
from typing import Final, NewType

from ergos.base.documents import Brief, Document, Language, Sentence
from ergos.drivers.press.references import Passage, Reference, References, Source, references
from ergos.drivers.press.stylesheet import DARK, LIGHT, SHEET
from ergos.drivers.press.untrusted import link, plain
from ergos.drivers.press.wording import (
    Wording,
    count_words,
    made_at,
    moment_words,
    published_day,
    published_words,
    solver_words,
    wording,
)

Markup = NewType("Markup", str)

PEEK_CHARS_MAX: Final = (
    320  # characters of a quotation or source name shown beside a citation; all stands under Sources
)
CONTENTS_SECTIONS_MIN: Final = 3  # sections from which a list of them helps more than it takes
_TAGS: Final[dict[Language, str]] = {"en": "en", "zh": "zh-Hans", "und": ""}
_FIGURE: Final = re.compile(
    r"""
    (?<![A-Za-z0-9_.,-])                                              # not inside a name, such as GPT-5
    (?!(?:19|20)[0-9]{2}(?![0-9.,%％×千万亿兆]|[ ][mbt]r?illion))          # nor a year
    (?![0-9]{1,2}[ ](?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec))  # nor the day of a month
    (?![0-9]+[ ]?[年月日])
    (?:[$€£¥￥][ ]?)?
    [0-9]+(?:[.,:-][0-9]+)*
    (?:[ ]?[%％×]|[ ](?:thousand|million|billion|trillion|per[ ]?cent)\b|[千万亿兆]+)?
    """,
    re.VERBOSE,
)


def render(brief: Brief) -> str:
    """The brief as a complete HTML5 document. Raises `ValueShapeError` if it breaks its own rules."""
    words = wording(brief.language)
    numbered = references(brief)
    body = _join(
        [
            _tag("a", _text(words.skip), class_="skip", href="#brief"),
            _tag(
                "div",
                _join(
                    [
                        _head(brief, words),
                        _contents(brief, words),
                        _tag("main", _sections(brief, numbered, words), id="brief"),
                        _sources(brief, numbered, words),
                        Markup('<p class="end" aria-hidden="true">■</p>'),
                    ]
                ),
                class_="sheet",
            ),
        ]
    )
    page = _tag("html", _join([_metadata(brief), _tag("body", body)]), lang=words.tag)
    return f"<!DOCTYPE html>\n{page}\n"


def _metadata(brief: Brief) -> Markup:
    digest = base64.b64encode(hashlib.sha256(SHEET.encode()).digest()).decode("ascii")
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    return _tag(
        "head",
        _join(
            [
                Markup('<meta charset="utf-8">'),
                _void("meta", http_equiv="Content-Security-Policy", content=policy),
                Markup('<meta name="viewport" content="width=device-width, initial-scale=1">'),
                Markup('<meta name="referrer" content="no-referrer">'),
                _void("meta", name="theme-color", content=LIGHT["paper"], media="(prefers-color-scheme: light)"),
                _void("meta", name="theme-color", content=DARK["paper"], media="(prefers-color-scheme: dark)"),
                _tag("title", _text(brief.title)),
                Markup(f"<style>{SHEET}</style>"),
            ]
        ),
    )


def _head(brief: Brief, words: Wording) -> Markup:
    moment = made_at(brief)
    time = _tag("time", _text(moment_words(moment, brief.language)), datetime=f"{moment:%Y-%m-%dT%H:%M:%SZ}")
    made = _join(
        [
            _tag("li", time),
            _tag("li", _text(solver_words(brief.solver, brief.language)), class_="solver"),
            _tag("li", _text(count_words(brief))),
        ]
    )
    return _tag(
        "header",
        _join(
            [
                _tag("p", _text(words.kicker), class_="kicker"),
                _tag("h1", _text(brief.title)),
                _tag("ul", made, class_="made"),
            ]
        ),
        class_="head",
    )


def _contents(brief: Brief, words: Wording) -> Markup:
    if len(brief.sections) < CONTENTS_SECTIONS_MIN:
        return Markup("")
    entries = [
        _tag("li", _tag("a", _text(section.heading), href=f"#part-{number}"))
        for number, section in enumerate(brief.sections, start=1)
    ]
    entries.append(_tag("li", _tag("a", _text(words.sources), href="#sources")))
    return _tag("nav", _tag("ol", _join(entries)), class_="contents", aria_label=words.contents)


def _sections(brief: Brief, numbered: References, words: Wording) -> Markup:
    if not numbered.sentences:
        return _tag("p", _text(words.nothing), class_="said lead")
    parts: list[Markup] = []
    for number, section in enumerate(brief.sections, start=1):
        sentences = [
            _sentence(sentence, (number, place), numbered, brief.language)
            for place, sentence in enumerate(section.sentences, start=1)
        ]
        heading = _tag("h2", _text(section.heading), id=f"heading-{number}")
        parts.append(
            _tag(
                "section",
                _join([heading, _tag("div", _join(sentences))]),
                class_="part",
                id=f"part-{number}",
                aria_labelledby=f"heading-{number}",
            )
        )
    return _join(parts)


def _sentence(sentence: Sentence, place: tuple[int, int], numbered: References, language: Language) -> Markup:
    words = wording(language)
    cited = _join(
        _citation(reference, order, place, numbered, language)
        for order, reference in enumerate(numbered.sentences[place], start=1)
    )
    said = _concat([_figures(sentence.text), cited])
    anchor = f"said-{place[0]}-{place[1]}"
    match sentence.kind:
        case "quote":
            return _tag("blockquote", _tag("p", said, class_="said quote", id=anchor))
        case "comparison":
            said = _concat([_tag("span", _text(words.comparison), class_="label"), said])
            return _tag("p", said, class_="said comparison", id=anchor)
        case "note":
            said = _concat([_tag("span", _text(words.note), class_="label"), said])
            return _tag("p", said, class_="said note", id=anchor)
        case "fact":
            return _tag("p", said, class_="said lead" if place == (1, 1) else "said", id=anchor)


def _citation(
    reference: Reference, order: int, place: tuple[int, int], numbered: References, language: Language
) -> Markup:
    words = wording(language)
    source = numbered.sources[reference.source - 1]
    quote = _cut(plain(source.passages[reference.passage - 1].quote))
    peek = f"peek-{place[0]}-{place[1]}-{order}"
    number = _tag(
        "a",
        _text(f"[{reference.source}]"),
        href=f"#words-{reference.source}-{reference.passage}",
        aria_label=words.source_n.format(n=reference.source),
        aria_describedby=peek,
    )
    origin = f"{_cut(plain(source.document.source))} · {published_words(source.document, language)}"
    shown = _concat(
        [_tag("span", _text(origin), class_="from"), _quoted(quote, source.document, words)],
    )
    return _tag("span", _concat([number, _tag("span", shown, class_="peek", id=peek, role="tooltip")]), class_="cite")


def _cut(words: str) -> str:
    return words if len(words) <= PEEK_CHARS_MAX else words[:PEEK_CHARS_MAX].rstrip() + "…"


def _sources(brief: Brief, numbered: References, words: Wording) -> Markup:
    if not numbered.sources:
        return Markup("")
    entries = _join(_source(number, source, brief) for number, source in enumerate(numbered.sources, start=1))
    return _tag(
        "section",
        _join(
            [
                _tag("h2", _text(words.sources), id="heading-sources"),
                _tag("p", _text(words.promise), class_="promise"),
                _tag("ol", entries),
            ]
        ),
        class_="sources",
        id="sources",
        aria_labelledby="heading-sources",
    )


def _source(number: int, source: Source, brief: Brief) -> Markup:
    document = source.document
    title = _tag("bdi", _text(document.title or document.url), lang=_TAGS[document.language])
    shown_address = _text(document.url)
    address = link(document.url)
    if address is not None:
        title = _tag("a", title, href=address, rel="noopener noreferrer nofollow")
    day = published_day(document)
    date = _text(published_words(document, brief.language))
    if day is not None:
        date = _tag("time", date, datetime=day)
    lines = [
        _tag("span", _text(str(number)), class_="number"),
        _tag("p", title, class_="title"),
        _tag("p", _concat([_tag("bdi", _text(document.source)), Markup(" · "), date]), class_="where"),
        _tag("p", _tag("bdi", shown_address), class_="address"),
    ]
    lines += [
        _passage(number, order, passage, document, wording(brief.language))
        for order, passage in enumerate(source.passages, start=1)
    ]
    return _tag("li", _join(lines), class_="source", id=f"source-{number}")


def _passage(number: int, order: int, passage: Passage, document: Document, words: Wording) -> Markup:
    back = _join(
        _tag("a", Markup("↑"), href=f"#said-{section}-{sentence}", aria_label=words.back)
        for section, sentence in passage.cited_by
    )
    quote = _tag("p", _quoted(plain(passage.quote), document, words))
    return _tag(
        "blockquote",
        _concat([quote, Markup(" "), _tag("span", back, class_="back")]),
        class_="passage",
        id=f"words-{number}-{order}",
    )


def _quoted(quote: str, document: Document, words: Wording) -> Markup:
    inner = _tag("bdi", _text(quote), lang=_TAGS[document.language])
    return _concat([_text(words.quote_open), inner, _text(words.quote_close)])


def _figures(words: str) -> Markup:
    """The text with its quantities set apart, so that an eye finds them."""
    text = plain(words)
    pieces: list[Markup] = []
    start = 0
    for found in _FIGURE.finditer(text):
        pieces += [_text(text[start : found.start()]), _tag("span", _text(found.group()), class_="figure")]
        start = found.end()
    return _concat([*pieces, _text(text[start:])])


def _text(words: str) -> Markup:
    return Markup(html.escape(_spaced(words), quote=True))


def _spaced(words: str) -> str:
    """`plain`, keeping one space where the words begin or end with white space, for text between elements."""
    inner = plain(words)
    if not inner:
        return " " if words else ""
    before = " " if words[0].isspace() else ""
    after = " " if words[-1].isspace() else ""
    return f"{before}{inner}{after}"


def _attributes(attributes: dict[str, str]) -> str:
    named = {name.rstrip("_").replace("_", "-"): value for name, value in attributes.items()}
    return "".join(f' {name}="{html.escape(value, quote=True)}"' for name, value in named.items() if value)


def _tag(name: str, inner: Markup, /, **attributes: str) -> Markup:
    return Markup(f"<{name}{_attributes(attributes)}>{inner}</{name}>")


def _void(name: str, /, **attributes: str) -> Markup:
    return Markup(f"<{name}{_attributes(attributes)}>")


def _join(pieces: Iterable[Markup]) -> Markup:
    return Markup("\n".join(piece for piece in pieces if piece))


def _concat(pieces: Iterable[Markup]) -> Markup:
    return Markup("".join(pieces))
