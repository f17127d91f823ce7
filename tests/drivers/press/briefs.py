"""Briefs for the tests of the press, written by hand and drawn by Hypothesis."""

from __future__ import annotations

from typing import Final, get_args

from hypothesis import strategies as st

from ergos.base.documents import (
    Brief,
    Citation,
    Document,
    Language,
    Section,
    Sentence,
    SentenceKind,
    Span,
    citable,
)

MADE_AT_NS: Final = 1_795_551_300 * 10**9  # 2026-11-24 20:15:00 UTC

HOSTILE: Final = (
    "</style><script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "--><svg/onload=alert(1)>",
    "]]><iframe src=//evil.example>",
    "![x](https://evil.example/pixel.png)",
    "[click](javascript:alert(1))",
    "<https://evil.example>",
    "# heading",
    "1. item",
    "- item",
    "> quote",
    "```html",
    "&lt;script&gt;&#x202e;",
    "\u202eevil\u2066",
    "a\x00b\x1b[31m\ud800",
    "[1]: javascript:alert(1)",
    "| a | b |",
    "line one\n\n<script>alert(1)</script>",
)

HOSTILE_ADDRESSES: Final = (
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "java\nscript:alert(1)",
    " javascript:alert(1)",
    "\x01javascript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "vbscript:msgbox(1)",
    "file:///etc/passwd",
    "//evil.example/x",
    "\\\\evil.example\\x",
    "/etc/passwd",
    "https://good.example@evil.example/",
    "https://",
    "https://[::1",
    "http://a b.example/",
    'https://evil.example/"onmouseover="alert(1)',
    "https://evil.example/\u202egnp.exe",
    "mailto:a@b.example",
    "",
)


def document(
    number: int,
    *,
    title: str = "Refunds were paid twice",
    text: str = "All 209 refunds were paid twice. A retry ran the tool again.",
    url: str = "https://example.org/refunds",
    source: str = "Example Wire",
    published_ns: int | None = 1_771_000_000 * 10**9,
    language: Language = "en",
) -> Document:
    """A document with an id made of its number."""
    return Document(
        id=f"{number:016x}",
        url=url,
        title=title,
        text=text,
        source=source,
        published_ns=published_ns,
        language=language,
    )


def cite(source: Document, quote: str) -> Citation:
    """A citation of these words of a document."""
    start = citable(source).index(quote)
    return Citation(document=source.id, span=Span(start, start + len(quote)), quote=quote)


def brief(language: Language = "en", solver: str = "system1") -> Brief:
    """Three sections, every kind of sentence, three sources, one of them cited by two sentences."""
    refunds = document(1)
    keynote = document(
        2,
        title="三年投入3800亿元",
        text="三年投入3800亿元，还会追加。云收入增长26%。",
        url="https://example.org/keynote",
        source="示例通讯社",
        language="zh",
    )
    note = document(3, title="A note", text="Nobody dated this.", url="notes/a note.md", published_ns=None)
    return Brief(
        title="一日要闻" if language == "zh" else "The day in brief",
        language=language,
        sections=(
            Section(
                heading="Refunds",
                sentences=(
                    Sentence(text="All 209 refunds were paid twice.", citations=(cite(refunds, "All 209 refunds"),)),
                    Sentence(text="A retry ran the tool again.", citations=(cite(refunds, "A retry"),), kind="quote"),
                ),
            ),
            Section(
                heading="Money",
                sentences=(
                    Sentence(
                        text="380 billion yuan here, 3800亿元 there.",
                        citations=(cite(keynote, "三年投入3800亿元，还会追加"), cite(refunds, "All 209 refunds")),
                        kind="comparison",
                    ),
                ),
            ),
            Section(
                heading="Loose ends",
                sentences=(Sentence(text="One note has no date.", citations=(cite(note, "Nobody"),), kind="note"),),
            ),
        ),
        documents=(refunds, keynote, note),
        made_at_ns=MADE_AT_NS,
        solver=solver,
        source_count=7,
        document_count=62,
    )


def hostile_brief(words: str, address: str) -> Brief:
    """A brief in which everything a source can influence is the same hostile string."""
    source = document(1, title=words, text=words, url=address, source=words)
    quote = Citation(document=source.id, span=Span(0, len(words)), quote=words)
    sentences = tuple(Sentence(text=words, citations=(quote,), kind=kind) for kind in get_args(SentenceKind))
    return Brief(
        title=words,
        language="und",
        sections=tuple(Section(heading=words, sentences=sentences) for _ in range(3)),
        documents=(source,),
        made_at_ns=MADE_AT_NS,
        solver=words,
        source_count=1,
    )


_SCRAPS: Final = st.lists(
    st.sampled_from(
        [*HOSTILE, *HOSTILE_ADDRESSES, "<", ">", '"', "'", "&", "`", "*", "_", "[", "]", "(", ")", "\n", "云"]
    )
    | st.text(max_size=20),
    max_size=6,
).map("".join)

hostile_briefs: Final = st.builds(hostile_brief, _SCRAPS, _SCRAPS | st.sampled_from(HOSTILE_ADDRESSES))
