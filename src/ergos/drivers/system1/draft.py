"""A brief in the making: what was told so far, what may still be told, and how a passage becomes a sentence.

Rules: a fact is a sentence of a source as it stands, one that leans on the sentence before together with it; what is
in another language than the reader's is quoted in the original. Nothing is told twice, no document is told again and
again while others wait, and quotations in other languages stay a minority where the reader's own language has enough.
Must not know: sections, stories' order, findings.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final, final

from ergos.base.documents import Citation, Document, Sentence, Span, citable
from ergos.drivers.system1 import anaphora, phrases, rank, segment
from ergos.drivers.system1.cluster import anchors
from ergos.drivers.system1.figures import figures
from ergos.drivers.system1.passages import Passage, cite, quotable, widened
from ergos.drivers.system1.phrases import Written

REPEAT_MIN: Final = 0.45  # overlap of content words from which a sentence says what was said
REPEAT_ABROAD_MIN: Final = 0.4  # the same for names and figures, where the languages differ
CONTAINED_MIN: Final = 0.8  # share of a shorter sentence's words that stand in one that was told
FOREIGN_WEIGHT: Final = {"en": 0.6, "zh": 0.6, "und": 0.3}  # worth of a sentence the reader may not be able to read
FOREIGN_SHARE: Final = 3  # one sentence in so many may be a quotation in another language
TOLD_MIN: Final = 2  # sentences a document may give even where there are many documents
QUOTED_CHARS_MIN: Final = 30  # characters of a quotation in another language; less of a long sentence is a scrap
SOURCE_CHARS_MAX: Final = 60  # characters of a source's name inside a sentence
_QUOTES: Final = frozenset('“”„‟"「」『』«»‘’‹›')


@final
class Draft:
    """What was told so far, and room for the rest."""

    def __init__(self, documents: Sequence[Document], language: Written, sentences_max: int) -> None:
        self.by_id = {document.id: document for document in documents}
        self.language: Written = language
        self.words = phrases.SENTENCES[language]
        self.left = sentences_max
        self.total = sentences_max
        self.foreign: list[Citation] = []
        self.foreign_max = sentences_max
        self.prefers_native = False
        self._told_of: Counter[str] = Counter()
        self._most_of_one = max(TOLD_MIN, math.ceil(sentences_max / max(1, len(self.by_id))))
        self._told: list[tuple[frozenset[str], frozenset[str]]] = []

    def reserve(self, native: int) -> None:
        """Holds quotations in other languages to a share, as far as `native` readable sentences can replace them."""
        share = max(1, self.total // FOREIGN_SHARE)
        self.foreign_max = max(share, self.total - native)
        self.prefers_native = native >= self.total

    def tell(self, passage: Passage, support: Sequence[Citation] = (), *, as_is: bool = False) -> Sentence | None:
        """The passage as a sentence of the brief; None where it repeats, hangs in the air, cannot be quoted, or
        nothing is left. `as_is` tells also what leans on a sentence that cannot be told with it.
        """
        name, is_foreign = passage.document.id, passage.document.language != self.language
        if not self.left or self._told_of[name] >= self._most_of_one:
            return None
        if is_foreign and len(self.foreign) >= self.foreign_max:
            return None
        whole = whole_of(passage) or (passage if as_is else None)
        if whole is None or self.repeats(whole) or self.repeats(passage):
            return None
        sentence = self._written(whole, support)
        if sentence is None or not self.is_carried(sentence):
            return None
        self.keep(sentence, [whole])
        self._told_of[name] += 1
        if is_foreign:
            self.foreign.append(sentence.citations[0])
        return sentence

    def keep(self, sentence: Sentence, passages: Iterable[Passage]) -> None:
        """Counts a sentence made of `passages` as told."""
        assert sentence.citations
        self.left -= 1
        self._told.extend((passage.words, _anchored(passage)) for passage in passages)

    def worth(self, document: Document) -> float:
        """How much a reader gets from a sentence of the document as it stands, in 0..1."""
        return 1.0 if document.language == self.language else FOREIGN_WEIGHT[document.language]

    def named(self, document: Document) -> str | None:
        """The source's name, where it may stand in a sentence: short, on one line, without quotation marks."""
        name = document.source
        if not 1 < len(name) <= SOURCE_CHARS_MAX or name != " ".join(name.split()) or _QUOTES & set(name):
            return None
        if not name[0].isalnum() or not any(character.isalpha() for character in name):
            return None
        return None if name[-1] in ".!?。！？:：" or "://" in name else name

    def passage(self, citation: Citation) -> Passage:
        """The cited words as a passage."""
        document = self.by_id[citation.document]
        is_title = citation.span.end <= len(document.title)
        return Passage(
            document=document,
            span=citation.span,
            text=citation.quote,
            position=-1 if is_title else 1,
            words=frozenset(segment.content_words(citation.quote)),
            figures=figures(citation.quote),
            quality=1.0,
        )

    def repeats(self, passage: Passage) -> bool:
        """Whether a sentence told so far says what the passage says."""
        mine = _anchored(passage)
        for words, anchored in self._told:
            if rank.overlap(passage.words, words) >= REPEAT_MIN:
                return True
            if len(passage.words & words) >= CONTAINED_MIN * max(1, min(len(passage.words), len(words))):
                return True
            shared = mine & anchored
            if any(anchor.startswith("#") for anchor in shared) and rank.overlap(mine, anchored) >= REPEAT_ABROAD_MIN:
                return True
        return False

    def is_carried(self, sentence: Sentence) -> bool:
        """Whether every figure of the sentence stands in its quotations, those of its sources' names aside."""
        text = sentence.text
        names = {self.by_id[one.document].source for one in sentence.citations}
        for name in sorted((name for name in names if name), key=len, reverse=True):
            text = text.replace(name, " " * len(name))
        carried = {
            (one.kind, one.value, one.unit) for citation in sentence.citations for one in figures(citation.quote)
        }
        return all((figure.kind, figure.value, figure.unit) in carried for figure in figures(text))

    def _written(self, passage: Passage, support: Sequence[Citation]) -> Sentence | None:
        citations = (cite(passage), *(one for one in support if one.document != passage.document.id))
        is_title = passage.position < 0
        if passage.document.language == self.language and not is_title:
            return Sentence(text=" ".join(passage.text.split()), citations=citations)
        is_short = is_title or passage.document.language == "zh"
        span = quotable(passage, chars_min=4 if is_short else QUOTED_CHARS_MIN)
        if span is None:
            return None
        source = self.named(passage.document)
        form = ("headline" if is_title else "foreign") + ("" if source else "_unnamed")
        text = self.words[form].format(source=source, quote=quoted(passage.document, span))
        return Sentence(text=text, citations=citations, kind="quote")


def whole_of(passage: Passage) -> Passage | None:
    """What of a document must be told for the passage to be understood; None where no two sentences suffice."""
    if passage.position < 0 or not anaphora.leans(passage.text, passage.document.language):
        return passage
    return widened(passage)


def quoted(document: Document, span: Span) -> str:
    """The words at `span` on one line."""
    return " ".join(citable(document)[span.start : span.end].split())


def _anchored(passage: Passage) -> frozenset[str]:
    return frozenset(anchors(passage.text, passage.document.language))
