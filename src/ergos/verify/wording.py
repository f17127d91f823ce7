"""How the check of a brief reads words: quotations, directions, bounds, negations, and what a source holds.

Rules: typography never decides (quotation marks, dashes, spaces, ligatures of form), letters and digits always do.
Must not know: briefs, faults, sentences.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Sequence
from decimal import Decimal
from typing import Final, NamedTuple

from ergos.base.documents import Document, Figure, citable
from ergos.drivers.system1.figures import figures
from ergos.drivers.system1.lexicon import ALIASES
from ergos.drivers.system1.numerals import canonical

QUOTE_CHARS_MAX: Final = 600  # characters between single quotation marks; apostrophes make longer ones a guess
COPY_WORDS_MAX: Final = (
    400  # words of a sentence compared with its source for a lost "not"; longer ones are no sentence
)
GAP_WORDS_MAX: Final = 3  # words a source may set between the words of a name ("Eddie Yongming Wu")

_QUOTED: Final = re.compile(
    r"“(?P<a>[^“”]+)(?:”|\Z)|「(?P<b>[^「」]+)(?:」|\Z)|『(?P<c>[^『』]+)(?:』|\Z)|«(?P<d>[^«»]+)(?:»|\Z)|„(?P<e>[^„“”]+)[“”]"
    r"|＂(?P<f>[^＂]+)(?:＂|\Z)"
    r"|(?<![\w’])‘(?P<g>(?:[^‘’]|’(?=\w)){1,QUOTE_MAX})’(?!\w)"
    r"|(?<!\w)'(?P<h>[^\s'](?:[^']|'(?=\w)){1,QUOTE_MAX})'(?!\w)".replace("QUOTE_MAX", str(QUOTE_CHARS_MAX))
)
_INCH: Final = re.compile(r"\d\Z")
_MARKS: Final = str.maketrans(
    dict.fromkeys("“”„‟«»「」『』＂〝〞″", '"') | dict.fromkeys("‘’‚‛′`´", "'") | dict.fromkeys("‐‑‒–—―−－", "-")
)
_RAISED: Final = re.compile("[\u00aa\u00b2\u00b3\u00b9\u00ba\u2070-\u209c]")
_DROPPED: Final = re.compile(r"[\u00ad\u200b-\u200f\u2060\ufeff]")
_SINGLE: Final = re.compile(r"(?<!\w)'|'(?!\w)")
_SPACES: Final = re.compile(r"\s+")
_HAN_SPACES: Final = re.compile(
    r"(?<=[\u3000-\u303f\u3400-\u9fff\uff00-\uffef]) | (?=[\u3000-\u303f\u3400-\u9fff\uff00-\uffef])"
)
_ELLIPSIS: Final = re.compile(r"\s*[\[(（]?(?:…+|\.{3,})[\])）]?\s*")
_TRAILING: Final = " .,;:!?。，；：！？、…-\"'"
_TOKEN: Final = re.compile(r"[\u3400-\u9fff]|[^\W_]+?(?=[\u3400-\u9fff]|[\W_]|\Z)")
_HAN: Final = re.compile(r"[\u3400-\u9fff]")


def folded(text: str) -> str:
    """`text` with one form of every quotation mark, dash and space, in NFKC; letters, digits and case stay."""
    # A raised or lowered mark ("0A\u00b9") is folded apart from the word it stands at, or it would become part of it.
    apart = _RAISED.sub(r"^\g<0>", _DROPPED.sub("", text.translate(_MARKS)))
    folded_text = unicodedata.normalize("NFKC", apart).translate(_MARKS)
    return _HAN_SPACES.sub("", _SPACES.sub(" ", _SINGLE.sub('"', folded_text))).strip()


def quotations(text: str) -> tuple[str, ...]:
    """What `text` sets between quotation marks, nested quotations too; one left open runs to the end."""
    found = [
        next(part for part in match.groups() if part)
        for match in _QUOTED.finditer(text)
        # Single straight marks are apostrophes as often as quotation marks; two words make a quotation.
        if not match["h"] or " " in match["h"]
    ]
    inner = [part for quotation in found for part in quotations(quotation)]
    marks = [at for at, character in enumerate(text) if character == '"']
    if len(marks) % 2:
        marks = [at for at in marks if not _INCH.search(text[:at][-1:])]
    marks += [len(text)] if len(marks) % 2 else []
    found += [text[left + 1 : right] for left, right in zip(marks[::2], marks[1::2], strict=True)]
    return tuple(quotation for quotation in [*found, *inner] if any(character.isalnum() for character in quotation))


def masked(text: str, hidden: Sequence[str]) -> str:
    """`text` with every occurrence of the strings in `hidden` blanked; strings without a letter or bracket stay."""
    for words in sorted({words for words in hidden if _is_maskable(words)}, key=len, reverse=True):
        pattern = rf"(?<![A-Za-z0-9]){re.escape(words)}(?![A-Za-z0-9])" if words[0].isalnum() else re.escape(words)
        text = re.sub(pattern, lambda match: " " * len(match[0]), text)
    return text


def _is_maskable(words: str) -> bool:
    return len(words) > 1 and (words[0] == "[" or any(character.isalpha() for character in words))


def shown_as_number(figure: Figure) -> str:
    """A percentage or plain number as a plain number; anything else as no number at all."""
    if figure.kind == "percent" and figure.unit == "%":
        return canonical(Decimal(figure.value) / 100)
    return figure.value if figure.kind == "number" and not figure.unit else ""


class Source:
    """A cited document, ready to be asked what it holds."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.text = citable(document)

    @functools.cached_property
    def figures(self) -> tuple[Figure, ...]:
        """Every figure of the document."""
        return figures(self.text)

    @functools.cached_property
    def _folded(self) -> str:
        return folded(self.text)

    @functools.cached_property
    def _lower(self) -> str:
        return folded(f"{self.text}\n{self.document.source}").lower()

    @functools.cached_property
    def _tokens(self) -> list[str]:
        return _tokens(self._lower)

    @functools.cached_property
    def _places(self) -> dict[str, list[int]]:
        places: dict[str, list[int]] = {}
        for place, token in enumerate(self._tokens):
            places.setdefault(_singular(token), []).append(place)
        return places

    def holds_quotation(self, quotation: str) -> bool:
        """Whether the words stand here one after another; marked ellipses may leave some out."""
        if self._find(folded(quotation), 0) >= 0:
            return True
        parts = [folded(part) for part in _ELLIPSIS.split(quotation)]
        at = 0
        for part in parts:
            if not part.strip(_TRAILING):
                continue
            at = self._find(part, at)
            if at < 0:
                return False
        return len(parts) > 1

    def _find(self, words: str, at: int) -> int:
        """Where `words` end in the text from `at` on, on word boundaries, or -1."""
        words = words.strip(_TRAILING)
        first = (
            f"[{re.escape(words[0].lower())}{re.escape(words[0].upper())}]"
            if words[:1].isalpha() and len(words[0].upper()) == 1
            else re.escape(words[:1])
        )
        left = r"(?<![A-Za-z0-9\u00c0-\u024f])" if words[:1].isalnum() and not _HAN.match(words) else ""
        right = r"(?![A-Za-z0-9\u00c0-\u024f]|[.,]\d)" if words[-1:].isalnum() and not _HAN.match(words[-1:]) else ""
        match = re.compile(left + first + re.escape(words[1:]) + right).search(self._folded, at)
        return match.end() if match else -1

    def holds_name(self, name: str) -> bool:
        """Whether the name, its equivalent in the other language, or each of its parts on its own stands here."""
        low = folded(name).lower()
        if any(self._holds(form) for form in (low, *_equivalents(low))):
            return True
        if any(character.isdigit() for character in low):
            return False
        return not _HAN.search(low) and self._holds_spread(_tokens(low))

    def _holds(self, low: str) -> bool:
        if _HAN.search(low):
            return low in self._lower
        right = r"(?:'s|s|es)?" if low[-1:].isalpha() else ""
        for form in {low, low.removesuffix("s") if len(low) > 3 else low}:
            pattern = rf"(?<![a-z0-9])(?<!\d\.){re.escape(form)}{right}(?![a-z0-9]|\.\d)"
            if re.search(pattern, self._lower):
                return True
        return False

    def _holds_spread(self, tokens: Sequence[str]) -> bool:
        """Whether the words stand here in order with few others between, or are names that stand side by side."""
        if len(tokens) < 2:
            return False
        keys = [_singular(token) for token in tokens]
        if any(key not in self._places for key in keys):
            return False
        for start in self._places[keys[0]]:
            at = start
            for key in keys[1:]:
                at = next((place for place in range(at + 1, at + 2 + GAP_WORDS_MAX) if self._is(place, key)), -1)
                if at < 0:
                    break
            else:
                return True
        # "Alibaba CEO Eddie Wu" for a source's "Eddie Wu, CEO of Alibaba": cut into runs.
        joined = [" ".join(tokens[:cut]) for cut in range(1, len(tokens))]
        rest = [tokens[cut:] for cut in range(1, len(tokens))]
        return len(tokens) > 2 and any(
            self._holds(head) and (self._holds(" ".join(tail)) or self._holds_spread(tail))
            for head, tail in zip(joined, rest, strict=True)
        )

    def _is(self, place: int, key: str) -> bool:
        return place < len(self._tokens) and _singular(self._tokens[place]) == key


def _tokens(low: str) -> list[str]:
    return [token.removesuffix("'s") for token in _TOKEN.findall(low.replace("'s ", " "))]


def _singular(token: str) -> str:
    return token[:-1] if len(token) > 3 and token.endswith("s") and token.isalpha() else token


@functools.cache
def _equivalent_rows() -> dict[str, tuple[str, ...]]:
    return {name: row for row in ALIASES for name in row}


def _equivalents(low: str) -> tuple[str, ...]:
    return _equivalent_rows().get(low, ())


class Claim(NamedTuple):
    """A figure with what its clause says about it: `direction` and `bound` are 1 (up, above), -1 (down, below) or 0."""

    figure: Figure
    direction: int
    bound: int


_UP: Final = re.compile(
    r"\b(?:rose|risen|rises?|rising|grew|grown|grows|growth|increase[sd]?|increasing|gain(?:s|ed)|climb(?:s|ed)|surge[sd]?|jump(?:s|ed)|soar(?:s|ed)|"
    r"doubled|tripled|expand(?:s|ed)|raised)\b|增长|上升|上涨|提高|提升|增加|攀升|飙升|上调|增至|升至|涨至",
    re.IGNORECASE,
)
_DOWN: Final = re.compile(
    r"\b(?:fell|fallen|falls|falling|dropped|drops|decline[sd]?|declining|decrease[sd]?|decreasing|"
    r"shr[aiu]nk|shrinks|plunge[sd]?|slump(?:s|ed)|"
    r"halved|slid|sank|plummet(?:s|ed)|reduced|lowered)\b|下降|下跌|降低|减少|下滑|缩减|暴跌|下调|降至|跌至|减至",
    re.IGNORECASE,
)
_NOT_BELOW: Final = re.compile(
    r"(?:\b(?:no|not) (?:less|fewer) than|\bnot (?:below|under)|不少于|不低于|不下于|不亚于|不下)[ ]?\Z", re.IGNORECASE
)
_NOT_ABOVE: Final = re.compile(
    r"(?:\b(?:no|not) more than|\bnot (?:over|above|exceed(?:ing)?)|(?:不|未|没有?)(?:超过|高于|多于|超出|突破))[ ]?\Z",
    re.IGNORECASE,
)
_ABOVE: Final = re.compile(
    r"(?:\b(?:over|more than|at least|above|exceed(?:s|ed|ing)?|upwards of)"
    r"|超过|逾|至少|超出|突破|高于|多于|超)[ ]?\Z",
    re.IGNORECASE,
)
_BELOW: Final = re.compile(
    r"(?:\b(?:nearly|almost|under|less than|fewer than|below|up to|at most|as many as|close to)"
    r"|不到|不足|接近|将近|至多|最多|低于|少于|(?<!最)近)[ ]?\Z",
    re.IGNORECASE,
)
_ABOVE_AFTER: Final = re.compile(r"[ ]?(?:or more|以上|之上)")
_BELOW_AFTER: Final = re.compile(r"[ ]?(?:at most|or less|or fewer|以下|以内|之内)")
_CLAUSE: Final = re.compile(r"[;；，。!?！？]|,(?!\d)|\.(?!\d)|\b(?:and|but|while|whereas|after)\b|而|但")
_BOUND_CHARS: Final = 24  # characters beside a figure in which a bound stands


def claims(text: str) -> tuple[Claim, ...]:
    """The figures of `text` with direction and bound; 0 wherever a clause is silent, mixed or negated."""
    cuts = [0, *(match.start() for match in _CLAUSE.finditer(text)), len(text)]
    found: list[Claim] = []
    at = 0
    for figure in figures(text):
        start, end = figure.span.start, figure.span.end
        while at + 1 < len(cuts) - 1 and cuts[at + 1] <= start:
            at += 1
        clause = text[cuts[at] : max(cuts[at + 1], end)]
        up, down = bool(_UP.search(clause)), bool(_DOWN.search(clause))
        direction = 0 if up == down or _NEGATION.search(clause) or figure.kind == "date" else (1 if up else -1)
        before, after = text[max(0, start - _BOUND_CHARS) : start], text[end : end + _BOUND_CHARS]
        found.append(Claim(figure, direction, _bound(before, after)))
    return tuple(found)


def _bound(before: str, after: str) -> int:
    """1 where the words beside a figure bound it from below ("over 5"), -1 from above, 0 where they do not say."""
    if _NOT_BELOW.search(before):
        return 1
    if _NOT_ABOVE.search(before):
        return -1
    above = bool(_ABOVE.search(before) or _ABOVE_AFTER.match(after))
    below = bool(_BELOW.search(before) or _BELOW_AFTER.match(after))
    return int(above) - int(below)


_NEGATION: Final = re.compile(
    r"\b(?:not|never|no longer|cannot)\b|n['’]t\b|没有|没|不再|不会|不能|不是|并非|未能|未|不", re.IGNORECASE
)


def is_negated_copy(text: str, quote: str) -> bool:
    """Whether `text` is the wording of `quote`, or of a whole run of it, but for a negation on one side only."""
    mine, theirs = _unnegated(text), _unnegated(quote)
    own, other = mine[0], theirs[0]
    if not 3 <= len(own) <= COPY_WORDS_MAX:
        return False
    runs = [at for at in range(len(other) - len(own) + 1) if other[at] == own[0] and other[at : at + len(own)] == own]
    # A negation at the very edge of a run may belong to the words beside it.
    count = sum(0 < place < len(own) for place in mine[1])
    return bool(runs) and all(count % 2 != sum(at < place < at + len(own) for place in theirs[1]) % 2 for at in runs)


def _unnegated(text: str) -> tuple[list[str], list[int]]:
    """Lower-case words without negators, and before how many of them each negator stood."""
    low = re.sub(r"\bcannot\b|\bcan't\b", "can not", re.sub(r"\bwon't\b", "will not", folded(text).lower()))
    kept: list[str] = []
    places: list[int] = []
    for token in _TOKEN.findall(low.replace("n't", " not")):
        if token in {"not", "never", "不", "没", "未"}:
            places.append(len(kept))
        else:
            kept.append(token)
    return kept, places
