"""Which documents are the same one: one page given twice, or nearly the same words.

A document is a duplicate of a kept one when their addresses agree after normalisation and so do their languages and
their titles or most of its words; or when the word shingles of both overlap by `SIMILARITY_MIN` and it gives no
number that the kept one lacks: the same report with another number in it is an update or a contradiction, which a
reader must not lose. An address alone proves nothing: people who link to one page write different things about it.

Rules: the longest text is kept, of equally long ones the earliest, then the smallest id; the answer does not
depend on the order of the documents. Candidates come from an exact prefix index, so nothing is missed by chance,
except behind shingles that CANDIDATES_MAX kept documents share; the cost is near-linear. Must not know: stories, briefs.
"""

from __future__ import annotations

import math
import zlib
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit

from ergos.base.documents import Document, Language
from ergos.base.errors import BoundError
from ergos.base.limits import SYSTEM1_DOCUMENTS_MAX
from ergos.drivers.system1 import segment

SIMILARITY_MIN: Final = 0.7  # Jaccard of shingles from which two texts are the same report, lightly edited
CONTAINED_MIN: Final = 0.6  # share of the words of a text that stand in another of the same page: its teaser or summary
SHINGLE_WORDS: Final = 3  # words a shingle; fewer makes any two texts on a subject alike
CANDIDATES_MAX: Final = 32  # kept documents looked at per shingle; beyond it the shingle is boilerplate
SHINGLED_CHARS_MAX: Final = 20_000  # characters compared of one document; the rest hardly moves the overlap

_TRACKING_PREFIXES: Final = ("utm_", "mc_", "pk_", "at_", "spm")
_TRACKING: Final = frozenset(
    ("fbclid", "gclid", "dclid", "msclkid", "igshid", "ref", "ref_src", "from", "cmpid", "ocid", "smid", "scm")
)


def duplicates(documents: Sequence[Document]) -> tuple[tuple[Document, ...], ...]:
    """Groups of two or more documents that are the same one, the kept one first; in order of the kept one's id.

    Raises: BoundError beyond SYSTEM1_DOCUMENTS_MAX documents.
    """
    groups = [tuple(group) for group in _groups(documents) if len(group) > 1]
    return tuple(sorted(groups, key=lambda group: group[0].id))


def unique(documents: Sequence[Document]) -> tuple[Document, ...]:
    """The kept documents, in the order given.

    Raises: BoundError beyond SYSTEM1_DOCUMENTS_MAX documents.
    """
    kept = {group[0].id: group[0] for group in _groups(documents)}
    # pop: a document given twice is kept once.
    return tuple(kept.pop(document.id) for document in documents if document.id in kept)


def address(url: str) -> str:
    """`url` without what does not change the page: scheme, "www.", default port, tracking, final slash.

    The fragment stays, because feeds give items of one page as fragments; a file path is returned as it is.
    """
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError:
        return url.strip()
    if parts.scheme.lower() not in {"http", "https"} or not parts.hostname:
        return url.strip()
    host = parts.hostname.removeprefix("www.")
    if port not in {None, 80, 443}:
        host = f"{host}:{port}"
    query = sorted(
        (name, value)
        for name, value in parse_qsl(parts.query, keep_blank_values=True)
        if name.lower() not in _TRACKING and not name.lower().startswith(_TRACKING_PREFIXES)
    )
    tail = f"?{urlencode(query)}" if query else ""
    fragment = f"#{parts.fragment}" if parts.fragment else ""
    return f"{host}{parts.path.rstrip('/')}{tail}{fragment}"


def _groups(documents: Sequence[Document]) -> list[list[Document]]:
    """Every document in exactly one group, the kept one first."""
    if len(documents) > SYSTEM1_DOCUMENTS_MAX:
        raise BoundError(f"{len(documents)} documents came at once; the bound is {SYSTEM1_DOCUMENTS_MAX}")
    ordered = sorted(documents, key=_preference)
    by_address = _same_address(ordered)
    linked: defaultdict[int, list[Document]] = defaultdict(list)
    for position, document in enumerate(ordered):
        linked[by_address[position]].append(document)
    pages = [page for documents in linked.values() for page in _pages(documents)]
    owner = _same_words([page[0] for page in pages])
    groups: defaultdict[int, list[Document]] = defaultdict(list)
    for position, page in enumerate(pages):
        groups[owner[position]].extend(page)
    return [[group[0], *sorted(group[1:], key=_preference)] for group in groups.values()]


def _pages(linked: Sequence[Document]) -> list[list[Document]]:
    """Documents of one address, in order of preference, parted into those that are versions of one page."""
    pages: list[list[Document]] = []
    read: list[tuple[Language, tuple[str, ...], frozenset[str]]] = []
    for document in linked:
        title = segment.words(document.title)
        words = frozenset(segment.content_words(document.text[:SHINGLED_CHARS_MAX]))
        for page, (language, known, others) in zip(pages, read[:CANDIDATES_MAX], strict=False):
            alike = title == known or (words and len(words & others) >= CONTAINED_MIN * len(words))
            if alike and ("und" in (document.language, language) or document.language == language):
                page.append(document)
                break
        else:
            pages.append([document])
            read.append((document.language, title, words))
    return pages


def _preference(document: Document) -> tuple[int, int, int, str]:
    """Sort key: what is kept comes first."""
    published = document.published_ns
    return (-len(document.text), published is None, published or 0, document.id)


def _same_address(ordered: Sequence[Document]) -> list[int]:
    """For each document the position of the first one with its address.

    A fragment alone tells two documents apart only where a page is given under several fragments.
    """
    addresses = [address(document.url) for document in ordered]
    fragments: defaultdict[str, set[str]] = defaultdict(set)
    for found in addresses:
        page, _, fragment = found.partition("#")
        if fragment:
            fragments[page].add(fragment)
    first: dict[str, int] = {}
    owners: list[int] = []
    for position, found in enumerate(addresses):
        page = found.partition("#")[0]
        key = found if len(fragments[page]) > 1 else page
        owners.append(first.setdefault(key, position) if key else position)
    return owners


def _same_words(ordered: Sequence[Document]) -> list[int]:
    """For each document the position of the earlier one whose words it repeats, or its own.

    Two sets with Jaccard ≥ t share one of the |s| − ⌈t·|s|⌉ + 1 rarest shingles of each.
    Source: Chaudhuri, Ganti & Kaushik 2006; Bayardo, Ma & Srikant 2007 (prefix filtering).
    """
    read = [_shingles(document) for document in ordered]
    frequency = Counter(shingle for shingles, _ in read for shingle in shingles)
    index: defaultdict[int, list[int]] = defaultdict(list)
    owners: list[int] = []
    for position, (shingles, numbers) in enumerate(read):
        prefix_size = len(shingles) - math.ceil(SIMILARITY_MIN * len(shingles)) + 1
        prefix = sorted(shingles, key=lambda shingle: (frequency[shingle], shingle))[:prefix_size]
        candidates = {candidate for shingle in prefix for candidate in index.get(shingle, ())}
        owner = position
        best = SIMILARITY_MIN
        for candidate in sorted(candidates):
            others, other_numbers = read[candidate]
            if len(shingles) < SIMILARITY_MIN * len(others) or len(others) < SIMILARITY_MIN * len(shingles):
                continue
            shared = len(shingles & others)
            similarity = shared / (len(shingles) + len(others) - shared)
            if (similarity > best or (similarity == best and owner == position)) and numbers <= other_numbers:
                owner, best = candidate, similarity
        owners.append(owner)
        if owner == position:
            for shingle in prefix:
                if len(index[shingle]) < CANDIDATES_MAX:
                    index[shingle].append(position)
    return owners


def _shingles(document: Document) -> tuple[frozenset[int], frozenset[str]]:
    """Hashes of the runs of SHINGLE_WORDS words of title and text, and the words that hold a digit."""
    words = segment.words(f"{document.title}\n\n{document.text}"[:SHINGLED_CHARS_MAX])
    numbers = frozenset(word for word in words if any(character.isdigit() for character in word))
    if not words:
        return frozenset(), numbers
    runs = range(max(1, len(words) - SHINGLE_WORDS + 1))
    # crc32 is enough: one collision in four billion moves a Jaccard of hundreds of shingles by nothing.
    return frozenset(zlib.crc32(" ".join(words[i : i + SHINGLE_WORDS]).encode()) for i in runs), numbers
